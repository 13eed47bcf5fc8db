//! Twelve holders of the account's key, of every kind, in two workspaces.

use azure_sandbox::{ConnectionSetup, DatastoreSetup, Dependent, HeldKey, SasSetup, WorkspaceSetup, World};

use crate::stage::{ACCOUNT, GROUP, Place, SUBSCRIPTION};

/// How many there are, with those of [`due_target`](crate::stage::due_target).
const HOLDERS: usize = 12;

/// Adds ten to the two that are there. One has no date, so that the rotation writes a time on the secret.
pub(super) fn furnish(world: &World, place: &Place) {
    let first = place.workspace_id.as_str();
    let account = place.account_id.as_str();
    let second = world.add_workspace(WorkspaceSetup::new(SUBSCRIPTION, GROUP, "ws-two", account));
    let second = second.as_str();

    let lake = |workspace, name| DatastoreSetup::data_lake(workspace, name, ACCOUNT, "models");
    world.add_datastore(lake(first, "lake"));
    world.add_datastore(
        DatastoreSetup::blob(first, "signed", ACCOUNT, "data").holding(SasSetup::container("data")),
    );
    world.add_datastore(
        DatastoreSetup::file(first, "signed_share", ACCOUNT, "home").holding(SasSetup::share("home")),
    );
    world.add_connection(ConnectionSetup::blob(first, "blob", ACCOUNT, "data").undated());
    world.add_connection(
        ConnectionSetup::data_lake(first, "signed_lake", ACCOUNT, "models")
            .holding(SasSetup::container("models")),
    );

    world.add_datastore(
        DatastoreSetup::blob(second, "workspaceblobstore", ACCOUNT, "models").default_datastore(),
    );
    world.add_datastore(DatastoreSetup::file(second, "workspacefilestore", ACCOUNT, "home"));
    world.add_datastore(lake(second, "signed_lake").holding(SasSetup::container("models")));
    world.add_connection(ConnectionSetup::storage_account(second, "account", ACCOUNT));
    world.add_connection(
        ConnectionSetup::tables(second, "signed_tables", ACCOUNT)
            .holding(SasSetup::account().field("ss", "bt")),
    );
}

/// That they all hold `key2`, and the secret with them.
#[track_caller]
pub(super) fn assert_all_moved(world: &World) {
    let (caches, others): (Vec<_>, Vec<_>) = world
        .dependents_of(ACCOUNT)
        .into_iter()
        .partition(|each| matches!(each.dependent, Dependent::WorkspaceCache { .. }));
    assert_eq!(others.len(), HOLDERS + 1);
    assert!(others.iter().all(|each| each.held == HeldKey::Key2), "{others:?}");
    // Which of the live keys a workspace takes for itself is nobody's choice.
    assert!(caches.iter().all(|each| matches!(each.held, HeldKey::Key1 | HeldKey::Key2)), "{caches:?}");
}
