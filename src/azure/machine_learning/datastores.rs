//! Datastores, what they hold, and how one is given another key.

mod credentials;
mod wire;

use std::fmt;

use rotation::{Name, WorkspaceId};

use self::credentials::Credentials;
use super::moving::KeyHolder;
use super::new_key::NewSecret;
use super::{API, LastModified, MachineLearning, Moved, NewKey, StorageCredentials, StorageSecret, path_of};
use crate::azure::arm::{Call, Room};
use crate::azure::cloud::Cloud;
use crate::azure::error::{Attempting, AzureError};
use crate::azure::sas::StorageResource;

/// A datastore, without its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Datastore {
    /// Its name in the workspace.
    pub(crate) name: String,
    datastore_type: String,
    /// The storage account.
    pub(crate) account_name: Option<String>,
    /// The container, filesystem or share.
    pub(crate) resource: Option<StorageResource>,
    /// What kind of credentials it holds.
    pub(crate) credentials: CredentialsType,
    /// Whether it is the default datastore of its workspace.
    pub(crate) is_default: bool,
    /// The last change, which is its creation if there was none since.
    pub(crate) last_modified: Option<LastModified>,
}

/// The types that are known to take other credentials when they are written.
const KNOWN_TYPES: [&str; 3] = ["AzureBlob", "AzureFile", "AzureDataLakeGen2"];

/// What kind of credentials a datastore holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CredentialsType {
    /// An account key.
    AccountKey,
    /// A shared access signature.
    Sas,
    /// Nothing: whoever reads it does so as itself.
    None,
    /// The secret of a service principal.
    ServicePrincipal,
    /// The certificate of a service principal.
    Certificate,
    /// Something that is not documented.
    Other(String),
}

impl fmt::Display for CredentialsType {
    /// As Azure names it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AccountKey => "AccountKey",
            Self::Sas => "Sas",
            Self::None => "None",
            Self::ServicePrincipal => "ServicePrincipal",
            Self::Certificate => "Certificate",
            Self::Other(name) => name,
        })
    }
}

impl Datastore {
    /// What it leads to, as Azure names it.
    #[must_use]
    pub(crate) fn type_name(&self) -> &str {
        &self.datastore_type
    }

    /// Whether it is of a type that is known to take other credentials by [`MachineLearning::move_datastore`].
    #[must_use]
    pub(crate) fn is_of_known_type(&self) -> bool {
        KNOWN_TYPES.iter().any(|each| each.eq_ignore_ascii_case(&self.datastore_type))
    }
}

impl KeyHolder for Datastore {
    type Json = wire::Datastore;
    type Secrets = wire::Secrets;
    type Credentials<'a> = Credentials<'a>;

    const COLLECTION: &'static str = "datastores";
    const LIST_SECRETS: &'static str = "listSecrets";
    const READ_ONLY: &'static [&'static str] = &["isDefault"];

    fn read(json: wire::Datastore, cloud: &Cloud) -> Option<Self> {
        json.in_cloud(cloud)
    }

    fn takes(&self, holds: StorageCredentials, account: &Name) -> bool {
        let credentials = match holds {
            StorageCredentials::AccountKey => CredentialsType::AccountKey,
            StorageCredentials::Sas => CredentialsType::Sas,
        };
        let is_on_account = self.account_name.as_deref().is_some_and(|name| Name::new(name) == *account);
        self.credentials == credentials && is_on_account && self.is_of_known_type()
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
        // The service would try the credentials itself, and fail where only a firewall stands between.
        Call::put(path, API).query("skipValidation", "true")
    }
}

impl MachineLearning {
    /// Lists the datastores of a workspace, as far as the identity may see them; those on storage of another cloud are
    /// left out, whose accounts may have the names of ours.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/datastores/read`.
    pub(crate) async fn list_datastores(
        &self,
        workspace: &WorkspaceId,
    ) -> Result<Vec<Datastore>, AzureError> {
        let path = format!("{workspace}/{}", Datastore::COLLECTION);
        let answer = self.arm.list::<wire::Datastore>(Call::get(path, API)).await;
        answer
            .map(|found| found.into_iter().filter_map(|each| each.in_cloud(&self.cloud)).collect())
            .attempting(|| format!("list the datastores of workspace `{}`", workspace.name()))
    }

    /// Reads what a datastore holds.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/datastores/listsecrets/action`. Not found also
    /// when the secret of the datastore is gone from the workspace's own vault.
    pub(crate) async fn datastore_secret(
        &self,
        workspace: &WorkspaceId,
        name: &str,
    ) -> Result<StorageSecret, AzureError> {
        let read =
            async { self.secret::<Datastore>(&path_of(workspace, Datastore::COLLECTION, name)?).await };
        read.await.attempting(|| format!("read the secret of {}", described(workspace, name)))
    }

    /// Gives a datastore another key, or signs its token anew by it, and leaves everything else of it as it is. Written is
    /// one only that still is on the account of the key and has credentials of the kind `holds`.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/datastores/read` and `…/write`, and for a token
    /// `…/listsecrets/action`.
    pub(crate) async fn move_datastore(
        &self,
        workspace: &WorkspaceId,
        name: &str,
        holds: StorageCredentials,
        new: &NewKey<'_>,
        room: Room,
    ) -> Result<Moved, AzureError> {
        let outcome = self.rewrite::<Datastore>(workspace, name, holds, new, room).await;
        outcome.attempting(|| format!("give another key to {}", described(workspace, name)))
    }
}

fn described(workspace: &WorkspaceId, name: &str) -> String {
    format!("datastore `{name}` of workspace `{}`", workspace.name())
}
