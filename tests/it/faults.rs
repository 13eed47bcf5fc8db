//! What goes wrong between the program and Azure, by fault rules: each fault ends in the right disposition, and what was left
//! undone is taken up again.

mod case;
mod data_plane;
mod holders;
mod lists;
mod mid_rotation;
mod table;
mod time_outs;
mod vault;
mod workspaces;

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{HeldKey, KeyName};

use crate::stage::{ACCOUNT, Stage};

/// How often the key was really made anew, whatever was asked for and answered.
fn regenerations(stage: &Stage) -> usize {
    stage.world().regenerations(ACCOUNT, KeyName::Key2)
}

/// Waits until a run has failed in a way that brings its message back; a run that ended otherwise fails the test.
async fn first_failure(stage: &Stage) {
    let first = |stage: &Stage| stage.outcomes("Rotate").into_iter().next();
    let has_ended = |outcome: &InvocationOutcome| *outcome != InvocationOutcome::Running;
    stage.until("the end of the first run", |stage| first(stage).as_ref().is_some_and(has_ended)).await;
    assert!(matches!(first(stage), Some(InvocationOutcome::Failed(_))), "{}", stage.masked_log());
}

/// Asserts that everything is done, with one regeneration and one new version.
#[track_caller]
fn rotated_once(stage: &Stage) {
    let log = || stage.masked_log();
    assert_eq!((regenerations(stage), stage.published()), (1, HeldKey::Key2), "{}", log());
    assert_eq!(
        (stage.secret().versions, stage.datastore("workspaceblobstore")),
        (2, HeldKey::Key2),
        "{}",
        log()
    );
    assert_eq!(stage.outcomes("Rotate").last(), Some(&InvocationOutcome::Succeeded));
    stage.check();
}

/// Asserts that the message is gone with nothing done but an error line that says this, and with a mend.
#[track_caller]
fn blocked_before_any_write(stage: &Stage, reason: &str) {
    assert_eq!((regenerations(stage), stage.published()), (0, HeldKey::Key1), "{}", stage.masked_log());
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded], "{}", stage.masked_log());
    stage.assert_logged("ERROR", "blocked", reason);
    let blocked = stage.lines("ERROR", "blocked");
    assert!(
        blocked.iter().all(|line| line["hint"].as_str().is_some_and(|hint| !hint.is_empty())),
        "{blocked:?}"
    );
    stage.check();
}
