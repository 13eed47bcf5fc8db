//! What the host is told for each way in which a message can end.

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{DatastoreSetup, KeyName, World};
use serde_json::Value;
use time::Duration;

use crate::stage::{ACCOUNT, Place, SECRET, Stage, VAULT, target_secret};

type Furnish = fn(&World, &Place);

/// The lines of that level and step, and what they say.
fn said(stage: &Stage, level: &str, step: &str) -> Vec<String> {
    let log = stage.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines = lines.filter(|line| line["level"] == level && line["step"] == step);
    lines.map(|line| line["message"].as_str().unwrap().to_owned()).collect()
}

fn a_stray_holder(world: &World, place: &Place) {
    let stray = DatastoreSetup::blob(&place.workspace_id, "stray", ACCOUNT, "data");
    world.add_datastore(stray.holding(KeyName::Key2));
}

fn of_another_rotator(world: &World, _: &Place) {
    let address = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/sql";
    world.put_secret_outside(target_secret(VAULT, SECRET, address));
}

/// A message that is done with is answered 200, and gone from the queue.
async fn is_done_with(furnish: impl FnOnce(&World, &Place), last_decision: &str) -> Stage {
    let stage = Stage::start(furnish).await;
    stage.near_expiry().await;
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded], "{last_decision}");
    let done = said(&stage, "INFO", "done");
    assert!(done.len() == 1 && done[0].contains(last_decision), "{done:?}");
    stage.check();
    stage
}

#[tokio::test]
async fn what_is_done_or_has_nothing_to_do_or_has_to_wait_is_done_with() {
    let up_to_date = "the last decision was to do nothing: up to date until";
    let ends: [(Furnish, &str); 4] = [
        (|_, _| {}, up_to_date),
        (|world, _| world.age(-Duration::days(20)), up_to_date),
        (a_stray_holder, "the last decision was to wait until"),
        (of_another_rotator, "the last decision was to leave the secret alone"),
    ];
    for (furnish, last_decision) in ends {
        let stage = is_done_with(furnish, last_decision).await;
        assert!(said(&stage, "ERROR", "blocked").is_empty());
    }
}

#[tokio::test]
async fn what_is_blocked_is_done_with_and_one_error_line_names_the_target_and_the_mend() {
    let stage = is_done_with(
        |world, _| world.lock_account(ACCOUNT, true),
        "the last decision was to wait for a person",
    )
    .await;
    let blocked = said(&stage, "ERROR", "blocked");
    assert_eq!(blocked.len(), 1, "{blocked:?}");
    let (subject, mend) = blocked[0].split_once("; hint: ").unwrap();
    assert!(subject.starts_with(&format!("blocked `{VAULT}/{SECRET}`: ")), "{subject}");
    assert!(mend.contains("az lock list"), "{mend}");
}

#[tokio::test]
async fn what_may_pass_fails_with_a_warning_and_comes_back() {
    let stage = Stage::start(|world, place| world.fail_resyncs(&place.workspace_id, true)).await;
    stage.announce(&stage.secret()).await;
    stage
        .until("the failure", |stage| {
            !stage.outcomes("Rotate").is_empty() && !said(stage, "WARN", "failed").is_empty()
        })
        .await;
    assert!(said(&stage, "ERROR", "blocked").is_empty());
    stage.world().fail_resyncs(&stage.place.workspace_id, false);
    stage.settle().await;
    let outcomes = stage.outcomes("Rotate");
    assert!(
        matches!(outcomes[..], [InvocationOutcome::Failed(_), .., InvocationOutcome::Succeeded]),
        "{outcomes:?}"
    );
    assert_eq!(stage.regenerations(), 1);
    stage.check();
}
