//! Who holds a key of the account: every workspace in every scope, page by page.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};
use rotation::{
    Breadth, Cache, Failure, Held, Holder, HolderId, HolderKind, LastWrite, Obstacle, Run, Scope, SecretId,
    StorageAccountId, Survey, WorkspaceId, WorkspaceSeen,
};
use tracing::warn;

use super::other_secrets;
use crate::azure::{
    AzureError, Connection, CredentialsType, Datastore, DatastoreSecret, LastModified, OwnIds, Workspace,
};
use crate::failure::{chain, failure};
use crate::rights::{
    REACH, READ_CACHE, READ_CONNECTION, READ_DATASTORE, READ_PERMISSIONS, READ_WORKSPACE, Right,
};
use crate::rotator::Rotator;

/// Workspaces, and secrets of one workspace, that are asked for at the same time.
const AT_ONCE: usize = 8;

/// Looks for everything that holds or may hold a key of `account`.
pub(super) async fn whole(
    rotator: &Rotator,
    target: &SecretId,
    account: &StorageAccountId,
    run: &mut Run,
) -> Result<Survey, Failure> {
    let own_ids = rotator.azure.own_ids().await.map_err(|error| failure(&error, READ_WORKSPACE, account))?;
    let search = Search { rotator, account, own_ids };
    let scope = Scope::Subscription(account.subscription().clone());
    let mut survey = Survey { breadth: Breadth::Whole, ..Survey::none() };
    let (missing_permissions, workspaces) = search.list_workspaces(&scope).await?;
    if !missing_permissions.is_empty() {
        survey.hidden.push(Obstacle::ReachUnproven { scope: scope.clone(), missing_permissions });
    }
    survey.scopes.push(scope);
    survey.other_secrets = other_secrets::find(rotator, target, account, &mut survey.hidden).await?;
    // The futures are made before they are polled: a closure that the stream calls would not be `Send` for all lifetimes.
    let searches: Vec<_> = workspaces.iter().map(|workspace| search.workspace(workspace)).collect();
    let found: Vec<Found> = stream::iter(searches).buffered(AT_ONCE).try_collect().await?;
    for found in found {
        survey.hidden.extend(found.hidden);
        survey.workspaces.extend(found.workspace);
        survey.holders.extend(found.holders);
        run.extend(found.failure);
    }
    Ok(survey)
}

/// What was seen before in this run, and anew the caches of the workspaces that were written since.
pub(super) async fn narrow(
    rotator: &Rotator,
    before: Option<&Survey>,
    written: &BTreeSet<WorkspaceId>,
    run: &mut Run,
) -> Survey {
    let Some(before) = before else {
        return Survey::none();
    };
    let mut survey = Survey { breadth: Breadth::Narrow, ..before.clone() };
    for workspace in survey.workspaces.iter_mut().filter(|workspace| written.contains(&workspace.id)) {
        let (cache, failure) = see_cache(rotator, &workspace.id).await;
        workspace.cache = cache;
        run.extend(failure);
    }
    survey
}

/// What was found in one workspace.
#[derive(Default)]
struct Found {
    /// What may be hidden there.
    hidden: Vec<Obstacle>,
    /// The workspace itself, if the account is its storage.
    workspace: Option<WorkspaceSeen>,
    holders: Vec<Holder>,
    /// What was not to be seen, and hides no holder.
    failure: Option<Failure>,
}

struct Search<'a> {
    rotator: &'a Rotator,
    account: &'a StorageAccountId,
    /// The ids by which Azure names us as a writer.
    own_ids: &'a OwnIds,
}

