//! Storage accounts: two live keys, every key that died, and what refuses Shared Key.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use super::access_key::{AccessKey, DeadKey, KeyName, KeyValue};
use super::blob::Container;
use super::sas::{SasPolicy, StoredPolicy};
use crate::cloud::Cloud;

/// A service of a storage account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StorageService {
    /// Blob storage.
    Blob,
    /// File shares.
    File,
    /// Data Lake Storage Gen2, over the blob containers.
    Dfs,
    /// Queues.
    Queue,
    /// Tables.
    Table,
    /// The static web site.
    Web,
}

impl StorageService {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Blob, Self::File, Self::Dfs, Self::Queue, Self::Table, Self::Web];

    /// The label in host names and in `primaryEndpoints`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::File => "file",
            Self::Dfs => "dfs",
            Self::Queue => "queue",
            Self::Table => "table",
            Self::Web => "web",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct StorageAccount {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) cloud: Cloud,
    pub(crate) location: String,
    pub(crate) created: OffsetDateTime,
    pub(crate) key1: AccessKey,
    pub(crate) key2: AccessKey,
    pub(crate) dead: Vec<DeadKey>,
    pub(crate) shared_key: Option<bool>,
    pub(crate) shared_key_by_service: BTreeMap<StorageService, bool>,
    pub(crate) read_only_lock: bool,
    pub(crate) hierarchical_namespace: bool,
    pub(crate) sas_policy: Option<SasPolicy>,
    /// Of containers and shares, which grant what the tokens that name them do not say.
    pub(crate) stored_policies: Vec<StoredPolicy>,
    pub(crate) containers: BTreeMap<String, Container>,
    pub(crate) shares: BTreeSet<String>,
}

impl StorageAccount {
    pub(crate) fn key(&self, name: KeyName) -> &AccessKey {
        match name {
            KeyName::Key1 => &self.key1,
            KeyName::Key2 => &self.key2,
        }
    }

    fn key_mut(&mut self, name: KeyName) -> &mut AccessKey {
        match name {
            KeyName::Key1 => &mut self.key1,
            KeyName::Key2 => &mut self.key2,
        }
    }

    /// Gives the key a new value, which was made then if that is recorded; the old one is dead from now on.
    pub(crate) fn regenerate(
        &mut self,
        name: KeyName,
        created: Option<OffsetDateTime>,
        data_plane_lag: Duration,
    ) {
        let key = self.key_mut(name);
        let accepted_from = Instant::now() + data_plane_lag;
        let fresh = AccessKey { value: KeyValue::random(), created, accepted_from };
        let old = std::mem::replace(key, fresh);
        self.dead.push(DeadKey { name, value: old.value });
    }

    /// Which live key has this value.
    pub(crate) fn live(&self, value: &str) -> Option<KeyName> {
        KeyName::BOTH.into_iter().find(|name| self.key(*name).value.expose() == value)
    }

    /// Whether the value opens the account by now.
    pub(crate) fn accepts(&self, value: &str) -> bool {
        self.live(value).is_some_and(|name| self.key(name).accepted_from <= Instant::now())
    }

    /// Which key had this value before it died.
    pub(crate) fn dead(&self, value: &str) -> Option<KeyName> {
        self.dead.iter().rev().find(|dead| dead.value.expose() == value).map(|dead| dead.name)
    }

    /// Every value that is or was a key of the account.
    pub(crate) fn every_value(&self) -> impl Iterator<Item = (KeyName, &KeyValue)> {
        let live = KeyName::BOTH.into_iter().map(|name| (name, &self.key(name).value));
        live.chain(self.dead.iter().map(|dead| (dead.name, &dead.value)))
    }

    pub(crate) fn host(&self, service: StorageService) -> String {
        format!("{}.{}.{}", self.name, service.as_str(), self.cloud.storage_suffix)
    }

    pub(crate) fn accepts_shared_key(&self, service: StorageService) -> bool {
        // Data Lake Storage is the blob service: there is no switch of its own.
        let switch = if service == StorageService::Dfs { StorageService::Blob } else { service };
        self.shared_key.unwrap_or(true) && self.shared_key_by_service.get(&switch).copied().unwrap_or(true)
    }
}
