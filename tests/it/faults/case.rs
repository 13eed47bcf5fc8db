//! One fault on one operation of a rotation, from the first message to where everything is done.

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{ConnectionSetup, DatastoreSetup, Fault, HeldKey, KeyName, SasSetup, World};
use time::Duration as Span;

use crate::stage::{ACCOUNT, Place, Stage};

/// What a rotation is about: whatever fails, fails with one of them.
const SUBJECTS: [&str; 7] = [
    "`stml`",
    "`kv-ml/storage-key`",
    "the secret ",
    "kv-ml`",
    "`ws-ml`",
    "`/subscriptions/",
    "`https://sthost.blob",
];

/// How the first run under a fault ended for the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstRun {
    /// The message comes back.
    ComesBack,
    /// The message is gone, and an error line says what a person has to mend.
    Blocked,
    /// The message is gone, and the rotation goes on once a key has rested for long enough.
    Waits,
    /// The message is gone, and nothing was left undone.
    Done,
    /// The message is gone, something was left undone, and nothing says so.
    Lost,
}

/// A run under a fault, and what is left to be done after it.
pub(super) struct Played {
    stage: Stage,
    pub(super) first: FirstRun,
}

/// One of everything that a rotation moves.
fn one_of_everything(world: &World, place: &Place) {
    let signed = DatastoreSetup::blob(&place.workspace_id, "signed", ACCOUNT, "data");
    world.add_datastore(signed.holding(SasSetup::container("data").policy("a policy")));
    world.add_connection(ConnectionSetup::blob(&place.workspace_id, "connected", ACCOUNT, "data"));
}

impl Played {
    /// Lets a fault befall calls until the first run has ended, and then no more.
    ///
    /// # Errors
    ///
    /// When the fault was not hit, or the log does not say what was wrong with what.
    pub(super) async fn under(fault: Fault) -> Result<Self, String> {
        let stage = Stage::start(one_of_everything).await;
        let fault = stage.sandbox.faults().add(fault);
        stage.announce(&stage.secret()).await;
        stage.until("the end of the first run", |stage| first_outcome(stage).is_some()).await;
        if fault.remove() == 0 {
            return Err("the fault was not hit".to_owned());
        }
        let first = how_the_first_run_ended(&stage)?;
        Ok(Self { stage, first })
    }

    /// Has the rest done: the message comes back, or whoever asked asks again.
    ///
    /// # Errors
    ///
    /// When that does not bring the rotation to its end, or not exactly one key was made and one version published for it.
    pub(super) async fn finish(self) -> Result<FirstRun, String> {
        let Self { stage, first } = self;
        // A run that cannot tell what came of a write leaves its lease to run out.
        stage.world().age(Span::minutes(1));
        stage.settle().await;
        if first != FirstRun::ComesBack {
            stage.near_expiry().await;
        }
        if !is_done(&stage) && is_waiting(&stage) {
            stage.world().age(Span::hours(25));
            stage.near_expiry().await;
        }
        stage.check();
        let regenerations = KeyName::BOTH.map(|key| stage.world().regenerations(ACCOUNT, key));
        let versions = stage.secret().versions;
        if is_done(&stage) && regenerations == [0, 1] && versions == 2 {
            return Ok(first);
        }
        let log = stage.masked_log();
        Err(format!(
            "{first:?}, then {regenerations:?} regenerations and {versions} versions; the log:\n{log}"
        ))
    }
}

/// Whether nothing is left to be done.
fn is_done(stage: &Stage) -> bool {
    let cache = azure_sandbox::Dependent::WorkspaceCache { workspace: "ws-ml".to_owned() };
    let datastores = ["workspaceblobstore", "workspacefilestore", "signed"].map(|name| stage.datastore(name));
    let others = [stage.published(), stage.connection("connected"), stage.held(&cache)];
    datastores.iter().chain(&others).all(|held| *held == HeldKey::Key2)
}

/// Whether the last thing that was decided is to wait.
fn is_waiting(stage: &Stage) -> bool {
    let decided = stage.lines("INFO", "decide").pop();
    decided.is_some_and(|line| line["message"].as_str().unwrap().contains("decided to wait until"))
}

fn first_outcome(stage: &Stage) -> Option<InvocationOutcome> {
    let outcome = stage.outcomes("Rotate").into_iter().next()?;
    (outcome != InvocationOutcome::Running).then_some(outcome)
}

fn how_the_first_run_ended(stage: &Stage) -> Result<FirstRun, String> {
    let (failed, blocked) = (stage.lines("WARN", "failed"), stage.lines("ERROR", "blocked"));
    let (end, said) = match first_outcome(stage) {
        Some(InvocationOutcome::Failed(_)) if failed.is_empty() => (FirstRun::Lost, failed),
        Some(InvocationOutcome::Failed(_)) => (FirstRun::ComesBack, failed),
        _ if !blocked.is_empty() => (FirstRun::Blocked, blocked),
        _ if is_done(stage) => (FirstRun::Done, Vec::new()),
        _ if is_waiting(stage) => (FirstRun::Waits, Vec::new()),
        _ => (FirstRun::Lost, Vec::new()),
    };
    for line in said {
        let message = line["message"].as_str().unwrap();
        // The target stands at the beginning of each.
        let what = message.split_once(": ").map_or("", |(_, what)| what);
        if !SUBJECTS.iter().any(|subject| what.contains(subject)) {
            return Err(format!("it is not said with what something is wrong: {message}"));
        }
        if end == FirstRun::Blocked && line["hint"].as_str().is_none_or(str::is_empty) {
            return Err(format!("it is not said what mends it: {message}"));
        }
    }
    Ok(end)
}