impl Search<'_> {
    /// The permissions that are missing at a scope, and the workspaces that are seen there.
    async fn list_workspaces(&self, scope: &Scope) -> Result<(Vec<String>, Vec<Workspace>), Failure> {
        let azure = &self.rotator.azure;
        let missing = azure.permissions.missing(scope, &REACH).await;
        let mut missing = missing.map_err(|error| failure(&error, READ_PERMISSIONS, scope))?;
        match azure.machine_learning.list_workspaces(scope).await {
            Ok(workspaces) => Ok((missing, workspaces)),
            Err(error) if error.is_forbidden() => {
                // A deny assignment, or a role that has not arrived everywhere, is not in the list of permissions.
                if !missing.iter().any(|action| action == READ_WORKSPACE.action) {
                    missing.push(READ_WORKSPACE.action.to_owned());
                }
                Ok((missing, Vec::new()))
            }
            Err(error) => Err(failure(&error, READ_WORKSPACE, scope)),
        }
    }

    async fn workspace(&self, workspace: &Workspace) -> Result<Found, Failure> {
        let mut found = Found::default();
        let id = &workspace.id;
        if workspace.storage_account.as_ref() == Some(self.account) {
            let (cache, failure) = see_cache(self.rotator, id).await;
            found.workspace = Some(WorkspaceSeen { id: id.clone(), cache });
            found.failure = failure;
        }
        let machine_learning = &self.rotator.azure.machine_learning;
        match machine_learning.list_datastores(id).await {
            Ok(datastores) => found.holders = self.datastores(id, datastores).await?,
            Err(error) => found.hidden.push(hidden(&error, READ_DATASTORE, id)?),
        }
        match machine_learning.list_connections(id).await {
            Ok(connections) => {
                found.holders.extend(connections.iter().filter_map(|each| self.connection(id, each)));
            }
            Err(error) => found.hidden.push(hidden(&error, READ_CONNECTION, id)?),
        }
        Ok(found)
    }

    async fn datastores(
        &self,
        workspace: &WorkspaceId,
        datastores: Vec<Datastore>,
    ) -> Result<Vec<Holder>, Failure> {
        let ours = datastores.into_iter().filter(|datastore| self.is_on_the_account(datastore));
        let looks: Vec<_> = ours.map(|datastore| self.datastore(workspace, datastore)).collect();
        let holders: Vec<Option<Holder>> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
        Ok(holders.into_iter().flatten().collect())
    }

    /// Names of storage accounts are unique in a cloud. A datastore that names none may be on any.
    fn is_on_the_account(&self, datastore: &Datastore) -> bool {
        datastore
            .account_name
            .as_ref()
            .is_none_or(|name| name.eq_ignore_ascii_case(self.account.name().as_str()))
    }

    async fn datastore(
        &self,
        workspace: &WorkspaceId,
        datastore: Datastore,
    ) -> Result<Option<Holder>, Failure> {
        let (kind, held) = match datastore.credentials {
            CredentialsType::AccountKey => {
                let kind = if datastore.account_name.is_some() && datastore.takes_account_key() {
                    HolderKind::Datastore
                } else {
                    HolderKind::UnknownDatastore
                };
                (kind, held(self.rotator, workspace, &datastore.name).await?)
            }
            CredentialsType::Sas => (HolderKind::SasDatastore, Held::EitherKey),
            // These hold no key of an account.
            CredentialsType::None | CredentialsType::ServicePrincipal | CredentialsType::Certificate => {
                return Ok(None);
            }
            CredentialsType::Other(unknown) => {
                let name = &datastore.name;
                warn!(
                    step = "look",
                    "left datastore `{name}` of {workspace} alone: its credentials are `{unknown}`"
                );
                return Ok(None);
            }
        };
        Ok(Some(Holder {
            id: HolderId { workspace: workspace.clone(), kind, name: datastore.name },
            is_default: datastore.is_default,
            held,
            last_write: datastore.last_modified.map(|modified| self.last_write(modified)),
        }))
    }

    fn last_write(&self, modified: LastModified) -> LastWrite {
        let by = modified.by.unwrap_or_else(|| "somebody".to_owned());
        let ours = self.own_ids.contains(&by);
        LastWrite { at: modified.at, by, ours }
    }

    fn connection(&self, workspace: &WorkspaceId, connection: &Connection) -> Option<Holder> {
        if !connection.may_hold_storage_key() {
            return None;
        }
        // One that names no account may be on any.
        let elsewhere = |name: &String| !name.eq_ignore_ascii_case(self.account.name().as_str());
        if connection.account_name.as_ref().is_some_and(elsewhere) {
            return None;
        }
        let id = HolderId {
            workspace: workspace.clone(),
            kind: HolderKind::Connection,
            name: connection.name.clone(),
        };
        Some(Holder { id, is_default: false, held: Held::EitherKey, last_write: None })
    }
}

/// A workspace's own copy of a key. One that cannot be read counts as settled, and never blocks; a fault that passes
/// brings the message back, so that a dead key there is not overlooked.
async fn see_cache(rotator: &Rotator, workspace: &WorkspaceId) -> (Cache, Option<Failure>) {
    match rotator.azure.machine_learning.cached_storage_key(workspace).await {
        Ok(Some(key)) => (Cache::Holds(rotator.fingerprint_key.fingerprint(&key)), None),
        Ok(None) => (Cache::Unknown, None),
        Err(error) if error.is_passing() => (Cache::Unknown, Some(failure(&error, READ_CACHE, workspace))),
        Err(error) => {
            warn!(step = "look", workspace = %workspace, "{}", chain(&error));
            (Cache::Unknown, None)
        }
    }
}

/// What an account-key datastore holds.
async fn held(rotator: &Rotator, workspace: &WorkspaceId, name: &str) -> Result<Held, Failure> {
    match rotator.azure.machine_learning.datastore_secret(workspace, name).await {
        Ok(DatastoreSecret::AccountKey(key)) => Ok(Held::Value(rotator.fingerprint_key.fingerprint(&key))),
        Ok(DatastoreSecret::Other) => {
            Ok(Held::Unreadable("it answers with another kind of secret".to_owned()))
        }
        Err(error) if error.is_passing() => Err(failure(&error, READ_DATASTORE, workspace)),
        // Not found may also mean that its entry in the workspace's key vault is gone, while the datastore is there.
        Err(error) => Ok(Held::Unreadable(chain(&error))),
    }
}

/// A list that was refused for good hides whatever it would have held. The workspace was listed moments ago: if it is
/// gone by now, the next look does not list it.
fn hidden(error: &AzureError, right: Right, workspace: &WorkspaceId) -> Result<Obstacle, Failure> {
    let scope = Scope::Workspace(workspace.clone());
    if error.is_forbidden() {
        Ok(Obstacle::ReachUnproven { scope, missing_permissions: vec![right.action.to_owned()] })
    } else if error.is_passing() || error.is_not_found() {
        Err(failure(error, right, workspace))
    } else {
        Ok(Obstacle::NotListed { scope, why: chain(error) })
    }
}
