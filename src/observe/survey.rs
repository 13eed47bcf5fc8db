//! Who holds a key of the account: every workspace in every scope, page by page.

use futures::{StreamExt, TryStreamExt, stream};
use rotation::{
    Breadth, Cache, Failure, Held, Holder, HolderId, HolderKind, LastWrite, Scope, ScopeSeen,
    StorageAccountId, Survey, WorkspaceId, WorkspaceSeen,
};
use tracing::warn;

use crate::Rotator;
use crate::apply::Written;
use crate::azure::{
    AzureError, Connection, CredentialsType, Datastore, DatastoreSecret, LastModified, OwnIds, Workspace,
};
use crate::failure::{chain, failure};
use crate::rights::{REACH, READ_CONNECTION, READ_DATASTORE, READ_PERMISSIONS, READ_WORKSPACE, Right};

/// The types of datastore that are known to take another account key.
const MOVABLE_TYPES: [&str; 3] = ["AzureBlob", "AzureFile", "AzureDataLakeGen2"];
/// The categories of connection that may hold a key of a storage account, and how.
const STORAGE_CATEGORIES: [&str; 4] = ["AzureBlob", "ADLSGen2", "AzureStorageAccount", "AzureTableStorage"];
const KEY_AUTH_TYPES: [&str; 2] = ["AccountKey", "SAS"];

/// Workspaces, and secrets of one workspace, that are asked for at the same time.
const AT_ONCE: usize = 8;

/// Looks for everything that holds or may hold a key of `account`.
pub(super) async fn whole(rotator: &Rotator, account: &StorageAccountId) -> Result<Survey, Failure> {
    let own_ids = rotator.azure.own_ids().await.map_err(|error| failure(&error, READ_WORKSPACE, account))?;
    let search = Search { rotator, account, own_ids };
    let scope = Scope::Subscription(account.subscription().clone());
    let missing_permissions = rotator
        .azure
        .permissions
        .missing(&scope, &REACH)
        .await
        .map_err(|error| failure(&error, READ_PERMISSIONS, &scope))?;
    let mut scopes = vec![ScopeSeen { scope: scope.clone(), missing_permissions }];
    let workspaces = match rotator.azure.machine_learning.list_workspaces(&scope).await {
        Ok(workspaces) => workspaces,
        // Said by the missing permission already.
        Err(error) if error.is_forbidden() => Vec::new(),
        Err(error) => return Err(failure(&error, READ_WORKSPACE, &scope)),
    };
    // The futures are made before they are polled: a closure that the stream calls would not be `Send` for all lifetimes.
    let searches: Vec<_> = workspaces.iter().map(|workspace| search.workspace(workspace)).collect();
    let found: Vec<Found> = stream::iter(searches).buffered(AT_ONCE).try_collect().await?;
    let mut survey =
        Survey { breadth: Breadth::Whole, scopes: Vec::new(), workspaces: Vec::new(), holders: Vec::new() };
    for found in found {
        scopes.extend(found.hidden);
        survey.workspaces.extend(found.workspace);
        survey.holders.extend(found.holders);
    }
    survey.scopes = scopes;
    Ok(survey)
}

/// What was seen before in this run, and anew what was written since.
pub(super) async fn narrow(
    rotator: &Rotator,
    before: Option<&Survey>,
    written: &Written,
) -> Result<Survey, Failure> {
    let Some(before) = before else {
        return Ok(Survey::none());
    };
    let mut survey = Survey { breadth: Breadth::Narrow, ..before.clone() };
    for workspace in &mut survey.workspaces {
        if written.workspaces.contains(&workspace.id) {
            workspace.cache = cache(rotator, &workspace.id).await?;
        }
    }
    let looks: Vec<_> =
        survey.holders.into_iter().map(|holder| look_again_at(rotator, written, holder)).collect();
    survey.holders = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
    Ok(survey)
}

async fn look_again_at(rotator: &Rotator, written: &Written, holder: Holder) -> Result<Holder, Failure> {
    if !written.holders.contains(&holder.id) {
        return Ok(holder);
    }
    let held = held(rotator, &holder.id.workspace, &holder.id.name).await?;
    Ok(Holder { held, ..holder })
}

