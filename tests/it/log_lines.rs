//! The lines of the log are what `docs/log.md` says, and name who, what, why and how long.

use std::collections::BTreeSet;

use aml_key_rotator::log_reference::{COMMON_FIELDS, STEPS};
use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{DatastoreSetup, KeyName, WorkspaceSetup};
use serde_json::Value;
use time::Duration;

use crate::stage::{ACCOUNT, GROUP, SUBSCRIPTION, Stage};

const TARGET: &str = "kv-ml/storage-key";

/// The handler's own lines in a log of the host; those of libraries have no step.
pub(crate) fn lines(log: &str) -> Vec<Value> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["step"].is_string()).collect()
}

/// Asserts that the reference knows every step with its level, and every field of every line.
#[track_caller]
pub(crate) fn assert_documented(log: &str) {
    for line in lines(log) {
        let step = STEPS.iter().find(|step| line["step"] == step.name);
        let step = step.unwrap_or_else(|| panic!("the step is not in the reference: {line}"));
        assert!(step.levels.iter().any(|level| line["level"] == *level), "the level is not: {line}");
        let of_span = line["span"].as_object().into_iter().flatten();
        let of_span = of_span.map(|(name, _)| format!("span.{name}"));
        let of_line = line.as_object().unwrap().keys().filter(|name| *name != "span").cloned();
        for field in of_line.chain(of_span) {
            let is_common = COMMON_FIELDS.iter().any(|common| common.name == field);
            assert!(is_common || step.fields.contains(&field.as_str()), "`{field}` is not: {line}");
        }
    }
}

/// The lines of a step, each of which names its invocation and function.
#[track_caller]
fn of_step(stage: &Stage, step: &str) -> Vec<Value> {
    let lines: Vec<Value> = lines(&stage.log()).into_iter().filter(|line| line["step"] == step).collect();
    assert!(!lines.is_empty(), "no line of `{step}`");
    for line in &lines {
        assert_eq!(line["span"]["invocation_id"].as_str().unwrap().len(), 36, "{line}");
        assert!(line["span"]["function"].is_string(), "{line}");
    }
    lines
}

fn is_number(value: &Value) -> bool {
    value.is_u64()
}

