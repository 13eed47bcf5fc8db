//! Which secrets a vault has, and which versions a secret has; no list shows a value.

use std::collections::BTreeMap;

use azure_security_keyvault_secrets::ResourceExt;
use azure_security_keyvault_secrets::models::SecretProperties;
use rotation::{Name, SecretId};
use time::OffsetDateTime;

use super::KeyVaults;
use super::version_name::version_of;
use crate::azure::error::{Attempting, AzureError, Cause};

/// A secret in the list of its vault, by its current version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedSecret {
    /// Which.
    pub(crate) id: SecretId,
    /// Whether it can be read.
    pub(crate) is_enabled: bool,
    /// Its tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// When the current version was made.
    pub(crate) created: Option<OffsetDateTime>,
    /// When it ends.
    pub(crate) expires: Option<OffsetDateTime>,
}

/// A version in the list of its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedVersion {
    /// Its name.
    pub(crate) version: String,
    /// Whether it can be read.
    pub(crate) is_enabled: bool,
    /// When it was made.
    pub(crate) created: Option<OffsetDateTime>,
}

impl KeyVaults {
    /// Lists the secrets of a vault, disabled ones too, deleted ones not.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.KeyVault/vaults/secrets/readMetadata/action`.
    pub(crate) async fn list(&self, vault: &Name) -> Result<Vec<ListedSecret>, AzureError> {
        let read = async {
            let found = self.vault(vault)?.list().await?;
            found.into_iter().map(|found| listed_secret(vault, found)).collect::<Result<_, _>>()
        };
        read.await.attempting(|| format!("list the secrets of key vault `{vault}`"))
    }

    /// Lists the versions of a secret, in no order.
    ///
    /// # Errors
    ///
    /// As [`Self::list`].
    pub(crate) async fn list_versions(&self, secret: &SecretId) -> Result<Vec<ListedVersion>, AzureError> {
        let read = async {
            let found = self.vault(secret.vault())?.list_versions(secret.secret()).await?;
            found.into_iter().map(listed_version).collect::<Result<_, _>>()
        };
        read.await.attempting(|| format!("list the versions of secret `{secret}`"))
    }
}

fn listed_secret(vault: &Name, found: SecretProperties) -> Result<ListedSecret, Cause> {
    let id = found.resource_id().map_err(|_| Cause::Malformed("a secret in it has no id".to_owned()))?;
    let id = SecretId::new(vault.as_str(), &id.name).map_err(|error| Cause::Malformed(error.to_string()))?;
    let attributes = found.attributes.unwrap_or_default();
    Ok(ListedSecret {
        id,
        is_enabled: attributes.enabled.unwrap_or(true),
        tags: found.tags.unwrap_or_default().into_iter().collect(),
        created: attributes.created,
        expires: attributes.expires,
    })
}

fn listed_version(found: SecretProperties) -> Result<ListedVersion, Cause> {
    let version = version_of(found.resource_id())?;
    let attributes = found.attributes.unwrap_or_default();
    Ok(ListedVersion { version, is_enabled: attributes.enabled.unwrap_or(true), created: attributes.created })
}
