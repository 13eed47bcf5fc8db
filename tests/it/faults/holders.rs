//! Holders that change or vanish in the middle of a rotation, and one that cannot be moved among others that can.

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{DatastoreSetup, Dependent, Fault, FaultAnswer, HeldKey, KeyName, World};
use futures::{StreamExt, stream};
use serde_json::json;

use super::{first_failure, regenerations, rotated_once};
use crate::stage::{ACCOUNT, GROUP, Place, SUBSCRIPTION, Stage};

const READ: &str = "Datastores_Get";
const WRITE: &str = "Datastores_CreateOrUpdate";
/// How many cases are played at once.
const AT_ONCE: usize = 6;
const WORKSPACE: &str = "Microsoft.MachineLearningServices/workspaces/ws-ml";

fn workspace() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/{WORKSPACE}")
}

fn a_third_datastore(world: &World, place: &Place) {
    world.add_datastore(DatastoreSetup::blob(&place.workspace_id, "models", ACCOUNT, "models"));
}

/// A rotation during which somebody does something with the datastore `models`, when the operation is called for it.
async fn meanwhile(operation: &str, change: impl Fn(&World) + Send + Sync + 'static) -> Stage {
    let stage = Stage::start(a_third_datastore).await;
    let rule = Fault::on(operation).address("/datastores/models").nth(1).change_world(change);
    let rule = stage.sandbox.faults().add(rule);
    stage.near_expiry().await;
    assert_eq!(rule.hits(), 1);
    stage
}

#[tokio::test]
async fn a_datastore_that_is_deleted_before_it_is_moved_is_missed_by_nobody() {
    let stage = meanwhile(READ, |world| world.delete_datastore_outside(&workspace(), "models")).await;
    assert_eq!(stage.datastore("workspacefilestore"), HeldKey::Key2);
    let there = stage.world().dependents_of(ACCOUNT);
    assert!(!there.iter().any(|state| is_the_third(&state.dependent)));
    rotated_once(&stage);
}

#[tokio::test]
async fn a_datastore_that_is_edited_before_it_is_moved_keeps_what_was_written_there() {
    let stage = meanwhile(READ, |world| {
        world.edit_datastore_outside(&workspace(), "models", "description", json!("written meanwhile"));
    })
    .await;
    let shown = stage.inspector.datastore(&stage.place.workspace_id, "models").await.unwrap();
    assert_eq!(shown["description"], "written meanwhile");
    assert_eq!(stage.datastore("models"), HeldKey::Key2);
    rotated_once(&stage);
}

#[tokio::test]
async fn a_datastore_that_is_given_the_old_key_after_it_was_moved_is_moved_again() {
    let stage = Stage::start(a_third_datastore).await;
    let rule = Fault::on("Workspaces_ResyncKeys").nth(2).change_world(|world| {
        world.set_datastore_key_outside(&workspace(), "models", ACCOUNT, KeyName::Key1);
    });
    let rule = stage.sandbox.faults().add(rule);
    stage.near_expiry().await;
    assert_eq!((rule.hits(), stage.datastore("models")), (1, HeldKey::Key2));
    rotated_once(&stage);
}

#[tokio::test]
async fn a_datastore_that_is_added_after_the_regeneration_is_moved_too() {
    let stage = Stage::start(|_, _| {}).await;
    let rule = Fault::on("Workspaces_ResyncKeys").nth(1).change_world(|world| {
        world.add_datastore(DatastoreSetup::blob(&workspace(), "models", ACCOUNT, "models"));
    });
    let rule = stage.sandbox.faults().add(rule);
    stage.near_expiry().await;
    assert_eq!((rule.hits(), stage.datastore("models")), (1, HeldKey::Key2));
    rotated_once(&stage);
}