#[tokio::test]
async fn a_rotation_says_who_asked_from_which_key_to_which_why_and_how_long() {
    let stage = Stage::start(|_, _| {}).await;
    stage.near_expiry().await;
    let asked_by = of_step(&stage, "enqueue")[0]["asked_by"].clone();
    assert!(asked_by.as_str().unwrap().contains("SecretNearExpiry"), "{asked_by}");
    let account = &stage.place.account_id;
    let [published] = &of_step(&stage, "publish")[..] else { panic!("not one audit line a rotation") };
    assert_eq!((&published["from"], &published["to"]), (&"key1".into(), &"key2".into()), "{published}");
    assert_eq!(published["version"], stage.secret().version, "{published}");
    assert_eq!(published["reason"], "it was made for this rotation");
    let [regenerated] = &of_step(&stage, "regenerate")[..] else { panic!("regenerated twice") };
    assert_eq!(
        (&regenerated["key"], &regenerated["reason"]),
        (&"key2".into(), &"due, and nobody holds it".into())
    );
    for audit in [published, regenerated] {
        assert_eq!((&audit["audit"], &audit["target"]), (&true.into(), &TARGET.into()), "{audit}");
        assert_eq!((&audit["asked_by"], &audit["level"]), (&asked_by, &"INFO".into()), "{audit}");
        assert!(audit["account"].as_str().unwrap().eq_ignore_ascii_case(account), "{audit}");
        assert!(is_number(&audit["duration_ms"]), "{audit}");
    }
    let [done] = &of_step(&stage, "done")[..] else { panic!("not one line a run") };
    assert_eq!((&done["target"], &done["decision"]), (&TARGET.into(), &"up to date".into()), "{done}");
    assert_eq!((&done["comes_back"], &done["would_do"]), (&false.into(), &false.into()), "{done}");
    assert_eq!((&done["steps"], &done["asked_by"]), (&3.into(), &asked_by), "{done}");
    assert!(done["reason"].is_string() && done["until"].is_string(), "{done}");
    let (all, so_far) = (done["duration_ms"].as_u64(), published["duration_ms"].as_u64());
    assert!(regenerated["duration_ms"].as_u64() <= so_far && so_far <= all && 0 < all.unwrap());
    let decided: BTreeSet<String> =
        of_step(&stage, "decide").iter().map(|line| line["decision"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        decided.iter().map(String::as_str).collect::<Vec<_>>(),
        ["look whole", "move", "publish", "regenerate", "up to date"]
    );
    assert!(
        lines(&stage.log())
            .iter()
            .all(|line| line["span"]["function"] != "Rotate" || line["span"]["target"] == TARGET)
    );
    stage.check();
}

#[tokio::test]
async fn the_ages_of_the_keys_are_said_whenever_they_change() {
    let stage = Stage::start(|_, _| {}).await;
    stage.near_expiry().await;
    let ages: Vec<[Value; 4]> = of_step(&stage, "keys")
        .iter()
        .map(|line| ["published", "version_days", "key1_days", "key2_days"].map(|field| line[field].clone()))
        .collect();
    let (key1, key2) = (Value::from("key1"), Value::from("key2"));
    let [old, regenerated, published] = [
        [key1.clone(), 61.into(), 61.into(), 121.into()],
        [key1, 61.into(), 61.into(), 0.into()],
        [key2, 0.into(), 61.into(), 0.into()],
    ];
    // Once for the look without the lease, and once for the run under it.
    assert_eq!(ages, [old.clone(), old, regenerated, published]);
    let last = of_step(&stage, "keys").pop().unwrap();
    assert!(last["account"].is_string() && last["due"].as_str().unwrap().ends_with('Z'), "{last}");
    stage.check();
}

#[tokio::test]
async fn only_a_workspace_that_was_on_the_regenerated_key_was_exposed() {
    let stage = Stage::start(|world, place| {
        let calm = WorkspaceSetup::new(SUBSCRIPTION, GROUP, "ws-calm", &place.account_id);
        world.add_workspace(calm.slot(KeyName::Key1).cache(KeyName::Key1));
    })
    .await;
    stage.near_expiry().await;
    let resyncs = of_step(&stage, "resync");
    assert!(resyncs.iter().all(|line| is_number(&line["duration_ms"])), "{resyncs:?}");
    let exposed = |workspace: &str| -> Vec<bool> {
        let lines = resyncs.iter().filter(|line| line["workspace"].as_str().unwrap().ends_with(workspace));
        lines.map(|line| is_number(&line["exposed_ms"])).collect()
    };
    // The second one follows the write of the default datastore.
    assert_eq!((exposed("/ws-ml"), exposed("/ws-calm")), (vec![true, false], vec![false]));
    stage.check();
}

#[tokio::test]
async fn a_resync_that_fails_leaves_its_workspace_exposed() {
    let stage = Stage::start(|world, place| world.fail_resyncs(&place.workspace_id, true)).await;
    stage.announce(&stage.secret()).await;
    stage.until("the failure", |stage| stage.log().contains("failed at `kv-ml/storage-key`")).await;
    let exposed = of_step(&stage, "resync").remove(0);
    assert_eq!(exposed["level"], "WARN");
    assert!(is_number(&exposed["exposed_ms"]), "{exposed}");
    stage.world().fail_resyncs(&stage.place.workspace_id, false);
    stage.settle().await;
    let failed = of_step(&stage, "failed").remove(0);
    assert_eq!((&failed["level"], &failed["target"]), (&"WARN".into(), &TARGET.into()), "{failed}");
    assert!(failed["reason"].as_str().unwrap().contains("failed to resync"), "{failed}");
    let runs = of_step(&stage, "done");
    assert_eq!((&runs[0]["decision"], &runs[0]["comes_back"]), (&"unfinished".into(), &true.into()));
    assert_eq!(runs.last().unwrap()["comes_back"], false);
    stage.check();
}

#[tokio::test]
async fn a_blocked_run_says_why_and_what_mends_it() {
    let stage = Stage::start(|world, _| world.lock_account(ACCOUNT, true)).await;
    stage.near_expiry().await;
    let [blocked] = &of_step(&stage, "blocked")[..] else { panic!("not one line") };
    assert_eq!((&blocked["level"], &blocked["target"]), (&"ERROR".into(), &TARGET.into()), "{blocked}");
    assert!(blocked["reason"].as_str().unwrap().contains("a ReadOnly lock"), "{blocked}");
    assert!(blocked["hint"].as_str().unwrap().contains("az lock list"), "{blocked}");
    let [done] = &of_step(&stage, "done")[..] else { panic!("not one line a run") };
    assert_eq!((&done["decision"], &done["steps"]), (&"blocked".into(), &0.into()), "{done}");
    assert!(done["reason"].as_str().unwrap().contains("a ReadOnly lock"), "{done}");
    stage.check();
}

#[tokio::test]
async fn an_overdue_look_says_since_when() {
    let stage = Stage::start(|world, _| world.age(Duration::days(30))).await;
    let due = (stage.secret().expires.unwrap() - Duration::days(30) - Duration::hours(1)).date().to_string();
    stage.near_expiry().await;
    let overdue = of_step(&stage, "overdue").remove(0);
    assert_eq!((&overdue["level"], &overdue["span"]["target"]), (&"ERROR".into(), &TARGET.into()));
    assert_eq!(overdue["due"], due, "{overdue}");
    assert!(overdue["hint"].is_string(), "{overdue}");
    stage.check();
}

#[tokio::test]
async fn a_parked_message_says_why() {
    let stage = Stage::start(|_, _| {}).await;
    stage.host.enqueue("rotations", "no activation");
    stage.settle().await;
    let [parked] = &of_step(&stage, "park")[..] else { panic!("not one line") };
    assert_eq!((&parked["level"], &parked["span"]["function"]), (&"ERROR".into(), &"Rotate".into()));
    assert!(parked["reason"].as_str().unwrap().contains("the message is no activation"), "{parked}");
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);
    stage.check();
}

