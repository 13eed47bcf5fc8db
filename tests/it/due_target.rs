//! What the tests have in common: a world with one due target that nothing stands in the way of.

use azure_sandbox::{AccountSetup, DatastoreSetup, KeyName, SecretSetup, VaultSetup, WorkspaceSetup, World};
use time::Duration;

pub(crate) const SUBSCRIPTION: &str = "0b1f6ab0-3d0b-4a3e-9f5a-2b7c51d0e4aa";
pub(crate) const GROUP: &str = "rg-ml";
pub(crate) const ACCOUNT: &str = "stml";
pub(crate) const VAULT: &str = "kv-ml";
pub(crate) const SECRET: &str = "storage-key";
/// The function app's own storage account, where the leases are.
pub(crate) const HOST_STORAGE: &str = "sthost";

/// What the tests have in common: an account whose `key1` was published 60 days ago and is due, and one workspace.
pub(crate) struct Place {
    pub(crate) account_id: String,
    pub(crate) workspace_id: String,
    pub(crate) host_storage_id: String,
}

/// Furnishes a world with one due target that nothing stands in the way of.
pub(crate) fn due_target(world: &World) -> Place {
    let account = AccountSetup::new(SUBSCRIPTION, GROUP, ACCOUNT)
        .key_ages(Some(Duration::days(61)), Some(Duration::days(121)))
        .container("data")
        .container("models")
        .blob("data", "a.csv")
        .container_policy("data", "a policy", "rl")
        .share("home")
        .share_policy("home", "a policy", "rl");
    let account_id = world.add_storage_account(account);
    world.add_vault(VaultSetup::new(SUBSCRIPTION, GROUP, VAULT));
    world.put_secret(target_secret(VAULT, SECRET, &account_id));
    let workspace = WorkspaceSetup::new(SUBSCRIPTION, GROUP, "ws-ml", &account_id)
        .slot(KeyName::Key2)
        .cache(KeyName::Key2);
    let workspace_id = world.add_workspace(workspace);
    world.add_datastore(
        DatastoreSetup::blob(&workspace_id, "workspaceblobstore", ACCOUNT, "data").default_datastore(),
    );
    world.add_datastore(DatastoreSetup::file(&workspace_id, "workspacefilestore", ACCOUNT, "home"));
    let host_storage_id = world.add_storage_account(AccountSetup::new(SUBSCRIPTION, GROUP, HOST_STORAGE));
    Place { account_id, workspace_id, host_storage_id }
}

/// A secret that holds `key1` of [`ACCOUNT`], made 61 days ago and valid for 90, with some tags of others.
pub(crate) fn target_secret(vault: &str, name: &str, account_id: &str) -> SecretSetup {
    SecretSetup::of_key(vault, name, ACCOUNT, KeyName::Key1)
        .tag("CredentialId", "key1")
        .tag("ProviderAddress", account_id)
        .tag("ValidityPeriodDays", "90")
        .tag("cost-centre", "4711")
        .content_type("application/x-key")
        .expires_in(Duration::days(29))
        .made_ago(Duration::days(61))
}
