//! Workspaces.

use std::collections::BTreeMap;

use time::Duration;

use super::{Holding, OPERATOR};
use crate::clock;
use crate::world::{KeyName, Workspace, World, Written, folded, resource_name};

/// A Machine Learning workspace to be.
#[derive(Clone)]
pub struct WorkspaceSetup {
    subscription: String,
    resource_group: String,
    name: String,
    storage_account: String,
    kind: String,
    hub: Option<String>,
    slot: KeyName,
    cache: Option<Holding>,
    key_vault: Option<String>,
    system_datastores_auth_mode: Option<String>,
}

impl WorkspaceSetup {
    /// A workspace over the storage account with this resource id. Its resyncs read `key1`, and its cache holds it.
    pub fn new(subscription: &str, resource_group: &str, name: &str, storage_account_id: &str) -> Self {
        Self {
            subscription: subscription.to_owned(),
            resource_group: resource_group.to_owned(),
            name: name.to_owned(),
            storage_account: storage_account_id.to_owned(),
            kind: "Default".to_owned(),
            hub: None,
            slot: KeyName::Key1,
            cache: None,
            key_vault: None,
            system_datastores_auth_mode: None,
        }
    }

    /// With another kind: `Hub`, `Project`, `FeatureStore`.
    #[must_use]
    pub fn kind(mut self, kind: &str) -> Self {
        self.kind = kind.to_owned();
        self
    }

    /// As a project of the hub with this resource id, whose storage account is its own as well.
    #[must_use]
    pub fn project_of(self, hub_id: &str) -> Self {
        Self { hub: Some(hub_id.to_owned()), ..self.kind("Project") }
    }

    /// With resyncs that read this key.
    #[must_use]
    pub fn slot(mut self, slot: KeyName) -> Self {
        self.slot = slot;
        self
    }

    /// With a cache that holds this, whatever resyncs read.
    #[must_use]
    pub fn cache(mut self, cache: impl Into<Holding>) -> Self {
        self.cache = Some(cache.into());
        self
    }

    /// With the resource id of its own vault.
    #[must_use]
    pub fn key_vault(mut self, id: &str) -> Self {
        self.key_vault = Some(id.to_owned());
        self
    }

    /// With `systemDatastoresAuthMode`.
    #[must_use]
    pub fn system_datastores_auth_mode(mut self, mode: &str) -> Self {
        self.system_datastores_auth_mode = Some(mode.to_owned());
        self
    }
}

impl World {
    /// Adds a workspace and gives its resource id.
    ///
    /// # Panics
    /// When the cache is to hold a key of a storage account that does not exist.
    #[track_caller]
    pub fn add_workspace(&self, setup: WorkspaceSetup) -> String {
        let WorkspaceSetup { subscription, resource_group, name, storage_account, slot, .. } = setup;
        let holding = setup.cache.unwrap_or(Holding::Key(slot));
        let cache = self.resolve(holding, resource_name(&storage_account)).into_key();
        let id = format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.MachineLearningServices/workspaces/{name}"
        );
        let workspace = Workspace {
            id: id.clone(),
            name,
            location: self.cloud().region.to_owned(),
            kind: setup.kind,
            workspace_id: uuid::Uuid::new_v4().to_string(),
            storage_account,
            hub: setup.hub,
            key_vault: setup.key_vault,
            system_datastores_auth_mode: setup.system_datastores_auth_mode,
            provisioning_state: "Succeeded".to_owned(),
            cache,
            slot,
            resync_fails: false,
            written: Written::first(clock::now() - Duration::days(90), OPERATOR),
            datastores: BTreeMap::new(),
            connections: BTreeMap::new(),
        };
        self.outside_change(|state| state.workspaces.insert(folded(&id), workspace));
        id
    }
}