/// The look directly before a regeneration sees who came to hold the key since the first one.
#[tokio::test]
async fn a_datastore_that_comes_to_hold_the_alternate_before_the_last_look_keeps_the_key_alive() {
    let stage = Stage::start(a_third_datastore).await;
    let rule = Fault::on("Permissions_List").nth(1).change_world(|world| {
        world.set_datastore_key_outside(&workspace(), "models", ACCOUNT, KeyName::Key2);
    });
    let rule = stage.sandbox.faults().add(rule);
    stage.near_expiry().await;
    assert_eq!((rule.hits(), regenerations(&stage), stage.datastore("models")), (1, 0, HeldKey::Key1));
    stage.assert_logged("INFO", "decide", "decided to wait until");
    stage.world().age(time::Duration::hours(25));
    stage.near_expiry().await;
    rotated_once(&stage);
}

/// One that cannot be moved for a while, by the first of three in the order of their names or by the last, and by whatever fault.
#[tokio::test]
async fn one_holder_that_cannot_be_moved_does_not_stop_the_others() {
    let faults: [fn(Fault) -> Fault; 4] = [
        |fault| fault.drop_connection(),
        |fault| fault.answer(500),
        |fault| fault.answer(FaultAnswer::error(409, "Conflict", "Another change is under way.")),
        |fault| fault.answer(200),
    ];
    let cases = faults.into_iter().flat_map(|fault| {
        ["workspaceblobstore", "workspacefilestore", "models"].map(|stuck| async move {
            let stage = Stage::start(a_third_datastore).await;
            let rule = fault(Fault::on(WRITE).address(&format!("/datastores/{stuck}?")));
            let rule = stage.sandbox.faults().add(rule);
            stage.announce(&stage.secret()).await;
            first_failure(&stage).await;
            assert!(rule.hits() > 0);
            for name in ["workspaceblobstore", "workspacefilestore", "models"] {
                let held = if name == stuck { HeldKey::Key1 } else { HeldKey::Key2 };
                assert_eq!(stage.datastore(name), held, "{name} while {stuck} is stuck");
            }
            stage.assert_logged("WARN", "failed", &format!("datastore `{stuck}` of workspace `ws-ml`"));
            rule.remove();
            stage.world().age(time::Duration::minutes(1));
            stage.settle().await;
            assert_eq!(stage.datastore(stuck), HeldKey::Key2);
            rotated_once(&stage);
        })
    });
    stream::iter(cases).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

/// Whether a write took is read back, and not believed.
#[tokio::test]
async fn a_datastore_that_answers_a_write_well_and_keeps_its_key_is_said_and_does_not_stop_the_others() {
    let stage = Stage::start(|world, place| {
        a_third_datastore(world, place);
        world.ignore_writes(&place.workspace_id, "models");
    })
    .await;
    stage.announce(&stage.secret()).await;
    first_failure(&stage).await;
    assert_eq!(
        (stage.datastore("workspacefilestore"), stage.datastore("models")),
        (HeldKey::Key2, HeldKey::Key1)
    );
    stage.assert_logged("WARN", "failed", "datastore `models` of workspace `ws-ml` is not on `key2` yet");
    stage.world().delete_datastore_outside(&stage.place.workspace_id, "models");
    stage.settle().await;
    rotated_once(&stage);
}

#[tokio::test]
async fn a_holder_that_may_not_be_written_is_said_and_does_not_stop_the_others() {
    let stage = Stage::start(a_third_datastore).await;
    let refusal = FaultAnswer::error(403, "AuthorizationFailed", "The client does not have authorization.");
    let rule = Fault::on(WRITE).address("/datastores/models?").answer(refusal);
    let rule = stage.sandbox.faults().add(rule);
    stage.near_expiry().await;
    assert_eq!(
        (stage.datastore("workspacefilestore"), stage.datastore("models")),
        (HeldKey::Key2, HeldKey::Key1)
    );
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);
    stage.assert_logged("ERROR", "blocked", "Microsoft.MachineLearningServices/workspaces/datastores/write");
    rule.remove();
    stage.sweep().await;
    assert_eq!(stage.datastore("models"), HeldKey::Key2);
    rotated_once(&stage);
}

fn is_the_third(dependent: &Dependent) -> bool {
    matches!(dependent, Dependent::Datastore { name, .. } if name == "models")
}
