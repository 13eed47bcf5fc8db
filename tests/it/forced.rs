//! Rotations before their time, and keys that leaked.

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{DatastoreSetup, HeldKey, KeyName, World};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use time::Duration;

use crate::http_doors::call;
use crate::stage::{ACCOUNT, Place, SECRET, Stage, VAULT, target_secret};

fn not_due(world: &World, _: &Place) {
    world.age(-Duration::days(20));
}

/// Both keys leaked a moment ago, so that those who read one of them in the last hours are to be cut off.
fn leaked(world: &World, place: &Place) {
    not_due(world, place);
    world.adjust(|behaviour| behaviour.overlap = Duration::ZERO);
}

/// Asks for the version to be replaced, and waits for nothing.
async fn ask(stage: &Stage, version: &str, compromised: Option<&str>) {
    let mut asked = json!({"target": format!("{VAULT}/{SECRET}"), "version": version, "askedBy": "Ada"});
    if let Some(key) = compromised {
        asked["compromised"] = json!(key);
    }
    let (status, answer) = call(stage, Method::POST, "RotateNow", "", Some(asked)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
}

/// The steps of the log in their order, with their levels.
fn steps(stage: &Stage) -> Vec<(String, String)> {
    let log = stage.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    lines.map(|line| (text(&line["level"]), text(&line["step"]))).collect()
}

#[tokio::test]
async fn a_version_that_is_asked_for_twice_is_replaced_once() {
    let stage = Stage::start(not_due).await;
    let before = stage.secret();
    ask(&stage, &before.version, None).await;
    ask(&stage, &before.version, None).await;
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.published(), stage.secret().versions), (1, HeldKey::Key2, 2));
    assert!(!stage.secret().tags.contains_key("Compromised"));
    stage.assert_logged("INFO", "amend", "asked by Ada by RotateNow");
    ask(&stage, &before.version, None).await;
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.secret().versions), (1, 2));
    stage.assert_logged("INFO", "forced", "is to be replaced, and is not the current one");
    stage.check();
}

#[tokio::test]
async fn a_forced_run_that_has_to_wait_goes_on_with_the_next_sweep() {
    let stage = Stage::start(|world, place| {
        let stray = DatastoreSetup::blob(&place.workspace_id, "stray", ACCOUNT, "data");
        world.add_datastore(stray.holding(KeyName::Key2));
        not_due(world, place);
    })
    .await;
    ask(&stage, &stage.secret().version, None).await;
    stage.settle().await;
    assert_eq!((stage.datastore("stray"), stage.regenerations()), (HeldKey::Key1, 0));
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);
    stage.world().age(Duration::hours(25));
    stage.sweep().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn a_forced_run_that_is_blocked_is_not_lost_either() {
    let stage = Stage::start(|world, place| {
        not_due(world, place);
        world.lock_account(ACCOUNT, true);
    })
    .await;
    ask(&stage, &stage.secret().version, Some("key2")).await;
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.secret().tags["Compromised"].as_str()), (0, "key2"));
    stage.assert_logged("ERROR", "blocked", "a ReadOnly lock on storage account `stml`");
    stage.world().lock_account(ACCOUNT, false);
    stage.sweep().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn a_published_key_that_leaked_is_dead_after_two_runs_and_whom_that_cuts_off_is_said_before() {
    let stage = Stage::start(|world, place| {
        let stray = DatastoreSetup::blob(&place.workspace_id, "stray", ACCOUNT, "data");
        world.add_datastore(stray.holding(KeyName::Key2));
        leaked(world, place);
    })
    .await;
    let [key1, key2] = KeyName::BOTH.map(|key| stage.world().key_value(ACCOUNT, key));
    ask(&stage, &stage.secret().version, Some("key1")).await;
    stage.settle().await;
    for (key, old) in [(KeyName::Key1, key1), (KeyName::Key2, key2)] {
        assert_ne!(stage.world().key_value(ACCOUNT, key).expose(), old.expose(), "{key:?}");
    }
    let secret = stage.secret();
    assert_eq!((stage.regenerations(), stage.published(), secret.versions), (2, HeldKey::Key2, 2));
    assert!(!secret.tags.contains_key("Compromised"), "{:?}", secret.tags);
    for name in ["workspaceblobstore", "workspacefilestore", "stray"] {
        assert_eq!(stage.datastore(name), HeldKey::Key2, "{name}");
    }
    let outcomes = stage.outcomes("Rotate");
    assert!(
        matches!(outcomes[..], [InvocationOutcome::Failed(_), InvocationOutcome::Succeeded]),
        "{outcomes:?}"
    );
    let steps = steps(&stage);
    let first = |level: &str, step: &str| {
        steps.iter().position(|seen| *seen == (level.to_owned(), step.to_owned())).unwrap()
    };
    assert!(first("WARN", "compromised") < first("INFO", "amend"));
    assert!(first("INFO", "amend") < first("INFO", "regenerate"));
    stage.assert_logged("WARN", "compromised", "is cut off");
    // The stray was moved off `key2` a moment before, and its jobs get no day.
    stage.assert_logged(
        "WARN",
        "compromised",
        "because a key leaked: datastore `stray` of workspace `ws-ml` was last",
    );
    stage.assert_logged("WARN", "compromised", "`key1` is made useless before its time");
    stage.sweep().await;
    assert_eq!(stage.regenerations(), 2);
    stage.check();
}

#[tokio::test]
async fn an_alternate_key_that_leaked_takes_the_place_of_the_published_one_with_a_new_value() {
    let stage = Stage::start(leaked).await;
    let leaked = stage.world().key_value(ACCOUNT, KeyName::Key2);
    ask(&stage, &stage.secret().version, Some("key2")).await;
    stage.settle().await;
    assert_ne!(stage.world().key_value(ACCOUNT, KeyName::Key2).expose(), leaked.expose());
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    assert!(!stage.secret().tags.contains_key("Compromised"));
    stage.assert_logged("WARN", "compromised", "`key2` leaked");
    stage.check();
}

#[tokio::test]
async fn a_leak_that_somebody_wrote_on_the_secret_by_hand_is_said_to_wait() {
    let stage = Stage::start(|world, place| {
        leaked(world, place);
        let by_hand = target_secret(VAULT, SECRET, &place.account_id).tag("Compromised", "key1");
        world.put_secret_outside(by_hand.expires_in(Duration::days(80)));
    })
    .await;
    stage.near_expiry().await;
    assert_eq!(stage.writes(), Vec::<String>::new());
    let version = stage.secret().version;
    stage.assert_logged("WARN", "compromised", "`key1` leaked, and stays published until the version is due");
    stage.assert_logged("WARN", "compromised", &format!("ask for version {version} of `kv-ml/storage-key`"));
    ask(&stage, &version, None).await;
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.published()), (2, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn a_leak_that_is_reported_with_an_old_version_is_said_to_be_open() {
    let stage = Stage::start(not_due).await;
    ask(&stage, "0123456789abcdef0123456789abcdef", Some("key1")).await;
    stage.settle().await;
    assert_eq!(stage.writes(), Vec::<String>::new());
    stage.assert_logged("WARN", "forced", "whether the `key1` that leaked is dead is not known");
    stage.check();
}
