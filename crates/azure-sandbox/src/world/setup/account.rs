//! Storage accounts.

use std::collections::{BTreeMap, BTreeSet};

use time::{Duration, OffsetDateTime};

use crate::clock;
use crate::cloud::Cloud;
use crate::world::access_key::AccessKey;
use crate::world::sas::{OwnedResource, StoredPolicy};
use crate::world::{Blob, Container, KeyValue, StorageAccount, StorageService, World};

/// A storage account to be.
#[derive(Debug, Clone)]
pub struct AccountSetup {
    subscription: String,
    resource_group: String,
    name: String,
    keys: (KeyValue, KeyValue),
    key_ages: (Option<Duration>, Option<Duration>),
    shared_key: Option<bool>,
    shared_key_by_service: BTreeMap<StorageService, bool>,
    hierarchical_namespace: bool,
    containers: BTreeMap<String, Container>,
    shares: BTreeSet<String>,
    stored_policies: Vec<(OwnedResource, String, String)>,
}

impl AccountSetup {
    /// An account with two random keys, both 60 days old.
    pub fn new(subscription: &str, resource_group: &str, name: &str) -> Self {
        let age = Some(Duration::days(60));
        Self {
            subscription: subscription.to_owned(),
            resource_group: resource_group.to_owned(),
            name: name.to_owned(),
            keys: (KeyValue::random(), KeyValue::random()),
            key_ages: (age, age),
            shared_key: None,
            shared_key_by_service: BTreeMap::new(),
            hierarchical_namespace: false,
            containers: BTreeMap::new(),
            shares: BTreeSet::new(),
            stored_policies: Vec::new(),
        }
    }

    /// With these values for the keys.
    #[must_use]
    pub fn keys(mut self, key1: KeyValue, key2: KeyValue) -> Self {
        self.keys = (key1, key2);
        self
    }

    /// With keys of these ages; `None` is an age that the account does not know.
    #[must_use]
    pub fn key_ages(mut self, key1: Option<Duration>, key2: Option<Duration>) -> Self {
        self.key_ages = (key1, key2);
        self
    }

    /// With `allowSharedKeyAccess`.
    #[must_use]
    pub fn shared_key(mut self, allowed: bool) -> Self {
        self.shared_key = Some(allowed);
        self
    }

    /// With `allowSharedKeyAccessForServices` for one service.
    #[must_use]
    pub fn shared_key_for(mut self, service: StorageService, allowed: bool) -> Self {
        self.shared_key_by_service.insert(service, allowed);
        self
    }

    /// With a hierarchical namespace: Data Lake Storage Gen2.
    #[must_use]
    pub fn hierarchical_namespace(mut self) -> Self {
        self.hierarchical_namespace = true;
        self
    }

    /// With a blob container, which is also a Data Lake filesystem.
    #[must_use]
    pub fn container(mut self, name: &str) -> Self {
        self.containers.entry(name.to_owned()).or_default();
        self
    }

    /// With a blob in a container, which a SAS may be for.
    #[must_use]
    pub fn blob(mut self, container: &str, path: &str) -> Self {
        let container = self.containers.entry(container.to_owned()).or_default();
        container.blobs.insert(path.to_owned(), Blob::default());
        self
    }

    /// With a file share.
    #[must_use]
    pub fn share(mut self, name: &str) -> Self {
        self.shares.insert(name.to_owned());
        self
    }

    /// With a stored access policy of a container, which grants this for a year to tokens that name it.
    #[must_use]
    pub fn container_policy(mut self, container: &str, name: &str, permissions: &str) -> Self {
        let resource = OwnedResource::Container(container.to_owned());
        self.stored_policies.push((resource, name.to_owned(), permissions.to_owned()));
        self
    }

    /// With a stored access policy of a share, which grants this for a year to tokens that name it.
    #[must_use]
    pub fn share_policy(mut self, share: &str, name: &str, permissions: &str) -> Self {
        let resource = OwnedResource::Share(share.to_owned());
        self.stored_policies.push((resource, name.to_owned(), permissions.to_owned()));
        self
    }

    pub(crate) fn into_account(self, cloud: Cloud, now: OffsetDateTime) -> StorageAccount {
        let Self { subscription, resource_group, name, keys, key_ages, .. } = self;
        let made = |age: Option<Duration>| age.map(|age| now - age);
        StorageAccount {
            id: format!(
                "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.Storage/storageAccounts/{name}"
            ),
            name,
            cloud,
            location: cloud.region.to_owned(),
            created: now - Duration::days(365),
            key1: AccessKey::accepted_at_once(keys.0, made(key_ages.0)),
            key2: AccessKey::accepted_at_once(keys.1, made(key_ages.1)),
            dead: Vec::new(),
            shared_key: self.shared_key,
            shared_key_by_service: self.shared_key_by_service,
            read_only_lock: false,
            hierarchical_namespace: self.hierarchical_namespace,
            sas_policy: None,
            stored_policies: self
                .stored_policies
                .into_iter()
                .map(|(resource, name, permissions)| {
                    let expires = now + Duration::days(365);
                    StoredPolicy { resource, name, permissions, expires }
                })
                .collect(),
            containers: self.containers,
            shares: self.shares,
        }
    }
}

impl World {
    /// Adds a storage account and gives its resource id.
    pub fn add_storage_account(&self, setup: AccountSetup) -> String {
        let account = setup.into_account(self.cloud(), clock::now());
        let id = account.id.clone();
        self.outside_change(|state| state.accounts.insert(account.name.to_ascii_lowercase(), account));
        id
    }
}
