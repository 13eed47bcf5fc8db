//! `plan`: what is done now, what follows, and what stands in the way.

use azure_sandbox::{DatastoreSetup, KeyName};
use serde_json::Value;
use time::Duration;

use super::console::Console;
use super::expected::assert_expected;
use crate::due_target::{ACCOUNT, SECRET, VAULT};

fn decisions(plan: &Value) -> Vec<&str> {
    let steps = plan["targets"][0]["steps"].as_array().unwrap();
    steps.iter().map(|step| step["decision"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_target_that_is_due_is_planned_to_be_rotated_now() {
    let console = Console::open(|_, _| {}).await;
    let printed = console.run(&["plan"]).await;
    assert_eq!((printed.status, printed.stderr.as_str()), (0, ""), "{}", printed.stdout);
    assert_expected("plan.txt", &console.settled(&printed.stdout));
    let printed = console.run(&["plan", "kv-ml/storage-key", "--days", "70", "--format", "json"]).await;
    assert_expected("plan.json", &console.settled(&printed.stdout));
    let json = printed.json();
    let rotation = ["regenerate", "publish", "move", "up to date"];
    assert_eq!(decisions(&json), [rotation, rotation].concat());
    console.assert_nothing_written();
}

#[tokio::test]
async fn whoever_holds_the_alternate_key_is_planned_to_be_moved_first() {
    let console = Console::open(|world, place| {
        let datastore = DatastoreSetup::blob(&place.workspace_id, "alternate", ACCOUNT, "models");
        world.add_datastore(datastore.holding(KeyName::Key2));
    })
    .await;
    let json = console.run(&["plan", "--format", "json"]).await.json();
    assert_eq!(decisions(&json), ["move", "wait", "regenerate", "publish", "move", "up to date"]);
}

#[tokio::test]
async fn what_is_overdue_has_status_3_and_what_is_blocked_status_4_with_its_mend() {
    let mut console = Console::open(|_, _| {}).await;
    console.world().move_expiry_outside(VAULT, SECRET, Duration::days(25));
    console.set("ROTATOR_MODE", "observe");
    let printed = console.run(&["plan"]).await;
    assert_eq!(printed.status, 3, "{}", printed.stdout);
    assert_expected("plan-overdue.txt", &console.settled(&printed.stdout));
    console.world().lock_account(ACCOUNT, true);
    let printed = console.run(&["plan"]).await;
    assert_eq!(printed.status, 4, "{}", printed.stdout);
    assert_expected("plan-blocked.txt", &console.settled(&printed.stdout));
    console.assert_nothing_written();
}
