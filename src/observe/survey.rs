//! Who holds a key of the account: every workspace in every scope, page by page.

use futures::{StreamExt, TryStreamExt, stream};
use rotation::{
    Breadth, Cache, Failure, Held, Holder, HolderId, HolderKind, LastWrite, Scope, ScopeSeen, StorageAccountId, Survey,
    WorkspaceId, WorkspaceSeen,
};

use crate::Rotator;
use crate::apply::Written;
use crate::azure::{AzureError, Connection, CredentialsType, Datastore, DatastoreSecret, LastModified, Workspace};
use crate::failure::failure;
use crate::rights::{REACH, READ_CONNECTION, READ_DATASTORE, READ_PERMISSIONS, READ_WORKSPACE, Right};

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
    let found: Vec<Found> = stream::iter(&workspaces)
        .map(|workspace| search.workspace(workspace))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut survey = Survey { breadth: Breadth::Whole, scopes: Vec::new(), workspaces: Vec::new(), holders: Vec::new() };
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
    let holders: Vec<Option<Holder>> = stream::iter(survey.holders)
        .map(|holder| async {
            if !written.holders.contains(&holder.id) {
                return Ok::<_, Failure>(Some(holder));
            }
            Ok(held(rotator, &holder.id.workspace, &holder.id.name).await?.map(|held| Holder { held, ..holder }))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    survey.holders = holders.into_iter().flatten().collect();
    Ok(survey)
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
    own_ids: Vec<String>,
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
            Ok(connections) => found.holders.extend(connections.iter().filter_map(|each| self.connection(id, each))),
            Err(error) => found.hidden.extend(hidden(&error, READ_CONNECTION, id)?),
        }
        Ok(found)
    }

    async fn datastores(&self, workspace: &WorkspaceId, datastores: Vec<Datastore>) -> Result<Vec<Holder>, Failure> {
        let holders: Vec<Option<Holder>> = stream::iter(datastores)
            .filter(|datastore| std::future::ready(self.is_on_the_account(datastore)))
            .map(|datastore| self.datastore(workspace, datastore))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(holders.into_iter().flatten().collect())
    }

    /// Names of storage accounts are unique in a cloud.
    fn is_on_the_account(&self, datastore: &Datastore) -> bool {
        datastore.account_name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(self.account.name().as_str()))
    }

    async fn datastore(&self, workspace: &WorkspaceId, datastore: Datastore) -> Result<Option<Holder>, Failure> {
        let (kind, held) = match datastore.credentials {
            CredentialsType::AccountKey => match held(self.rotator, workspace, &datastore.name).await? {
                Some(held) => (HolderKind::Datastore, held),
                None => return Ok(None),
            },
            CredentialsType::Sas => (HolderKind::SasDatastore, Held::EitherKey),
            // Service principals, certificates, identities and what we do not know hold no key of an account.
            _ => return Ok(None),
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
        let ours = self.own_ids.iter().any(|own| own.eq_ignore_ascii_case(&by));
        LastWrite { at: modified.at, by, ours }
    }

    fn connection(&self, workspace: &WorkspaceId, connection: &Connection) -> Option<Holder> {
        if !connection.holds_a_storage_key() {
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

/// What an account-key datastore holds; `None` when it holds no account key any more, or is gone.
async fn held(rotator: &Rotator, workspace: &WorkspaceId, name: &str) -> Result<Option<Held>, Failure> {
    match rotator.azure.machine_learning.datastore_secret(workspace, name).await {
        Ok(DatastoreSecret::AccountKey(key)) => Ok(Some(Held::Value(rotator.fingerprint_key.fingerprint(&key)))),
        Ok(DatastoreSecret::Sas(_) | DatastoreSecret::Other(_)) => {
            Ok(Some(Held::Unreadable("it answers with another kind of secret".to_owned())))
        }
        Err(error) if error.is_passing() => Err(failure(&error, READ_DATASTORE, workspace)),
        // The datastore's own entry in the workspace's key vault may be gone, and the datastore still be there.
        Err(error) => Ok(Some(Held::Unreadable(error.to_string()))),
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