/// What was found in one workspace.
#[derive(Default)]
struct Found {
    /// What may be hidden there.
    hidden: Vec<ScopeSeen>,
    /// The workspace itself, if the account is its storage.
    workspace: Option<WorkspaceSeen>,
    holders: Vec<Holder>,
}

struct Search<'a> {
    rotator: &'a Rotator,
    account: &'a StorageAccountId,
    /// The ids by which Azure names us as a writer.
    own_ids: &'a OwnIds,
}

impl Search<'_> {
    async fn workspace(&self, workspace: &Workspace) -> Result<Found, Failure> {
        let mut found = Found::default();
        let id = &workspace.id;
        if workspace.storage_account.as_ref() == Some(self.account) {
            found.workspace = Some(WorkspaceSeen { id: id.clone(), cache: cache(self.rotator, id).await? });
        }
        let machine_learning = &self.rotator.azure.machine_learning;
        match machine_learning.list_datastores(id).await {
            Ok(datastores) => found.holders = self.datastores(id, datastores).await?,
            Err(error) => found.hidden.extend(hidden(&error, READ_DATASTORE, id)?),
        }
        match machine_learning.list_connections(id).await {
            Ok(connections) => {
                found.holders.extend(connections.iter().filter_map(|each| self.connection(id, each)))
            }
            Err(error) => found.hidden.extend(hidden(&error, READ_CONNECTION, id)?),
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

    /// Names of storage accounts are unique in a cloud.
    fn is_on_the_account(&self, datastore: &Datastore) -> bool {
        datastore
            .account_name
            .as_ref()
            .is_some_and(|name| name.eq_ignore_ascii_case(self.account.name().as_str()))
    }

    async fn datastore(
        &self,
        workspace: &WorkspaceId,
        datastore: Datastore,
    ) -> Result<Option<Holder>, Failure> {
        let (kind, held) = match datastore.credentials {
            CredentialsType::AccountKey => {
                let movable = MOVABLE_TYPES.contains(&datastore.datastore_type.as_str());
                let kind = if movable { HolderKind::Datastore } else { HolderKind::UnknownDatastore };
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
        let one_of = |names: &[&str], name: &str| names.iter().any(|each| each.eq_ignore_ascii_case(name));
        if !one_of(&STORAGE_CATEGORIES, &connection.category)
            || !one_of(&KEY_AUTH_TYPES, &connection.auth_type)
        {
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

/// A workspace's own copy of a key. One that cannot be read counts as settled, and never blocks.
async fn cache(rotator: &Rotator, workspace: &WorkspaceId) -> Result<Cache, Failure> {
    match rotator.azure.machine_learning.cached_storage_key(workspace).await {
        Ok(Some(key)) => Ok(Cache::Holds(rotator.fingerprint_key.fingerprint(&key))),
        Ok(None) => Ok(Cache::Unknown),
        Err(error) if error.is_passing() => Err(failure(&error, READ_WORKSPACE, workspace)),
        Err(_) => Ok(Cache::Unknown),
    }
}

/// What an account-key datastore holds.
async fn held(rotator: &Rotator, workspace: &WorkspaceId, name: &str) -> Result<Held, Failure> {
    match rotator.azure.machine_learning.datastore_secret(workspace, name).await {
        Ok(DatastoreSecret::AccountKey(key)) => Ok(Held::Value(rotator.fingerprint_key.fingerprint(&key))),
        Ok(DatastoreSecret::Sas(_) | DatastoreSecret::Other(_)) => {
            Ok(Held::Unreadable("it answers with another kind of secret".to_owned()))
        }
        Err(error) if error.is_passing() => Err(failure(&error, READ_DATASTORE, workspace)),
        // Not found may also mean that its entry in the workspace's key vault is gone, while the datastore is there.
        Err(error) => Ok(Held::Unreadable(chain(&error))),
    }
}

/// Whatever a list was refused for hides holders, unless the workspace itself went away meanwhile.
fn hidden(error: &AzureError, right: Right, workspace: &WorkspaceId) -> Result<Option<ScopeSeen>, Failure> {
    if error.is_not_found() {
        Ok(None)
    } else if error.is_forbidden() {
        let scope = Scope::Workspace(workspace.clone());
        Ok(Some(ScopeSeen { scope, missing_permissions: vec![right.action.to_owned()] }))
    } else {
        Err(failure(error, right, workspace))
    }
}
