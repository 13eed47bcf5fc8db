//! The worlds that are measured: one account whose key is due, and everybody on it.

use std::fmt;
use std::time::Duration;

use azure_sandbox::event_grid::SecretEventKind;
use azure_sandbox::{
    AccountSetup, Behaviour, DatastoreSetup, HeldKey, KeyName, Sandbox, SandboxError, SandboxOptions,
    SecretSetup, VaultSetup, WorkspaceSetup, World,
};
use serde_json::Value;
use time::Duration as Span;

pub(crate) const SUBSCRIPTION: &str = "0b1f6ab0-3d0b-4a3e-9f5a-2b7c51d0e4aa";
pub(crate) const GROUP: &str = "rg-ml";
pub(crate) const ACCOUNT: &str = "stml";
pub(crate) const VAULT: &str = "kv-ml";
pub(crate) const SECRET: &str = "storage-key";
/// The function app's own storage account, where the leases are.
pub(crate) const HOST_STORAGE: &str = "sthost";

/// Added to every call.
pub(crate) const LATENCY: Duration = Duration::from_millis(40);
/// How long a resync of a workspace takes.
pub(crate) const RESYNC: Duration = Duration::from_secs(2);
/// Datastores in a page of their list.
pub(crate) const PAGE: usize = 30;

/// How much there is to do, and how long it is said to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Size {
    pub(crate) datastores: usize,
    pub(crate) workspaces: usize,
    /// What Azure says of a resync, in seconds: when to ask whether it has ended.
    pub(crate) retry_after: Option<u32>,
}

impl Size {
    /// On an Azure that says nothing of how long a resync takes.
    pub(crate) const fn new(datastores: usize, workspaces: usize) -> Self {
        Self { datastores, workspaces, retry_after: None }
    }

    /// Whatever holds a copy of the key.
    pub(crate) const fn dependents(self) -> usize {
        self.datastores + self.workspaces
    }

    /// Workspaces that have a datastore, and so a default one.
    pub(crate) fn defaults(self) -> usize {
        self.datastores.min(self.workspaces)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} datastores in {} workspaces", self.datastores, self.workspaces)
    }
}

/// A local Azure with token buckets, in which a rotation of this size is due.
pub(crate) async fn start(size: Size) -> Result<Sandbox, SandboxError> {
    let resync_retry_after = size.retry_after;
    let behaviour =
        Behaviour { resync_duration: RESYNC, resync_retry_after, page_size: PAGE, ..Behaviour::default() };
    let options = SandboxOptions {
        latency: LATENCY,
        behaviour,
        throttles: true,
        unwitnessed: true,
        ..SandboxOptions::default()
    };
    let sandbox = Sandbox::start(options).await?;
    furnish(sandbox.world(), size);
    Ok(sandbox)
}

/// Everything is on `key1`, which was published 61 days ago and is due; nobody holds `key2`.
fn furnish(world: &World, size: Size) {
    let days = |days| Some(Span::days(days));
    let account = AccountSetup::new(SUBSCRIPTION, GROUP, ACCOUNT)
        .key_ages(days(61), days(121))
        .container("data")
        .share("home");
    let account_id = world.add_storage_account(account);
    world.add_storage_account(AccountSetup::new(SUBSCRIPTION, GROUP, HOST_STORAGE));
    world.add_vault(VaultSetup::new(SUBSCRIPTION, GROUP, VAULT));
    world.put_secret(
        SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key1)
            .tag("CredentialId", "key1")
            .tag("ProviderAddress", &account_id)
            .tag("ValidityPeriodDays", "90")
            .expires_in(Span::days(29))
            .made_ago(Span::days(61)),
    );
    let workspaces: Vec<String> = (0..size.workspaces)
        .map(|number| {
            // Nobody can choose which key a workspace keeps: here are both kinds.
            let slot = if number % 2 == 0 { KeyName::Key1 } else { KeyName::Key2 };
            let name = format!("ws-{number:02}");
            let setup = WorkspaceSetup::new(SUBSCRIPTION, GROUP, &name, &account_id);
            world.add_workspace(setup.slot(slot).cache(slot))
        })
        .collect();
    world.add_datastores((0..size.datastores).map(|number| {
        let workspace = &workspaces[number % workspaces.len()];
        if number < workspaces.len() {
            DatastoreSetup::blob(workspace, "workspaceblobstore", ACCOUNT, "data").default_datastore()
        } else if number % 2 == 0 {
            DatastoreSetup::blob(workspace, &format!("images_{number:04}"), ACCOUNT, "data")
        } else {
            DatastoreSetup::file(workspace, &format!("notebooks_{number:04}"), ACCOUNT, "home")
        }
    }));
}

/// The event that Key Vault publishes now.
pub(crate) fn near_expiry(world: &World) -> Option<Value> {
    Some(world.secret(VAULT, SECRET)?.event(SecretEventKind::NearExpiry).to_json())
}

/// How many holders and secrets are not on this key.
pub(crate) fn left_behind(world: &World, key: HeldKey) -> usize {
    let all = world.dependents_of(ACCOUNT);
    all.iter()
        .filter(|one| !matches!(one.dependent, azure_sandbox::Dependent::WorkspaceCache { .. }))
        .filter(|one| one.held != key)
        .count()
}
