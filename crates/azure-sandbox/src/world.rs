//! The model behind every face: what exists, who holds which key, and what must never happen.

mod access;
mod access_key;
mod ageing;
mod behaviour;
mod blob;
mod checks;
mod dependent;
mod exposure;
mod function_app;
mod leak;
mod outside;
mod passing_time;
mod replacement;
mod resource_id;
mod rest;
mod resync;
mod sas;
mod setup;
mod signature;
mod snapshot;
mod storage_account;
mod vault;
mod violation;
mod workspace;

pub use access::{Grant, Principal};
pub use access_key::{KeyName, KeyValue};
pub use behaviour::Behaviour;
pub use dependent::{Dependent, HeldKey};
pub use function_app::FunctionAppSetup;
pub use leak::{Credential, Encoding, Leak, LeakGuard};
pub use setup::{
    AccountSetup, ConnectionSetup, DatastoreSetup, Holding, SasSetup, SecretSetup, VaultSetup, WorkspaceSetup,
};
pub use snapshot::{DependentState, SecretState};
pub use storage_account::StorageService;
pub use violation::Violation;

pub(crate) use access::{Access, Caller, IssuedToken, Plane};
pub(crate) use blob::{Blob, Container, Lease, LeaseRefusal};
pub(crate) use resource_id::{contains, folded, name as resource_name, segment_after};
pub(crate) use resync::{Progress, Resync};
pub(crate) use sas::{Request as SasRequest, SasResource, Turned, admit};
pub(crate) use signature::sign;
pub(crate) use storage_account::StorageAccount;
pub(crate) use vault::{Secret, SecretAttributes, SecretVersion, Vault};
pub(crate) use workspace::{Connection, Datastore, Workspace, Written};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;
use crate::cloud::Cloud;

/// A handle on the one model; clones share it.
#[derive(Clone)]
pub struct World {
    state: Arc<Mutex<State>>,
    /// Locked after the state, where both are.
    secrets: Arc<leak::Register>,
}

#[derive(Clone)]
pub(crate) struct State {
    pub(crate) cloud: Cloud,
    /// By name, which is unique in a cloud.
    pub(crate) accounts: BTreeMap<String, StorageAccount>,
    /// By folded id.
    pub(crate) workspaces: BTreeMap<String, Workspace>,
    /// By name, which is unique in a cloud.
    pub(crate) vaults: BTreeMap<String, Vault>,
    /// By folded id.
    pub(crate) function_apps: BTreeMap<String, FunctionAppSetup>,
    pub(crate) access: Access,
    pub(crate) behaviour: Behaviour,
    /// By operation id.
    pub(crate) resyncs: BTreeMap<String, Resync>,
    violations: Vec<Violation>,
    exposure: exposure::ExposureMeter,
    last_held: rest::LastHeld,
    /// Up to when the world has been checked.
    checked: Instant,
    /// How often something was changed.
    revision: u64,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An empty world in the public cloud, with one principal that may do all that the product needs.
    pub fn new() -> Self {
        Self::in_cloud(Cloud::public())
    }

    /// The same in another cloud.
    pub fn in_cloud(cloud: Cloud) -> Self {
        let state = State {
            cloud,
            accounts: BTreeMap::new(),
            workspaces: BTreeMap::new(),
            vaults: BTreeMap::new(),
            function_apps: BTreeMap::new(),
            access: Access::new(),
            behaviour: Behaviour::default(),
            resyncs: BTreeMap::new(),
            violations: Vec::new(),
            exposure: exposure::ExposureMeter::default(),
            last_held: rest::LastHeld::new(),
            checked: Instant::now(),
            revision: 0,
        };
        Self { state: Arc::new(Mutex::new(state)), secrets: Arc::default() }
    }

    /// Another world that is like this one now, and goes its own way from here on.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = self.lock().clone();
        let secrets = Arc::<leak::Register>::default();
        state.teach(&mut secrets.lesson());
        Self { state: Arc::new(Mutex::new(state)), secrets }
    }

    /// A number that grows with every change: as long as it stays, the world does, but for the time.
    pub fn revision(&self) -> u64 {
        self.read(|state| state.revision)
    }

    /// The cloud that it is in.
    pub fn cloud(&self) -> Cloud {
        self.lock().cloud
    }

    /// What was found wrong so far, each thing once.
    pub fn violations(&self) -> Vec<Violation> {
        self.read(|state| state.violations.clone())
    }

    /// How long each dependent was on a key that no longer worked.
    pub fn exposure(&self) -> BTreeMap<Dependent, Duration> {
        self.read(|state| state.exposure.totals(Instant::now()))
    }

    /// Measures exposure from zero again.
    pub fn reset_exposure(&self) {
        self.write(|state| state.exposure.reset(Instant::now()));
    }

    /// Looks without changing anything but what time itself brings about.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        let mut state = self.lock();
        state.catch_up();
        look(&state)
    }

    /// Changes something that no check is about: who may come in, or what was found so far.
    pub(crate) fn write<T>(&self, deed: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        state.catch_up();
        let outcome = deed(&mut state);
        // Before anybody can hear of a new value.
        state.teach(&mut self.secrets.lesson());
        outcome
    }

    /// Changes something, and checks the world afterwards.
    pub(crate) fn change<T>(&self, deed: impl FnOnce(&mut State) -> T) -> T {
        self.write(|state| {
            state.revision += 1;
            state.note_who_holds(clock::now());
            let outcome = deed(state);
            state.note_who_holds(clock::now());
            state.check(clock::now(), Instant::now());
            outcome
        })
    }

    /// Changes something for a caller. What somebody else does is no violation of the product's, and what breaks by it is
    /// excused.
    pub(crate) fn change_for<T>(&self, caller: Caller, deed: impl FnOnce(&mut State) -> T) -> T {
        match caller {
            Caller::Product => self.change(deed),
            Caller::Outside => self.outside_change(|state| {
                let known = state.violations.len();
                let outcome = deed(state);
                state.violations.truncate(known);
                outcome
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that failed while it held the lock must not hide what the others find.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(crate) fn account(&self, name: &str) -> Option<&StorageAccount> {
        self.accounts.get(&name.to_ascii_lowercase())
    }

    pub(crate) fn account_mut(&mut self, name: &str) -> Option<&mut StorageAccount> {
        self.accounts.get_mut(&name.to_ascii_lowercase())
    }

    pub(crate) fn account_by_id(&self, id: &str) -> Option<&StorageAccount> {
        self.account(resource_id::name(id)).filter(|account| folded(&account.id) == folded(id))
    }

    pub(crate) fn workspace(&self, id: &str) -> Option<&Workspace> {
        self.workspaces.get(&folded(id))
    }

    pub(crate) fn workspace_mut(&mut self, id: &str) -> Option<&mut Workspace> {
        self.workspaces.get_mut(&folded(id))
    }

    pub(crate) fn vault(&self, name: &str) -> Option<&Vault> {
        self.vaults.get(&name.to_ascii_lowercase())
    }

    pub(crate) fn vault_mut(&mut self, name: &str) -> Option<&mut Vault> {
        self.vaults.get_mut(&name.to_ascii_lowercase())
    }

    /// Gives a key of an account a new value.
    pub(crate) fn regenerate(&mut self, account: &str, key: KeyName) -> bool {
        let lag = self.behaviour.data_plane_lag;
        let created = self.behaviour.records_key_ages.then(clock::now);
        let Some(account) = self.account_mut(account) else { return false };
        account.regenerate(key, created, lag);
        true
    }
}
