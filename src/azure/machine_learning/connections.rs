//! Workspace connections, which may hold a storage key of their own.

mod wire;

use rotation::{Name, WorkspaceId};

use super::{API, LastModified, MachineLearning, StorageSecret, path_of};
use crate::azure::arm::Call;
use crate::azure::error::{Attempting, AzureError};
use crate::azure::sas::StorageResource;

/// A connection of a workspace, without its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    /// Its name in the workspace.
    pub(crate) name: String,
    category: String,
    auth_type: String,
    /// The storage accounts that its metadata and its target name: one, if all is well.
    accounts: Vec<Name>,
    /// The container or filesystem that it leads to.
    pub(crate) resource: Option<StorageResource>,
    /// The last change, which is its creation if there was none since.
    pub(crate) last_modified: Option<LastModified>,
}

/// What a connection to a storage account holds of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StorageCredentials {
    /// An account key.
    AccountKey,
    /// A shared access signature.
    Sas,
}

/// Where the connections of a workspace are.
const COLLECTION: &str = "connections";
/// The categories of connection that lead to a storage account.
const STORAGE_CATEGORIES: [&str; 4] = ["AzureBlob", "ADLSGen2", "AzureStorageAccount", "AzureTableStorage"];

impl Connection {
    /// What it holds of a storage account's keys; `None` for all other connections.
    #[must_use]
    pub(crate) fn storage_credentials(&self) -> Option<StorageCredentials> {
        if !STORAGE_CATEGORIES.iter().any(|category| category.eq_ignore_ascii_case(&self.category)) {
            return None;
        }
        match self.auth_type.to_ascii_lowercase().as_str() {
            "accountkey" => Some(StorageCredentials::AccountKey),
            "sas" => Some(StorageCredentials::Sas),
            _ => None,
        }
    }

    /// Whether it may lead to this account. One that names none may lead to any.
    #[must_use]
    pub(crate) fn may_lead_to(&self, account: &Name) -> bool {
        self.accounts.is_empty() || self.accounts.contains(account)
    }
}

impl MachineLearning {
    /// Lists the connections of a workspace; those to storage of another cloud are left out, whose accounts may have the
    /// names of ours.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/connections/read`.
    pub(crate) async fn list_connections(
        &self,
        workspace: &WorkspaceId,
    ) -> Result<Vec<Connection>, AzureError> {
        let call = Call::get(format!("{workspace}/{COLLECTION}"), API);
        let answer = self.arm.list::<wire::Connection>(call).await;
        answer
            .map(|found| found.into_iter().filter_map(|each| each.in_cloud(&self.cloud)).collect())
            .attempting(|| format!("list the connections of workspace `{}`", workspace.name()))
    }

    /// Reads what a connection holds.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action`.
    pub(crate) async fn connection_secret(
        &self,
        workspace: &WorkspaceId,
        name: &str,
    ) -> Result<StorageSecret, AzureError> {
        let read = async {
            let path = path_of(workspace, COLLECTION, name)?;
            let secrets: wire::Secrets =
                self.arm.send(Call::post(format!("{path}/listsecrets"), API)).await?;
            StorageSecret::try_from(secrets)
        };
        read.await.attempting(|| {
            format!("read the secret of connection `{name}` of workspace `{}`", workspace.name())
        })
    }
}

#[cfg(test)]
mod tests;
