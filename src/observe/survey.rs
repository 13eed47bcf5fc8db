//! Who holds a key of the account: every workspace in every scope, page by page.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, join, stream};
use rotation::{
    Breadth, Cache, Disposition, Failure, Held, Obstacle, Run, Scope, SecretId, StorageAccountId, Survey,
    WorkspaceId, WorkspaceSeen,
};
use tracing::warn;

use super::connections::ConnectionId;
use super::other_secrets;
use super::sighting::{Sighting, Tracing};
use crate::azure::{AzureError, Connection, OwnIds, Workspace};
use crate::failure::{chain, failure};
use crate::rights::{
    REACH, READ_CACHE, READ_CONNECTION, READ_DATASTORE, READ_PERMISSIONS, READ_WORKSPACE, Right,
};
use crate::rotator::Rotator;

/// Workspaces, and secrets of one workspace, that are asked for at the same time.
pub(super) const AT_ONCE: usize = 64;

/// A survey whose latest holders still wait for the keys.
pub(super) struct Surveyed {
    survey: Survey,
    sightings: Vec<Sighting>,
}

impl Surveyed {
    /// The survey with what each holder holds. Whatever was not to be seen just now brings the message back.
    pub(super) fn trace(self, tracing: &Tracing<'_>, run: &mut Run) -> Survey {
        let Self { mut survey, sightings } = self;
        survey.holders.extend(sightings.into_iter().map(|sighting| sighting.trace(tracing)));
        let lists = survey.hidden.iter().filter_map(|hidden| match hidden {
            Obstacle::Unseen(what) => Some(what),
            _ => None,
        });
        let holders = survey.holders.iter().filter_map(|holder| match &holder.held {
            Held::Unseen(what) => Some(what),
            _ => None,
        });
        run.extend(lists.chain(holders).map(|what| Failure::new(what, Disposition::Retry)));
        survey
    }
}

/// Looks for everything that holds or may hold a key of `account`.
pub(super) async fn whole(
    rotator: &Rotator,
    target: &SecretId,
    account: &StorageAccountId,
    run: &mut Run,
) -> Result<Surveyed, Failure> {
    let own_ids = rotator.azure.own_ids().await.map_err(|error| failure(&error, READ_WORKSPACE, account))?;
    let mut survey = Survey { breadth: Breadth::Whole, ..Survey::none() };
    // A workspace may lie in more than one scope.
    let mut workspaces = BTreeMap::new();
    for scope in rotator.scopes_of(account) {
        let found = list_workspaces(rotator, &scope, &mut survey.hidden).await?;
        workspaces.extend(found.into_iter().map(|workspace| (workspace.id.clone(), workspace)));
        survey.scopes.push(scope);
    }
    let search = Search { rotator, account, own_ids, workspaces: &workspaces };
    survey.searched = workspaces.keys().cloned().collect();
    survey.other_secrets = other_secrets::tagged(rotator, target, account, &mut survey.hidden).await?;
    // The futures are made before they are polled: a closure that the stream calls would not be `Send` for all lifetimes.
    let searches: Vec<_> = workspaces.values().map(|workspace| search.workspace(workspace)).collect();
    let found: Vec<Found> = stream::iter(searches).buffered(AT_ONCE).collect().await;
    let (mut sightings, mut connections) = (Vec::new(), BTreeMap::new());
    for found in found {
        survey.hidden.extend(found.hidden);
        survey.workspaces.extend(found.workspace);
        sightings.extend(found.datastores);
        connections.extend(found.connections);
        run.extend(found.failure);
    }
    sightings.extend(search.connections(connections).await);
    Ok(Surveyed { survey, sightings })
}

/// What was seen before in this run, and anew the caches of the workspaces that were written since.
pub(super) async fn narrow(
    rotator: &Rotator,
    before: Option<&Survey>,
    written: &BTreeSet<WorkspaceId>,
    run: &mut Run,
) -> Surveyed {
    let Some(before) = before else {
        return Surveyed { survey: Survey::none(), sightings: Vec::new() };
    };
    let mut survey = Survey { breadth: Breadth::Narrow, ..before.clone() };
    let again: Vec<_> =
        survey.workspaces.iter_mut().filter(|workspace| written.contains(&workspace.id)).collect();
    let looks: Vec<_> = again.iter().map(|workspace| see_cache(rotator, &workspace.id)).collect();
    let seen: Vec<_> = stream::iter(looks).buffered(AT_ONCE).collect().await;
    for (workspace, (cache, failure)) in again.into_iter().zip(seen) {
        workspace.cache = cache;
        run.extend(failure);
    }
    Surveyed { survey, sightings: Vec::new() }
}

/// What was found in one workspace.
#[derive(Default)]
struct Found {
    /// What may be hidden there.
    hidden: Vec<Obstacle>,
    /// The workspace itself, if the account is its storage.
    workspace: Option<WorkspaceSeen>,
    datastores: Vec<Sighting>,
    /// The connections that it lists, whatever workspace made them.
    connections: Vec<(ConnectionId, Connection)>,
    /// What was not to be seen, and hides no holder.
    failure: Option<Failure>,
}

