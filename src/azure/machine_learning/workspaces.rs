//! Workspaces, and the copy of a storage key that each keeps for itself.

use rotation::{Scope, StorageAccountId, WorkspaceId};
use serde::Deserialize;

use super::{API, MachineLearning};
use crate::azure::access_key::AccessKey;
use crate::azure::arm::Call;
use crate::azure::error::{Attempting, AzureError, Cause};

/// A workspace, hub or project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workspace {
    /// Which.
    pub(crate) id: WorkspaceId,
    /// The account that it keeps its own data in, which never changes.
    pub(crate) storage_account: Option<StorageAccountId>,
    /// The hub that a project belongs to, whose account is its own as well.
    pub(crate) hub: Option<WorkspaceId>,
}

#[derive(Deserialize)]
struct WorkspaceJson {
    id: String,
    #[serde(default)]
    properties: WorkspaceProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorkspaceProperties {
    storage_account: Option<String>,
    hub_resource_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StorageKeysJson {
    user_storage_key: Option<AccessKey>,
}

impl TryFrom<WorkspaceJson> for Workspace {
    type Error = Cause;

    fn try_from(WorkspaceJson { id, properties }: WorkspaceJson) -> Result<Self, Cause> {
        Ok(Self {
            id: id.parse().map_err(|error: rotation::NotAResourceId| Cause::Malformed(error.to_string()))?,
            storage_account: properties.storage_account.and_then(|account| account.parse().ok()),
            hub: properties.hub_resource_id.and_then(|hub| hub.parse().ok()),
        })
    }
}

impl MachineLearning {
    /// Lists the workspaces in a scope, as far as the identity may see them.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/read`. A workspace that does not exist is not
    /// found, where the scope is that workspace.
    pub(crate) async fn list_workspaces(&self, scope: &Scope) -> Result<Vec<Workspace>, AzureError> {
        let found: Result<Vec<WorkspaceJson>, Cause> = match scope {
            Scope::Workspace(workspace) => {
                self.arm.send(Call::get(workspace.to_string(), API)).await.map(|workspace| vec![workspace])
            }
            Scope::Subscription(_) | Scope::ResourceGroup { .. } => {
                let path = format!("{scope}/providers/{}", WorkspaceId::RESOURCE_TYPE);
                self.arm.list(Call::get(path, API)).await
            }
        };
        found
            .and_then(|workspaces| workspaces.into_iter().map(Workspace::try_from).collect())
            .attempting(|| format!("list the workspaces in `{scope}`"))
    }

    /// Makes a workspace read the keys of its account anew, and waits for it, up to 10 minutes.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/resynckeys/action`. When
    /// [`AzureError::is_not_watchable`], it was started, and [`Self::cached_storage_key`] shows when it is done.
    pub(crate) async fn resync_keys(&self, workspace: &WorkspaceId) -> Result<(), AzureError> {
        let call = Call::post(format!("{workspace}/resyncKeys"), API);
        self.arm.run(call).await.attempting(|| format!("resync the keys of workspace `{}`", workspace.name()))
    }

    /// Reads the storage key that a workspace has cached; `None` when it has none.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/listStorageAccountKeys/action`.
    pub(crate) async fn cached_storage_key(
        &self,
        workspace: &WorkspaceId,
    ) -> Result<Option<AccessKey>, AzureError> {
        let call = Call::post(format!("{workspace}/listStorageAccountKeys"), API);
        let answer = self.arm.send::<StorageKeysJson>(call).await;
        answer
            .map(|keys| keys.user_storage_key.filter(|key| !key.is_empty()))
            .attempting(|| format!("read the storage key that workspace `{}` has cached", workspace.name()))
    }
}