#[tokio::test]
async fn a_run_that_only_observes_says_what_it_would_do() {
    let stage = Stage::start_with(|_, _| {}, &[("ROTATOR_MODE", "observe")]).await;
    stage.near_expiry().await;
    let [done] = &of_step(&stage, "done")[..] else { panic!("not one line a run") };
    assert_eq!((&done["decision"], &done["would_do"]), (&"regenerate".into(), &true.into()), "{done}");
    stage.check();
}

#[tokio::test]
async fn a_line_stays_whole_however_many_holders_it_is_about() {
    let stage = Stage::start(|world, place| {
        let unknown = serde_json::json!({"datastoreType": "AzureBlob", "protocol": "https"});
        for number in 0..60 {
            let key = world.key_value(ACCOUNT, KeyName::Key2);
            let credentials = serde_json::json!({
                "credentialsType": "AccountKey",
                "secrets": {"secretsType": "AccountKey", "key": key.expose()}
            });
            let name = format!("nameless_{number}");
            let nameless = DatastoreSetup::raw(&place.workspace_id, &name, unknown.clone());
            world.add_datastore(nameless.credentials(credentials));
        }
    })
    .await;
    stage.near_expiry().await;
    assert_eq!(of_step(&stage, "blocked").len(), 60);
    let done = of_step(&stage, "done").remove(0);
    assert!(done["reason"].as_str().unwrap().ends_with("bytes in all)"), "{done}");
    assert!(stage.log().lines().all(|line| line.len() < 32_768));
    stage.check();
}
