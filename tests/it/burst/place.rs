//! Many due targets over many subscriptions.

use std::collections::BTreeMap;

use azure_sandbox::{
    AccountSetup, DatastoreSetup, KeyName, Sandbox, SecretSetup, VaultSetup, WorkspaceSetup, World,
};
use time::Duration;

use super::Size;
use crate::stage::{GROUP, HOST_STORAGE};

/// How often each secret was written, with the same key, by somebody who set it up within one afternoon. Key Vault announces
/// each version by itself when it comes near its expiry.
const VERSIONS_OF_ONE: u8 = 5;

/// An account whose key is due.
pub(super) struct Account {
    pub(super) name: String,
    pub(super) vault: String,
    pub(super) secret: String,
    /// Its versions, the current one last.
    pub(super) versions: Vec<String>,
}

/// A vault in each subscription, and for each account a secret in it, a workspace, and two datastores.
pub(super) fn furnish(world: &World, size: Size) -> Vec<Account> {
    let mut accounts = Vec::new();
    for number in 0..size.subscriptions {
        let subscription = format!("00000000-0000-4000-8000-{number:012}");
        let vault = format!("kv-{number}");
        world.add_vault(VaultSetup::new(&subscription, GROUP, &vault));
        if number == 0 {
            world.add_storage_account(AccountSetup::new(&subscription, GROUP, HOST_STORAGE));
        }
        for one in 0..size.accounts_of_one {
            let name = format!("st{number}x{one}");
            let versions = furnish_account(world, &subscription, &vault, &name);
            accounts.push(Account { secret: format!("{name}-key"), vault: vault.clone(), name, versions });
        }
    }
    accounts
}

/// The versions of its secret.
fn furnish_account(world: &World, subscription: &str, vault: &str, name: &str) -> Vec<String> {
    let account = AccountSetup::new(subscription, GROUP, name)
        .key_ages(Some(Duration::days(61)), Some(Duration::days(121)))
        .container("data")
        .share("home");
    let account = world.add_storage_account(account);
    let secret = SecretSetup::of_key(vault, &format!("{name}-key"), name, KeyName::Key1)
        .tag("CredentialId", "key1")
        .tag("ProviderAddress", &account)
        .tag("ValidityPeriodDays", "90")
        .expires_in(Duration::days(29));
    let write = |hour| world.put_secret(secret.clone().made_ago(Duration::days(61) - Duration::hours(hour)));
    let versions = (0..VERSIONS_OF_ONE).map(i64::from).map(write).collect();
    let workspace = WorkspaceSetup::new(subscription, GROUP, &format!("ws-{name}"), &account);
    let workspace = world.add_workspace(workspace.slot(KeyName::Key2).cache(KeyName::Key2));
    let default = DatastoreSetup::blob(&workspace, "workspaceblobstore", name, "data");
    world.add_datastore(default.default_datastore());
    world.add_datastore(DatastoreSetup::file(&workspace, "workspacefilestore", name, "home"));
    versions
}

/// What each instance of the app is told.
pub(super) fn settings(sandbox: &Sandbox, accounts: &[Account]) -> BTreeMap<String, String> {
    let mut vaults: Vec<&str> = accounts.iter().map(|account| account.vault.as_str()).collect();
    vaults.dedup();
    let mut settings = sandbox.environment();
    settings.extend([
        ("ROTATOR_MODE".to_owned(), "rotate".to_owned()),
        ("ROTATOR_VAULTS".to_owned(), vaults.join(",")),
        ("AzureWebJobsStorage__accountName".to_owned(), HOST_STORAGE.to_owned()),
    ]);
    settings
}
