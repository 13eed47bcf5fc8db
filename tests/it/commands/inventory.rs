//! `inventory`: the list that people make before they change a key by hand, and more.

use azure_sandbox::{
    AccountSetup, ConnectionSetup, DatastoreSetup, Grant, KeyName, SasSetup, SecretSetup, WorkspaceSetup,
};

use super::console::Console;
use super::expected::assert_expected;
use crate::due_target::{ACCOUNT, SUBSCRIPTION, VAULT};

async fn furnished() -> Console {
    Console::open(|world, place| {
        let id = &place.workspace_id;
        world.add_datastore(DatastoreSetup::blob(id, "a-first", ACCOUNT, "models").holding(KeyName::Key2));
        world.add_datastore(
            DatastoreSetup::blob(id, "signed", ACCOUNT, "data").holding(SasSetup::container("data")),
        );
        world.add_connection(ConnectionSetup::blob(id, "feed", ACCOUNT, "data"));
        let other = AccountSetup::new(SUBSCRIPTION, "rg-far", "stother").container("far");
        let other = world.add_storage_account(other);
        let far = WorkspaceSetup::new(SUBSCRIPTION, "rg-far", "ws-far", &other);
        let far = world.add_workspace(far);
        world.add_datastore(DatastoreSetup::blob(&far, "elsewhere", "stother", "far").default_datastore());
    })
    .await
}

#[tokio::test]
async fn each_workspace_has_its_default_first_and_each_key_is_named() {
    let console = furnished().await;
    let printed = console.run(&["inventory"]).await;
    assert_eq!((printed.status, printed.stderr.as_str()), (0, ""));
    assert_expected("inventory.txt", &printed.stdout);
    let printed = console.run(&["inventory", "--format", "json"]).await;
    assert_expected("inventory.json", &printed.stdout);
    let json = printed.json();
    let entries = json["workspaces"][1]["entries"].as_array().unwrap();
    assert_eq!((&entries[0]["name"], &entries[0]["isDefault"]), (&"workspaceblobstore".into(), &true.into()));
    assert_eq!((&entries[1]["name"], &entries[1]["holds"]), (&"a-first".into(), &"key2".into()));
    console.assert_nothing_written();
}

#[tokio::test]
async fn a_scope_that_is_named_is_listed_and_no_other() {
    let console = furnished().await;
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-far");
    let printed = console.run(&["inventory", "--scope", &group]).await;
    assert!(printed.stdout.contains("ws-far") && !printed.stdout.contains("ws-ml"), "{}", printed.stdout);
    let refused = console.run(&["inventory", "--scope", "everywhere"]).await;
    assert_eq!((refused.status, refused.stdout.as_str()), (2, ""));
}

#[tokio::test]
async fn without_a_target_a_scope_has_to_be_named() {
    let console = Console::open(|world, _| {
        world.purge_secret_outside(VAULT, crate::due_target::SECRET);
        world.put_secret(SecretSetup::of_key(VAULT, "untagged", ACCOUNT, KeyName::Key1));
    })
    .await;
    let printed = console.run(&["inventory"]).await;
    assert_eq!((printed.status, printed.stdout.as_str()), (0, ""));
    assert!(printed.stderr.contains("--scope"), "{}", printed.stderr);
}

#[tokio::test]
async fn a_list_that_is_refused_is_named_with_its_mend_and_the_rest_is_told() {
    let console = furnished().await;
    let action = "Microsoft.MachineLearningServices/workspaces/connections/read";
    console.world().set_grants(vec![Grant::everything_needed("/").without(action)]);
    let printed = console.run(&["inventory"]).await;
    assert_eq!(printed.status, 4);
    assert!(printed.stderr.contains(action) && printed.stderr.contains("hint: assign"), "{}", printed.stderr);
    assert!(printed.stdout.contains("workspaceblobstore"));
}
