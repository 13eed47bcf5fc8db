//! Lists that fail half-way, lead elsewhere, or do not say what is in them: what was not seen is never taken for not there.

use azure_sandbox::{DatastoreSetup, Fault, FaultAnswer, World};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{blocked_before_any_write, first_failure, regenerations, rotated_once};
use crate::stage::{ACCOUNT, Place, Stage};

/// What a look lists.
const LISTS: [&str; 5] = [
    "GetSecrets",
    "Permissions_List",
    "Workspaces_ListBySubscription",
    "Datastores_List",
    "WorkspaceConnections_List",
];

fn more_than_a_page(world: &World, place: &Place) {
    for number in 0..40 {
        let name = format!("more_{number}");
        world.add_datastore(DatastoreSetup::blob(&place.workspace_id, &name, ACCOUNT, "data"));
    }
}

#[tokio::test]
async fn a_page_that_fails_half_way_is_no_end_of_the_list() {
    let faults: [fn(Fault) -> Fault; 4] = [
        |fault| fault.drop_connection(),
        |fault| fault.answer(503),
        |fault| fault.after().answer(FaultAnswer::status(200).body("application/json", r#"{"value": [{"#)),
        |fault| fault.answer(FaultAnswer::error(404, "NotFoundError", "The page was not found.")),
    ];
    let cases = faults.map(|fault| async move {
        let stage = Stage::start(more_than_a_page).await;
        let rule = stage.sandbox.faults().add(fault(Fault::on("Datastores_List").address("skip=")));
        stage.announce(&stage.secret()).await;
        first_failure(&stage).await;
        assert_eq!(regenerations(&stage), 0);
        stage.assert_logged("WARN", "failed", "failed to list the datastores of workspace `ws-ml`");
        assert!(rule.remove() > 0);
        stage.settle().await;
        rotated_once(&stage);
    });
    join_all(cases).await;
}

/// A rotation with a rule on a list that blocks it, and once more without the rule.
async fn blocked_by(list: &'static str, edit: fn(&mut Value), reason: &str) {
    let stage = Stage::start(|_, _| {}).await;
    let rule = stage.sandbox.faults().add(Fault::on(list).edit_answer(edit));
    stage.near_expiry().await;
    assert!(rule.remove() > 0, "{list}");
    blocked_before_any_write(&stage, reason);
    stage.sweep().await;
    rotated_once(&stage);
}

/// No token leaves for there: `check` sees that nobody asked the proxy for another host.
#[tokio::test]
async fn a_link_to_a_foreign_host_is_not_followed_and_blocks() {
    let cases = LISTS.map(|list| {
        blocked_by(
            list,
            |body| body["nextLink"] = json!("https://example.com/more"),
            "a link leads to another host",
        )
    });
    join_all(cases).await;
}

#[tokio::test]
async fn a_list_without_its_items_is_no_empty_list_and_blocks() {
    let cases = LISTS.map(|list| {
        let edit = |body: &mut Value| {
            body.as_object_mut().unwrap().remove("value");
        };
        blocked_by(list, edit, "the answer cannot be understood")
    });
    join_all(cases).await;
}