/// A search for whoever holds a key of one account.
pub(super) struct Search<'a> {
    pub(super) rotator: &'a Rotator,
    pub(super) account: &'a StorageAccountId,
    /// The ids by which Azure names us as a writer.
    pub(super) own_ids: &'a OwnIds,
    /// Every workspace that is searched.
    pub(super) workspaces: &'a BTreeMap<WorkspaceId, Workspace>,
}

impl Search<'_> {
    async fn workspace(&self, workspace: &Workspace) -> Found {
        let id = &workspace.id;
        let mut found = Found::default();
        let machine_learning = &self.rotator.azure.machine_learning;
        let cache = async {
            let is_its_own = self.storage_account(workspace) == Some(self.account);
            if is_its_own { Some(see_cache(self.rotator, id).await) } else { None }
        };
        let datastores = async {
            let listed = machine_learning.list_datastores(id).await?;
            Ok::<_, AzureError>(self.datastores(id, listed).await)
        };
        let (cache, datastores, connections) =
            join!(cache, datastores, machine_learning.list_connections(id));
        if let Some((cache, failure)) = cache {
            found.workspace = Some(WorkspaceSeen { id: id.clone(), cache });
            found.failure = failure;
        }
        match datastores {
            Ok(datastores) => found.datastores = datastores,
            Err(error) => found.hidden.push(hidden(&error, READ_DATASTORE, id)),
        }
        match connections {
            Ok(connections) => found.connections = self.named(id, connections).collect(),
            Err(error) => found.hidden.push(hidden(&error, READ_CONNECTION, id)),
        }
        found
    }

    /// The account that a workspace keeps its own data in; a project that names none works with that of its hub.
    fn storage_account<'a>(&'a self, workspace: &'a Workspace) -> Option<&'a StorageAccountId> {
        let hub = || self.workspaces.get(workspace.hub.as_ref()?)?.storage_account.as_ref();
        workspace.storage_account.as_ref().or_else(hub)
    }
}

/// The workspaces that are seen at a scope. What may be hidden there is pushed on `hidden`.
async fn list_workspaces(
    rotator: &Rotator,
    scope: &Scope,
    hidden: &mut Vec<Obstacle>,
) -> Result<Vec<Workspace>, Failure> {
    let azure = &rotator.azure;
    let (missing, listed) =
        join!(azure.permissions.missing(scope, &REACH), azure.machine_learning.list_workspaces(scope));
    let mut missing_permissions = match missing {
        Ok(missing) => missing,
        Err(error) if error.is_passing() => {
            hidden.push(Obstacle::Unseen(chain(&error)));
            Vec::new()
        }
        Err(error) => return Err(failure(&error, READ_PERMISSIONS, scope)),
    };
    let listed = match listed {
        Ok(workspaces) => workspaces,
        Err(error) if error.is_forbidden() => {
            // A deny assignment, or a role that has not arrived everywhere, is not in the list of permissions.
            if !missing_permissions.iter().any(|action| action == READ_WORKSPACE.action) {
                missing_permissions.push(READ_WORKSPACE.action.to_owned());
            }
            Vec::new()
        }
        Err(error) if error.is_passing() => {
            hidden.push(Obstacle::Unseen(chain(&error)));
            Vec::new()
        }
        Err(error) => return Err(failure(&error, READ_WORKSPACE, scope)),
    };
    if !missing_permissions.is_empty() {
        hidden.push(Obstacle::ReachUnproven { scope: scope.clone(), missing_permissions });
    }
    Ok(listed)
}

/// A workspace's own copy of a key. One that cannot be read counts as settled, and never blocks; a fault that passes
/// brings the message back, so that a dead key there is not overlooked.
async fn see_cache(rotator: &Rotator, workspace: &WorkspaceId) -> (Cache, Option<Failure>) {
    match rotator.azure.machine_learning.cached_storage_key(workspace).await {
        Ok(Some(key)) => (Cache::Holds(rotator.fingerprint_key.fingerprint(&key)), None),
        Ok(None) => (Cache::Unknown, None),
        Err(error) if error.is_passing() => (Cache::Unknown, Some(failure(&error, READ_CACHE, workspace))),
        Err(error) => {
            let failure = failure(&error, READ_CACHE, workspace);
            match failure.disposition.hint() {
                Some(hint) => warn!(step = "look", workspace = %workspace, %hint, "{failure}; hint: {hint}"),
                None => warn!(step = "look", workspace = %workspace, "{failure}"),
            }
            (Cache::Unknown, None)
        }
    }
}

/// A list that was not to be had hides whatever it would have held. The workspace was listed moments ago: if it is gone by
/// now, the next look does not list it.
fn hidden(error: &AzureError, right: Right, workspace: &WorkspaceId) -> Obstacle {
    let scope = Scope::Workspace(workspace.clone());
    if error.is_forbidden() {
        Obstacle::ReachUnproven { scope, missing_permissions: vec![right.action.to_owned()] }
    } else if error.is_passing() || error.is_not_found() {
        Obstacle::Unseen(chain(error))
    } else {
        Obstacle::NotListed { scope, why: chain(error) }
    }
}
