//! Key Vault secrets, through Azure's own client.

mod listing;
mod published_once;
mod same_origin;
mod vault;
mod version_name;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::http::Transport;
use azure_security_keyvault_secrets::ResourceExt;
use azure_security_keyvault_secrets::models::{
    Secret, SecretAttributes, SetSecretParameters, UpdateSecretPropertiesParameters,
};
use rotation::{Name, SecretId};
use time::OffsetDateTime;

pub(crate) use self::listing::{ListedSecret, ListedVersion};
use self::vault::Vault;
use self::version_name::{checked, version_of};
use super::access_key::AccessKey;
use super::cloud::Cloud;
use super::deadline::within;
use super::error::{Attempting, AzureError, Cause};

/// How long the answer to a write is waited for, all tries taken together. Whether a write that is late was carried out
/// is seen by reading.
const PUBLISH_LIMIT: Duration = Duration::from_secs(20);

/// The secrets of all vaults. Each vault has one client for as long as the process lives.
#[derive(Debug)]
pub(crate) struct KeyVaults {
    cloud: Cloud,
    transport: Transport,
    credential: Arc<dyn TokenCredential>,
    vaults: Mutex<BTreeMap<Name, Arc<Vault>>>,
}

/// A version of a secret.
#[derive(Debug)]
pub(crate) struct StoredSecret {
    /// The version's name.
    pub(crate) version: String,
    /// What it holds; whether that is a key is for the caller to see.
    pub(crate) value: AccessKey,
    /// Its tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// Its content type.
    pub(crate) content_type: Option<String>,
    /// When it was made.
    pub(crate) created: Option<OffsetDateTime>,
    /// When anything about it was last changed in place; when it was made, if nothing was.
    pub(crate) updated: Option<OffsetDateTime>,
    /// When it ends.
    pub(crate) expires: Option<OffsetDateTime>,
}

/// A version that is about to be made.
#[derive(Debug)]
pub(crate) struct NewVersion<'a> {
    /// What it shall hold.
    pub(crate) value: &'a AccessKey,
    /// Its tags; those of earlier versions are not carried over.
    pub(crate) tags: BTreeMap<String, String>,
    /// Its content type.
    pub(crate) content_type: Option<String>,
    /// When it ends, in whole seconds.
    pub(crate) expires: Option<OffsetDateTime>,
}

impl KeyVaults {
    pub(super) fn new(cloud: Cloud, transport: Transport, credential: Arc<dyn TokenCredential>) -> Self {
        Self { cloud, transport, credential, vaults: Mutex::default() }
    }

    /// Reads the current version of a secret.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]: not found (also when it was deleted), [`AzureError::is_secret_disabled`], forbidden
    /// (with `ForbiddenByRbac`, `ForbiddenByPolicy` or `ForbiddenByFirewall` as inner code). Needs
    /// `Microsoft.KeyVault/vaults/secrets/getSecret/action`.
    pub(crate) async fn get(&self, secret: &SecretId) -> Result<StoredSecret, AzureError> {
        let read = async {
            self.vault(secret.vault())?.read(secret.secret(), None).await.and_then(StoredSecret::try_from)
        };
        read.await.attempting(|| format!("read secret `{secret}`"))
    }

    /// Reads a version of a secret, current or not.
    ///
    /// # Errors
    ///
    /// As [`Self::get`].
    pub(crate) async fn get_version(
        &self,
        secret: &SecretId,
        version: &str,
    ) -> Result<StoredSecret, AzureError> {
        let read = async {
            let version = Some(checked(version)?);
            self.vault(secret.vault())?.read(secret.secret(), version).await.and_then(StoredSecret::try_from)
        };
        read.await.attempting(|| format!("read version `{version}` of secret `{secret}`"))
    }

    /// Makes a new version of a secret, with its value, tags, content type and expiry in one request, and gives
    /// its name. The secret itself need not exist. The request reaches the vault once, unless the vault is certain not to
    /// have carried it out.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; [`AzureError::is_soft_deleted`] when it was deleted, and [`AzureError::is_uncertain`] when no
    /// answer says whether the version was made, or none came within [`PUBLISH_LIMIT`]. Needs `Microsoft.KeyVault/vaults/secrets/setSecret/action`.
    pub(crate) async fn set(&self, secret: &SecretId, version: NewVersion<'_>) -> Result<String, AzureError> {
        let parameters = SetSecretParameters {
            value: Some(version.value.expose().to_owned()),
            tags: Some(version.tags.into_iter().collect()),
            content_type: version.content_type,
            secret_attributes: Some(ends_at(version.expires)),
        };
        let write = async {
            let written = self.vault(secret.vault())?.set(secret.secret(), parameters).await?;
            version_of(written.resource_id()).map_err(Cause::of_write)
        };
        within(PUBLISH_LIMIT, write).await.attempting(|| format!("set secret `{secret}`"))
    }

    /// Replaces the tags of a version, and its expiry where one is given, in place: the version stays the same.
    ///
    /// # Errors
    ///
    /// As [`Self::set`].
    pub(crate) async fn update_tags_and_expiry(
        &self,
        secret: &SecretId,
        version: &str,
        tags: BTreeMap<String, String>,
        expires: Option<OffsetDateTime>,
    ) -> Result<(), AzureError> {
        let parameters = UpdateSecretPropertiesParameters {
            tags: Some(tags.into_iter().collect::<HashMap<_, _>>()),
            secret_attributes: Some(ends_at(expires)),
            content_type: None,
        };
        let write = async {
            self.vault(secret.vault())?.update(secret.secret(), checked(version)?, parameters).await
        };
        within(PUBLISH_LIMIT, write).await.attempting(|| {
            format!("put right the tags and the expiry of version `{version}` of secret `{secret}`")
        })
    }

    fn vault(&self, name: &Name) -> Result<Arc<Vault>, Cause> {
        let mut vaults = self.vaults.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(vault) = vaults.get(name) {
            return Ok(Arc::clone(vault));
        }
        let url = self.cloud.vault_url(name);
        let vault = Arc::new(Vault::new(&url, &self.transport, Arc::clone(&self.credential))?);
        vaults.insert(name.clone(), Arc::clone(&vault));
        Ok(vault)
    }
}

fn ends_at(expires: Option<OffsetDateTime>) -> SecretAttributes {
    SecretAttributes { expires, ..SecretAttributes::default() }
}

impl TryFrom<Secret> for StoredSecret {
    type Error = Cause;

    fn try_from(secret: Secret) -> Result<Self, Cause> {
        let version = version_of(secret.resource_id())?;
        let attributes = secret.attributes.unwrap_or_default();
        let value = secret.value.ok_or_else(|| Cause::Malformed("there is no value in it".to_owned()))?;
        Ok(Self {
            version,
            value: AccessKey::new(value),
            tags: secret.tags.unwrap_or_default().into_iter().collect(),
            content_type: secret.content_type,
            created: attributes.created,
            updated: attributes.updated,
            expires: attributes.expires,
        })
    }
}

#[cfg(test)]
mod tests;
