//! Whoever names the account in a datastore or a connection of theirs gets no key of it by that.

use azure_sandbox::{
    AccountSetup, ConnectionSetup, DatastoreSetup, Dependent, HeldKey, KeyName, WorkspaceSetup,
};
use serde_json::json;

use crate::stage::{ACCOUNT, GROUP, SUBSCRIPTION, Stage};

/// The base64 of 64 bytes: what has the form of a key, and is none. Not of `A` alone, which stands for a key in recorded calls.
fn made_up() -> String {
    format!("{}==", "Q".repeat(86))
}

/// A workspace of the subscription, with an account of its own, whose people have nothing to do with [`ACCOUNT`].
async fn stage_with_strangers() -> Stage {
    Stage::start(|world, _| {
        let own =
            world.add_storage_account(AccountSetup::new(SUBSCRIPTION, GROUP, "stother").container("data"));
        let strangers = WorkspaceSetup::new(SUBSCRIPTION, GROUP, "ws-strangers", &own);
        let strangers = world.add_workspace(strangers.cache(KeyName::Key1));
        let credentials = json!({"credentialsType": "AccountKey",
            "secrets": {"secretsType": "AccountKey", "key": made_up()}});
        let planted = DatastoreSetup::blob(&strangers, "planted", ACCOUNT, "data");
        world.add_datastore(planted.credentials(credentials));
        world.add_datastore(DatastoreSetup::blob(&strangers, "guest", ACCOUNT, "data"));
        world.add_connection(ConnectionSetup::blob(&strangers, "guest", ACCOUNT, "data"));
    })
    .await
}

#[tokio::test]
async fn a_datastore_planted_in_another_workspace_gets_no_key_and_keeps_nobody_from_theirs() {
    let stage = stage_with_strangers().await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.masked_log());
    assert_eq!(stage.datastore("workspaceblobstore"), HeldKey::Key2);
    let held = |dependent: &Dependent| stage.held(dependent);
    let datastore =
        |name: &str| Dependent::Datastore { workspace: "ws-strangers".to_owned(), name: name.to_owned() };
    assert_eq!(held(&datastore("planted")), HeldKey::Neither);
    assert!(stage.writes().iter().all(|write| !write.contains("planted")), "{:?}", stage.writes());
    // Whoever has the key in another workspace is moved like everybody.
    assert_eq!(held(&datastore("guest")), HeldKey::Key2);
    let guest = Dependent::Connection { workspace: "ws-strangers".to_owned(), name: "guest".to_owned() };
    assert_eq!(held(&guest), HeldKey::Key2);
    stage.assert_logged(
        "WARN",
        "look",
        "datastore `planted` of workspace `ws-strangers` holds neither of the two",
    );
    stage.check();
}
