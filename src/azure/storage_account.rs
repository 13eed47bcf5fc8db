//! Storage accounts: their switches, and their two keys.

mod sas_policy;
mod wire;

use std::time::Duration;

use azure_core::http::Url;
use rotation::{KeyName, RegenerableKey, StorageAccountId};
use time::OffsetDateTime;

use super::access_key::AccessKey;
use super::arm::{ArmClient, Call, Room};
use super::cloud::Cloud;
use super::deadline::within;
use super::error::{Attempting, AzureError, Cause};

/// The first version that tells `allowSharedKeyAccessForServices`.
const ACCOUNT_API: &str = "2025-08-01";
/// The version for everything about keys: old enough for every cloud.
const KEYS_API: &str = "2024-01-01";
/// How long the answer to `regenerateKey` is waited for. Whether a regeneration that is late was carried out is seen by
/// listing the keys.
const REGENERATE_LIMIT: Duration = Duration::from_secs(20);

/// Storage accounts, as Azure Resource Manager (`Microsoft.Storage`) shows them.
#[derive(Debug, Clone)]
pub(crate) struct StorageAccounts {
    arm: ArmClient,
    cloud: Cloud,
}

/// What a storage account is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StorageAccount {
    /// Whether Shared Key is allowed at all; on unless switched off.
    pub(crate) allow_shared_key_access: bool,
    /// Whether the blob service allows it, given that the account does.
    pub(crate) allow_shared_key_access_to_blobs: bool,
    /// Whether the file service allows it, given that the account does.
    pub(crate) allow_shared_key_access_to_files: bool,
    /// The longest that a token which a key of the account signed may be valid, where longer ones are turned away.
    pub(crate) longest_sas: Option<time::Duration>,
    /// The address of the blob service.
    pub(crate) blob_endpoint: Option<Url>,
    /// The address of the file service.
    pub(crate) file_endpoint: Option<Url>,
}

/// The two keys of an account.
#[derive(Debug)]
pub(crate) struct AccessKeys {
    /// `key1`.
    pub(crate) key1: ListedKey,
    /// `key2`.
    pub(crate) key2: ListedKey,
}

/// One key of an account.
#[derive(Debug)]
pub(crate) struct ListedKey {
    /// Its value.
    pub(crate) value: AccessKey,
    /// When it was made; old accounts do not know.
    pub(crate) created: Option<OffsetDateTime>,
}

impl AccessKeys {
    /// The key of that name.
    #[must_use]
    pub(crate) const fn get(&self, name: KeyName) -> &ListedKey {
        match name {
            KeyName::Key1 => &self.key1,
            KeyName::Key2 => &self.key2,
        }
    }
}

impl StorageAccounts {
    pub(super) const fn new(arm: ArmClient, cloud: Cloud) -> Self {
        Self { arm, cloud }
    }

    /// Reads what an account is set to.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; [`AzureError::is_outside_cloud`] when its endpoints are in another cloud. Needs
    /// `Microsoft.Storage/storageAccounts/read`.
    pub(crate) async fn get(&self, account: &StorageAccountId) -> Result<StorageAccount, AzureError> {
        let call = Call::get(account.to_string(), ACCOUNT_API);
        let answer = self.arm.send::<wire::Account>(call).await;
        answer
            .and_then(|seen| seen.in_cloud(&self.cloud, account.name()))
            .attempting(|| format!("read storage account `{}`", account.name()))
    }

    /// Lists the two keys.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.Storage/storageAccounts/listkeys/action`. A read-only lock refuses this
    /// ([`AzureError::is_locked`]).
    pub(crate) async fn list_keys(&self, account: &StorageAccountId) -> Result<AccessKeys, AzureError> {
        let call = Call::post(format!("{account}/listKeys"), KEYS_API);
        let answer = self.arm.send::<wire::Keys>(call).await;
        answer
            .and_then(AccessKeys::try_from)
            .attempting(|| format!("list the keys of storage account `{}`", account.name()))
    }

    /// Makes a new value for a key; the old one is dead from then on. Gives both keys as they are now.
    ///
    /// The request reaches Azure once at most, and its answer is waited for no longer than [`REGENERATE_LIMIT`].
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; when [`AzureError::is_uncertain`], the key may have been regenerated or not: list the keys.
    /// Needs `Microsoft.Storage/storageAccounts/regeneratekey/action`.
    pub(crate) async fn regenerate_key(
        &self,
        key: RegenerableKey,
        room: &mut Room,
    ) -> Result<AccessKeys, AzureError> {
        self.regenerate(key.account(), key.name(), room).await
    }

    /// Waits until there is room for a regeneration and for so many resyncs, which are to follow in the same breath.
    ///
    /// # Errors
    ///
    /// See [`AzureError`].
    pub(crate) async fn room_to_regenerate(
        &self,
        account: &StorageAccountId,
        resyncs: usize,
    ) -> Result<Room, AzureError> {
        let room = self.arm.room_to_write(&account.to_string(), 1 + resyncs).await;
        room.attempting(|| format!("regenerate a key of storage account `{}`", account.name()))
    }

    async fn regenerate(
        &self,
        account: &StorageAccountId,
        name: KeyName,
        room: &mut Room,
    ) -> Result<AccessKeys, AzureError> {
        let attempt = async {
            let call = Call::post(format!("{account}/regenerateKey"), KEYS_API)
                .json(&wire::Regenerate { key_name: name.as_str() })?;
            let keys = self.arm.send_once::<wire::Keys>(call, room).await?;
            AccessKeys::try_from(keys).map_err(Cause::of_write)
        };
        within(REGENERATE_LIMIT, attempt)
            .await
            .attempting(|| format!("regenerate `{name}` of storage account `{}`", account.name()))
    }
}

#[cfg(test)]
mod tests;
