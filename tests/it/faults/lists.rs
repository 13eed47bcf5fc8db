//! Lists that fail half-way, lead elsewhere, or do not say what is in them: what was not seen is never taken for not there.

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{
    ConnectionSetup, DatastoreSetup, Fault, FaultAnswer, HeldKey, KeyName, SecretSetup, WorkspaceSetup, World,
};
use futures::future::join_all;
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use super::{blocked_before_any_write, first_failure, regenerations, rotated_once};
use crate::stage::{ACCOUNT, GROUP, Place, SUBSCRIPTION, Stage, VAULT};

/// How many cases are played at once.
const AT_ONCE: usize = 8;

/// What a look lists.
const LISTS: [&str; 5] = [
    "GetSecrets",
    "Permissions_List",
    "Workspaces_ListBySubscription",
    "Datastores_List",
    "WorkspaceConnections_List",
];

/// More of everything than a page holds.
fn more_than_a_page(world: &World, place: &Place) {
    world.adjust(|behaviour| behaviour.page_size = 1);
    world.add_workspace(WorkspaceSetup::new(SUBSCRIPTION, GROUP, "ws-other", &place.account_id));
    for number in 0..30 {
        let name = format!("more-{number}");
        world.add_datastore(DatastoreSetup::blob(&place.workspace_id, &name, ACCOUNT, "data"));
        world.put_secret(SecretSetup::of_value(VAULT, &name, "of somebody else"));
    }
    for name in ["one", "another"] {
        world.add_connection(ConnectionSetup::blob(&place.workspace_id, name, ACCOUNT, "data"));
    }
}

#[tokio::test]
async fn a_page_that_fails_half_way_is_no_end_of_the_list() {
    let faults: [fn(Fault) -> Fault; 4] = [
        |fault| fault.drop_connection(),
        |fault| fault.answer(503),
        |fault| fault.after().answer(FaultAnswer::status(200).body("application/json", r#"{"id": "https:"#)),
        |fault| fault.answer(FaultAnswer::error(404, "NotFoundError", "The page was not found.")),
    ];
    let lists = LISTS.into_iter().filter(|list| *list != "Permissions_List");
    let cases = lists.flat_map(|list| faults.map(|fault| half_way(list, fault(Fault::on(list)))));
    stream::iter(cases).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

async fn half_way(list: &str, fault: Fault) {
    let stage = Stage::start(more_than_a_page).await;
    let rule = stage.sandbox.faults().add(fault.address("skip"));
    stage.announce(&stage.secret()).await;
    first_failure(&stage).await;
    assert_eq!(regenerations(&stage), 0, "{list}");
    stage.assert_logged("WARN", "failed", "failed to list the ");
    assert!(rule.remove() > 0, "{list}");
    stage.settle().await;
    rotated_once(&stage);
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

/// Whatever was seen is acted on, and what was not to be seen keeps a key from being regenerated; nobody is called for it.
#[tokio::test]
async fn a_secret_that_cannot_be_read_for_now_keeps_nobody_else_from_being_moved() {
    let stage = Stage::start(|world, place| {
        world.add_datastore(
            DatastoreSetup::blob(&place.workspace_id, "models", ACCOUNT, "models").holding(KeyName::Key2),
        );
    })
    .await;
    let rule = Fault::on("Datastores_ListSecrets").address("/workspacefilestore/").answer(503);
    let rule = stage.sandbox.faults().add(rule);
    stage.announce(&stage.secret()).await;
    first_failure(&stage).await;
    assert!(0 < rule.hits());
    assert_eq!((stage.datastore("models"), stage.regenerations()), (HeldKey::Key1, 0));
    stage.assert_logged("WARN", "failed", "failed to read the secret of datastore `workspacefilestore`");
    rule.remove();
    stage.settle().await;
    // Nothing needs a person: the key that was held just now rests before it is regenerated.
    let log = stage.log();
    assert!(!log.contains(r#""step":"blocked""#), "{log}");
    assert_eq!(stage.outcomes("Rotate").last(), Some(&InvocationOutcome::Succeeded));
    stage.check();
}
