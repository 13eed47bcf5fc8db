//! Which datastores and connections there are, what each leads to, and which key it holds: the list that people make
//! before they change a key by hand.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use rotation::{Cache, Failure, HolderKind, Observation, Scope, WorkspaceId};
use serde::Serialize;

use crate::azure::{Connection, Datastore, StorageResource, Workspace};
use crate::failure::failure;
use crate::report::Holds;
use crate::rights::{READ_CONNECTION, READ_DATASTORE, READ_WORKSPACE};
use crate::rotator::Rotator;

/// Workspaces that are listed at the same time.
const AT_ONCE: usize = 8;

/// Everything in some scopes.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inventory {
    pub(crate) workspaces: Vec<WorkspaceInventory>,
    /// What could not be listed.
    #[serde(skip)]
    pub(crate) failures: Vec<Failure>,
}

/// One workspace, with what it has.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkspaceInventory {
    /// Its resource id.
    pub(crate) workspace: String,
    /// The name of the storage account that it keeps its own data in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// Which key its own copy is of, where that account belongs to a target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) own_copy: Option<Holds>,
    /// The default datastore, then the other datastores, then the connections.
    pub(crate) entries: Vec<Entry>,
}

/// A datastore or a connection.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    /// `datastore` or `connection`.
    pub(crate) kind: &'static str,
    /// `AzureBlob` and so on, as Azure names it.
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    pub(crate) name: String,
    pub(crate) is_default: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// The container, filesystem or share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<String>,
    /// What kind of credentials it has.
    pub(crate) credential: String,
    /// Which key of a target's account it holds, or a signature by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) holds: Option<Holds>,
}

/// Which keys are held, as whole looks at the targets saw it.
#[derive(Debug, Default)]
pub(crate) struct KeysHeld {
    holders: BTreeMap<(WorkspaceId, &'static str, String), Holds>,
    own_copies: BTreeMap<WorkspaceId, Holds>,
}

impl KeysHeld {
    /// Adds what a look at one target saw.
    pub(crate) fn add(&mut self, observation: &Observation) {
        let account = observation.account.as_ref().ok();
        for holder in &observation.survey.holders {
            let id = &holder.id;
            let key = (id.workspace.clone(), kind(id.kind), id.name.clone());
            let holds = Holds::of_holder(holder, account);
            // The target of a connection is told where its credentials tell nothing.
            if id.kind == HolderKind::ConnectionTarget {
                self.holders.entry(key).or_insert(holds);
            } else {
                self.holders.insert(key, holds);
            }
        }
        for workspace in &observation.survey.workspaces {
            let holds = match workspace.cache {
                Cache::Holds(value) => Holds::of(value, account),
                Cache::Unknown => Holds::Unknown,
            };
            self.own_copies.insert(workspace.id.clone(), holds);
        }
    }

    fn by(&self, workspace: &WorkspaceId, kind: &'static str, name: &str) -> Option<Holds> {
        self.holders.get(&(workspace.clone(), kind, name.to_owned())).copied()
    }
}

const DATASTORE: &str = "datastore";
const CONNECTION: &str = "connection";

const fn kind(kind: HolderKind) -> &'static str {
    match kind {
        HolderKind::Datastore | HolderKind::UnknownDatastore | HolderKind::SasDatastore => DATASTORE,
        HolderKind::Connection
        | HolderKind::SasConnection
        | HolderKind::UnknownConnection
        | HolderKind::UnknownSasConnection
        | HolderKind::ConnectionTarget => CONNECTION,
    }
}

/// Lists everything in the scopes, each workspace once.
pub(crate) async fn list(rotator: &Rotator, scopes: &[Scope], held: &KeysHeld) -> Inventory {
    let mut inventory = Inventory::default();
    let mut workspaces = BTreeMap::new();
    for scope in scopes {
        match rotator.azure.machine_learning.list_workspaces(scope).await {
            Ok(found) => {
                workspaces.extend(found.into_iter().map(|workspace| (workspace.id.clone(), workspace)));
            }
            Err(error) => inventory.failures.push(failure(&error, READ_WORKSPACE, scope)),
        }
    }
    let looks: Vec<_> =
        workspaces.values().map(|workspace| list_workspace(rotator, workspace, held)).collect();
    let listed: Vec<_> = stream::iter(looks).buffered(AT_ONCE).collect().await;
    for (workspace, failures) in listed {
        inventory.workspaces.push(workspace);
        inventory.failures.extend(failures);
    }
    inventory
}

async fn list_workspace(
    rotator: &Rotator,
    workspace: &Workspace,
    held: &KeysHeld,
) -> (WorkspaceInventory, Vec<Failure>) {
    let (id, machine_learning) = (&workspace.id, &rotator.azure.machine_learning);
    let (mut entries, mut failures) = (Vec::new(), Vec::new());
    match machine_learning.list_datastores(id).await {
        Ok(datastores) => entries.extend(datastores.into_iter().map(|datastore| {
            let holds = held.by(id, DATASTORE, &datastore.name);
            Entry { holds, ..Entry::from(datastore) }
        })),
        Err(error) => failures.push(failure(&error, READ_DATASTORE, id)),
    }
    entries.sort_by_key(|entry| !entry.is_default);
    match machine_learning.list_connections(id).await {
        Ok(connections) => entries.extend(connections.into_iter().map(|connection| {
            let made_in = connection.made_in.as_ref().unwrap_or(id);
            let holds = held.by(made_in, CONNECTION, &connection.name);
            Entry { holds, ..Entry::from(connection) }
        })),
        Err(error) => failures.push(failure(&error, READ_CONNECTION, id)),
    }
    let inventory = WorkspaceInventory {
        workspace: id.to_string(),
        account: workspace.storage_account.as_ref().map(|account| account.name().to_string()),
        own_copy: held.own_copies.get(id).copied(),
        entries,
    };
    (inventory, failures)
}

impl From<Datastore> for Entry {
    fn from(datastore: Datastore) -> Self {
        Self {
            kind: DATASTORE,
            type_name: datastore.type_name().to_owned(),
            credential: datastore.credentials.to_string(),
            name: datastore.name,
            is_default: datastore.is_default,
            account: datastore.account_name,
            container: datastore.resource.map(name_of),
            holds: None,
        }
    }
}

impl From<Connection> for Entry {
    fn from(connection: Connection) -> Self {
        let account = connection.accounts().first().map(ToString::to_string);
        Self {
            kind: CONNECTION,
            type_name: connection.category,
            credential: connection.auth_type,
            name: connection.name,
            is_default: false,
            account,
            container: connection.resource.map(name_of),
            holds: None,
        }
    }
}

fn name_of(resource: StorageResource) -> String {
    match resource {
        StorageResource::Container(name) | StorageResource::Share(name) => name,
    }
}
