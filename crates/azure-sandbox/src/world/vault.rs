//! Key Vault: secrets and their versions.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use super::access_key::KeyValue;
use crate::cloud::Cloud;

#[derive(Debug, Clone)]
pub(crate) struct Vault {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) cloud: Cloud,
    pub(crate) secrets: BTreeMap<String, Secret>,
}

impl Vault {
    pub(crate) fn host(&self) -> String {
        self.cloud.vault_host(&self.name)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) name: String,
    /// Oldest first; the last one is current.
    pub(crate) versions: Vec<SecretVersion>,
    pub(crate) deleted: Option<OffsetDateTime>,
}

impl Secret {
    pub(crate) fn current(&self) -> Option<&SecretVersion> {
        self.versions.last()
    }

    /// The version that the vault gives to whoever asks for the current one, when it needs so long to know of it.
    pub(crate) fn given(&self, lag: Duration, now: OffsetDateTime) -> Option<&SecretVersion> {
        if lag.is_zero() {
            return self.current();
        }
        self.versions.iter().rev().find(|version| version.created + lag <= now)
    }

    pub(crate) fn version(&self, id: &str) -> Option<&SecretVersion> {
        self.versions.iter().find(|version| version.id.eq_ignore_ascii_case(id))
    }

    pub(crate) fn version_mut(&mut self, id: &str) -> Option<&mut SecretVersion> {
        self.versions.iter_mut().find(|version| version.id.eq_ignore_ascii_case(id))
    }

    /// Each version with the time at which readers ceased to get it, in a vault that needs so long to know of a new one;
    /// none for one that they still get.
    pub(crate) fn spans(
        &self,
        lag: Duration,
    ) -> impl Iterator<Item = (&SecretVersion, Option<OffsetDateTime>)> {
        self.versions.iter().enumerate().map(move |(index, version)| {
            let next = self.versions.get(index + 1).map(|next| next.created + lag);
            (version, next.or(self.deleted))
        })
    }
}

#[derive(Debug, Clone)]
pub(crate) struct SecretVersion {
    pub(crate) id: String,
    pub(crate) value: KeyValue,
    pub(crate) content_type: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) enabled: bool,
    pub(crate) expires: Option<OffsetDateTime>,
    pub(crate) not_before: Option<OffsetDateTime>,
    pub(crate) created: OffsetDateTime,
    pub(crate) updated: OffsetDateTime,
    /// Its value was wrong on purpose, or made wrong from outside.
    pub(crate) excused: bool,
}

/// What a write of a secret gives; used for a new version and, with `None` meaning "as it is", for an update.
#[derive(Debug, Clone, Default)]
pub(crate) struct SecretAttributes {
    pub(crate) content_type: Option<String>,
    pub(crate) tags: Option<BTreeMap<String, String>>,
    pub(crate) enabled: Option<bool>,
    pub(crate) expires: Option<OffsetDateTime>,
    pub(crate) not_before: Option<OffsetDateTime>,
}

impl Secret {
    /// Adds a version; it is current from now on.
    pub(crate) fn add_version(
        &mut self,
        value: KeyValue,
        given: SecretAttributes,
        now: OffsetDateTime,
    ) -> &mut SecretVersion {
        self.versions.push(SecretVersion {
            id: uuid::Uuid::new_v4().simple().to_string(),
            value,
            content_type: given.content_type,
            tags: given.tags.unwrap_or_default(),
            enabled: given.enabled.unwrap_or(true),
            expires: given.expires,
            not_before: given.not_before,
            created: now,
            updated: now,
            excused: false,
        });
        let last = self.versions.len() - 1;
        &mut self.versions[last]
    }
}

impl SecretVersion {
    /// Changes what is given, in place.
    pub(crate) fn update(&mut self, given: SecretAttributes, now: OffsetDateTime) {
        if let Some(content_type) = given.content_type {
            self.content_type = Some(content_type);
        }
        if let Some(tags) = given.tags {
            self.tags = tags;
        }
        self.enabled = given.enabled.unwrap_or(self.enabled);
        self.expires = given.expires.or(self.expires);
        self.not_before = given.not_before.or(self.not_before);
        self.updated = now;
    }
}
