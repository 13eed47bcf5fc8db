//! The worlds of the years: holders of every kind.

use azure_sandbox::{
    AccountSetup, Behaviour, ConnectionSetup, DatastoreSetup, KeyName, SasSetup, SecretSetup, VaultSetup,
    WorkspaceSetup, World,
};
use rotation::Declaration;
use time::Duration;

use super::calendar::target;

pub(super) use super::due_target::{ACCOUNT, GROUP, HOST_STORAGE, SECRET, SUBSCRIPTION, VAULT};

/// How a world is furnished.
#[derive(Debug, Clone)]
pub(super) struct Furniture {
    /// The workspaces, each with the key that its resyncs take, and six holders.
    pub(super) workspaces: Vec<(&'static str, KeyName)>,
    /// Days since `key1` was made and published; it is valid for 90, and due at 60 of them.
    pub(super) age: i64,
    /// Whether Azure knows how old the keys of the beginning are.
    pub(super) records_key_ages: bool,
    /// Whether the secret is there from the beginning.
    pub(super) has_secret: bool,
    /// The key of the last holder of each workspace.
    pub(super) last_holder: KeyName,
}

impl Default for Furniture {
    fn default() -> Self {
        Self {
            workspaces: vec![("ws-one", KeyName::Key1), ("ws-two", KeyName::Key2)],
            age: 55,
            records_key_ages: true,
            has_secret: true,
            last_holder: KeyName::Key1,
        }
    }
}

impl Furniture {
    /// Puts everything into a world; gives the account's id.
    pub(super) fn put_into(&self, world: &World) -> String {
        let days = |days: i64| Some(Duration::days(days)).filter(|_| self.records_key_ages);
        let account = AccountSetup::new(SUBSCRIPTION, GROUP, ACCOUNT)
            .key_ages(days(self.age), days(self.age + 60))
            .container("data")
            .container("models")
            .share("home");
        let account_id = world.add_storage_account(account);
        world.add_storage_account(AccountSetup::new(SUBSCRIPTION, GROUP, HOST_STORAGE));
        world.add_vault(VaultSetup::new(SUBSCRIPTION, GROUP, VAULT));
        if self.has_secret {
            let secret = SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key1)
                .tag("CredentialId", "key1")
                .tag("ProviderAddress", account_id.clone())
                .tag("ValidityPeriodDays", "90")
                .tag("cost-centre", "4711")
                .expires_in(Duration::days(90 - self.age))
                .made_ago(Duration::days(self.age));
            world.put_secret(secret);
        }
        for (name, slot) in &self.workspaces {
            let workspace = WorkspaceSetup::new(SUBSCRIPTION, GROUP, name, &account_id);
            self.put_holders(world, &world.add_workspace(workspace.slot(*slot).cache(*slot)));
        }
        account_id
    }

    /// Six holders, one of each kind that can be moved.
    fn put_holders(&self, world: &World, workspace: &str) {
        let signed = |container: &str, key| {
            SasSetup::container(container).signed_by(key).expires_in(Duration::days(2000))
        };
        let (default, last) = (KeyName::Key1, self.last_holder);
        world.add_datastore(
            DatastoreSetup::blob(workspace, "workspaceblobstore", ACCOUNT, "data").default_datastore(),
        );
        world.add_datastore(DatastoreSetup::file(workspace, "workspacefilestore", ACCOUNT, "home"));
        world.add_datastore(DatastoreSetup::data_lake(workspace, "lake", ACCOUNT, "models"));
        world.add_datastore(
            DatastoreSetup::blob(workspace, "signed", ACCOUNT, "data").holding(signed("data", default)),
        );
        world.add_connection(ConnectionSetup::blob(workspace, "connected", ACCOUNT, "data"));
        world.add_connection(
            ConnectionSetup::blob(workspace, "signed-connection", ACCOUNT, "models")
                .holding(signed("models", last)),
        );
    }
}

/// A world with this furniture, whose resyncs take so long.
pub(super) fn world(furniture: &Furniture, resync_duration: std::time::Duration) -> World {
    let world = World::new();
    let records_key_ages = furniture.records_key_ages;
    world.adjust(|behaviour| {
        *behaviour =
            Behaviour { resync_duration, records_key_ages, drain: Duration::DAY, ..behaviour.clone() };
    });
    furniture.put_into(&world);
    world
}

/// The id of the account.
pub(super) fn account_id() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
    )
}

/// The pair of the secret and the account, as an operator declares it.
pub(super) fn declaration() -> Declaration {
    Declaration {
        target: target(),
        account: account_id().parse().unwrap(),
        validity: Duration::days(90),
        mode: None,
        ignore_holders: Vec::new(),
    }
}
