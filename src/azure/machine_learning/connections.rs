//! Workspace connections, which may hold a storage key of their own, and how one is given another.

mod credentials;
mod target;
mod wire;

use rotation::{Name, WorkspaceId};

use self::credentials::Credentials;
pub(crate) use self::target::SignedTarget;
use super::moving::KeyHolder;
use super::new_key::NewSecret;
use super::{API, LastModified, MachineLearning, Moved, NewKey, StorageCredentials, StorageSecret, path_of};
use crate::azure::arm::{Call, Room};
use crate::azure::cloud::Cloud;
use crate::azure::error::{Attempting, AzureError};
use crate::azure::sas::StorageResource;

/// A connection of a workspace, without its credentials.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Its name in the workspace.
    pub(crate) name: String,
    /// What it leads to, as Azure names it.
    pub(crate) category: String,
    /// What kind of credentials it has, as Azure names it.
    pub(crate) auth_type: String,
    /// The storage accounts that its metadata and its target name: one, if all is well.
    accounts: Vec<Name>,
    /// The container or filesystem that it leads to.
    pub(crate) resource: Option<StorageResource>,
    /// The token in its target, if there is one.
    pub(crate) signed_target: Option<SignedTarget>,
    /// The workspace that made it. A project lists the connections that its hub shares with it, too.
    pub(crate) made_in: Option<WorkspaceId>,
    /// The last change, which is its creation if there was none since.
    pub(crate) last_modified: Option<LastModified>,
}

/// The categories of connection that lead to a storage account, and are known to take other credentials when they are
/// written.
const STORAGE_CATEGORIES: [&str; 4] = ["AzureBlob", "ADLSGen2", "AzureStorageAccount", "AzureTableStorage"];
/// The kinds of credentials that hold no key of a storage account.
const WITHOUT_KEY: [&str; 14] = [
    "None",
    "AAD",
    "ManagedIdentity",
    "ProjectManagedIdentity",
    "AccountManagedIdentity",
    "UserEntraToken",
    "AgentUserImpersonation",
    "AgenticIdentityToken",
    "AgenticUser",
    "ServicePrincipal",
    "OAuth2",
    "PAT",
    "UsernamePassword",
    "DelegatedSAS",
];

impl Connection {
    /// What it holds of a storage account's keys; `None` for all other connections.
    #[must_use]
    pub(crate) fn storage_credentials(&self) -> Option<StorageCredentials> {
        match self.auth_type.to_ascii_lowercase().as_str() {
            "accountkey" => Some(StorageCredentials::AccountKey),
            "sas" => Some(StorageCredentials::Sas),
            _ => None,
        }
    }

    /// Whether its credentials are of a kind in which nobody looks for a key of a storage account, and may hide one.
    #[must_use]
    pub(crate) fn may_hide_a_key(&self) -> bool {
        let holds_none = WITHOUT_KEY.iter().any(|kind| kind.eq_ignore_ascii_case(&self.auth_type));
        !holds_none && self.storage_credentials().is_none()
    }

    /// Whether it may lead to this account. One to storage that names no account may lead to any.
    #[must_use]
    pub(crate) fn may_lead_to(&self, account: &Name) -> bool {
        self.names(account) || self.accounts.is_empty() && self.is_to_storage()
    }

    /// The storage accounts that its metadata and its target name.
    #[must_use]
    pub(crate) fn accounts(&self) -> &[Name] {
        &self.accounts
    }

    /// Whether it names this account.
    #[must_use]
    pub(crate) fn names(&self, account: &Name) -> bool {
        self.accounts.contains(account)
    }

    /// Whether it leads to this account and no other, and is known to take other credentials by
    /// [`MachineLearning::move_connection`].
    #[must_use]
    pub(crate) fn is_clear(&self, account: &Name) -> bool {
        self.is_to_storage() && self.names(account) && self.accounts.iter().all(|named| named == account)
    }

    fn is_to_storage(&self) -> bool {
        STORAGE_CATEGORIES.iter().any(|each| each.eq_ignore_ascii_case(&self.category))
    }
}

impl KeyHolder for Connection {
    type Json = wire::Connection;
    type Secrets = wire::Secrets;
    type Credentials<'a> = Credentials<'a>;

    const COLLECTION: &'static str = "connections";
    const LIST_SECRETS: &'static str = "listsecrets";
    const READ_ONLY: &'static [&'static str] = &["createdByWorkspaceArmId", "group"];

    fn read(json: wire::Connection, cloud: &Cloud) -> Option<Self> {
        json.in_cloud(cloud)
    }

    fn takes(&self, holds: StorageCredentials, account: &Name) -> bool {
        self.storage_credentials() == Some(holds) && self.is_clear(account)
    }

    fn resource(&self) -> Option<&StorageResource> {
        self.resource.as_ref()
    }

    fn last_modified(&self) -> Option<&LastModified> {
        self.last_modified.as_ref()
    }

    fn credentials<'a>(secret: &'a NewSecret<'a>) -> Credentials<'a> {
        Credentials::of(secret)
    }

    fn put(path: &str) -> Call {
        Call::put(path, API)
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
        let call = Call::get(format!("{workspace}/{}", Connection::COLLECTION), API);
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
        let read =
            async { self.secret::<Connection>(&path_of(workspace, Connection::COLLECTION, name)?).await };
        read.await.attempting(|| format!("read the secret of {}", described(workspace, name)))
    }

    /// Gives a connection another key, or signs its token anew by it, and leaves everything else of it as it is. Written is
    /// one only that still leads to the account of the key and has credentials of the kind `holds`.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/connections/read` and `…/write`, and for a
    /// token `…/listsecrets/action`.
    pub(crate) async fn move_connection(
        &self,
        workspace: &WorkspaceId,
        name: &str,
        holds: StorageCredentials,
        new: &NewKey<'_>,
        room: Room,
    ) -> Result<Moved, AzureError> {
        let outcome = self.rewrite::<Connection>(workspace, name, holds, new, room).await;
        outcome.attempting(|| format!("give another key to {}", described(workspace, name)))
    }
}

fn described(workspace: &WorkspaceId, name: &str) -> String {
    format!("connection `{name}` of workspace `{}`", workspace.name())
}

#[cfg(test)]
mod tests;
