//! Azure, as far as this program needs it: adapters over the REST interfaces, and nothing else.
//!
//! Nobody outside of this module knows a URL, an api-version or a JSON shape of Azure, and nothing here knows why it
//! is called. Each adapter is one service: [`StorageAccounts`], [`MachineLearning`], [`KeyVaults`], [`Permissions`],
//! [`DataPlane`] and [`BlobLeases`]; [`Azure`] has them all, on one HTTP client and one credential, but for the leases
//! where the host's storage is entered otherwise. A deployed [`FunctionApp`] is asked by the commands alone.
//!
//! - Every request may be sent again after what passes by itself, a few times and with capped waits; only
//!   `regenerateKey` reaches the service once at most, and a new version of a secret is sent again only after what is
//!   certain to have made none.
//! - An [`AzureError`] says what was attempted, and its source why it failed: whether it was carried out is known, unless
//!   it [is uncertain](AzureError::is_uncertain).
//! - The value of a key is an [`AccessKey`], which cannot be printed; texts of the services are freed from anything
//!   that looks like one.

mod access_key;
mod arm;
mod blob_leases;
mod bounded;
mod cloud;
mod credential;
mod data_plane;
mod deadline;
mod error;
mod function_app;
mod host_storage;
mod http_client;
#[cfg(test)]
pub(crate) mod in_process;
mod key_vault;
mod machine_learning;
mod own_ids;
mod permissions;
mod redaction;
mod refusal;
mod retry;
mod sas;
mod shared_key;
mod signature;
mod storage_account;

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::{HttpClient, Transport};
use time::OffsetDateTime;
use tokio::sync::OnceCell;

pub(crate) use self::access_key::{AccessKey, FingerprintKey};
use self::arm::ArmClient;
pub(crate) use self::blob_leases::{Acquisition, BlobLeases, Renewal};
#[cfg(test)]
pub(crate) use self::bounded::Bounded;
pub(crate) use self::cloud::{Cloud, CloudNotDiscovered, CloudSettings};
pub(crate) use self::credential::{CredentialKind, CredentialSettings, NoCredential};
pub(crate) use self::data_plane::{DataPlane, Proof};
use self::error::Attempting;
#[cfg(test)]
use self::error::Cause;
pub(crate) use self::error::{AzureError, error_chain};
pub(crate) use self::function_app::{AppAddress, FunctionAnswer, FunctionApp, FunctionApps};
use self::host_storage::StorageAccess;
pub(crate) use self::host_storage::{HostStorage, StorageIdentity};
pub(crate) use self::http_client::HttpClientNotBuilt;
pub(crate) use self::key_vault::{KeyVaults, ListedSecret, ListedVersion, NewVersion, StoredSecret};
pub(crate) use self::machine_learning::{
    Connection, CredentialsType, Datastore, LastModified, MachineLearning, Moved, NewKey, SignedTarget,
    StorageCredentials, StorageSecret, Workspace,
};
pub(crate) use self::own_ids::OwnIds;
pub(crate) use self::permissions::Permissions;
pub(crate) use self::redaction::without_secrets;
#[cfg(test)]
pub(crate) use self::sas::Untraceable;
pub(crate) use self::sas::{SasToken, Signer, StorageResource};
pub(crate) use self::storage_account::{AccessKeys, StorageAccount, StorageAccounts};

/// All of Azure that this program talks to.
#[derive(Debug)]
pub(crate) struct Azure {
    /// Storage accounts and their keys.
    pub(crate) storage_accounts: StorageAccounts,
    /// Whether the storage data plane accepts a key.
    pub(crate) data_plane: DataPlane,
    /// Workspaces, datastores and connections.
    pub(crate) machine_learning: MachineLearning,
    /// Secrets.
    pub(crate) key_vaults: KeyVaults,
    /// What we may do.
    pub(crate) permissions: Permissions,
    /// Leases on the host's storage.
    pub(crate) leases: BlobLeases,
    cloud: Cloud,
    credential: Arc<dyn TokenCredential>,
    own_ids: OnceCell<OwnIds>,
}

/// Why there is no way to Azure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotConnected {
    /// There is no HTTP client.
    #[error(transparent)]
    HttpClient(#[from] HttpClientNotBuilt),
    /// There is no credential.
    #[error(transparent)]
    Credential(#[from] NoCredential),
    /// The cloud that was named does not say where it is.
    #[error(transparent)]
    Cloud(#[from] CloudNotDiscovered),
    /// The endpoints of the cloud are no addresses.
    #[error(transparent)]
    Client(#[from] AzureError),
}

impl Azure {
    /// Sets up the way to a cloud. Nothing is sent yet, but to a cloud that is to describe itself.
    ///
    /// # Errors
    ///
    /// See [`NotConnected`].
    pub(crate) async fn connect(
        cloud: &CloudSettings,
        credentials: &CredentialSettings,
        host_storage: &HostStorage,
        now: fn() -> OffsetDateTime,
    ) -> Result<Self, NotConnected> {
        let http = http_client::http_client(http_client::ANSWER_LIMIT)?;
        let cloud = cloud.resolve(&*http).await?;
        let transport = Transport::new(Arc::clone(&http));
        let credential = credential::credential(&cloud, &transport, credentials)?;
        let for_storage = match &host_storage.access {
            StorageAccess::Identity(identity) => {
                credential::storage_credential(&cloud, &transport, credentials, identity, &credential)?
            }
            StorageAccess::SharedKey { .. } => Arc::clone(&credential),
        };
        let leases = BlobLeases::new(&cloud, host_storage, transport, for_storage, now)?;
        Ok(Self::over(cloud, http, credential, leases)?)
    }

    /// The same over a given HTTP client and credential.
    pub(crate) fn over(
        cloud: Cloud,
        http: Arc<dyn HttpClient>,
        credential: Arc<dyn TokenCredential>,
        leases: BlobLeases,
    ) -> Result<Self, AzureError> {
        let transport = Transport::new(Arc::clone(&http));
        let arm = ArmClient::new(&cloud, &transport, Arc::clone(&credential))
            .attempting(|| format!("set up a client for the cloud `{}`", cloud.name))?;
        Ok(Self {
            storage_accounts: StorageAccounts::new(arm.clone(), cloud.clone()),
            data_plane: DataPlane::new(http),
            machine_learning: MachineLearning::new(arm.clone(), cloud.clone()),
            key_vaults: KeyVaults::new(cloud.clone(), transport, Arc::clone(&credential)),
            permissions: Permissions::new(arm),
            leases,
            cloud,
            credential,
            own_ids: OnceCell::new(),
        })
    }

    /// The cloud at the other end.
    #[must_use]
    pub(crate) const fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The ids of the identity that we act as, to be compared with the author of a change; asked for once.
    ///
    /// # Errors
    ///
    /// See [`AzureError`].
    pub(crate) async fn own_ids(&self) -> Result<&OwnIds, AzureError> {
        let read = async || OwnIds::of(&self.cloud, &*self.credential).await;
        self.own_ids.get_or_try_init(read).await.attempting(|| "find out who we are".to_owned())
    }
}
