//! What the world looks like, for those who show it or wait for it.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::dependent::{Dependent, HeldKey};
use super::{KeyName, KeyValue, World};

/// Which key a dependent of an account holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DependentState {
    /// The dependent.
    pub dependent: Dependent,
    /// The key.
    pub held: HeldKey,
}

/// A secret's current version, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretState {
    /// Name of the vault.
    pub vault: String,
    /// Host of the vault.
    pub vault_host: String,
    /// Resource id of the vault.
    pub vault_id: String,
    /// Name of the secret.
    pub name: String,
    /// Id of the current version.
    pub version: String,
    /// How many versions there are.
    pub versions: usize,
    /// Its media type.
    pub content_type: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it can be read.
    pub enabled: bool,
    /// Whether the secret is deleted (and can be recovered).
    pub deleted: bool,
    /// When it expires.
    pub expires: Option<OffsetDateTime>,
    /// From when on it is meant to be used.
    pub not_before: Option<OffsetDateTime>,
    /// When the version was made.
    pub created: OffsetDateTime,
    /// When it was last changed.
    pub updated: OffsetDateTime,
}

impl World {
    /// Who depends on an account, and on which key each is: caches, datastores, connections, secrets.
    pub fn dependents_of(&self, account: &str) -> Vec<DependentState> {
        self.read(|state| {
            let copies = state.caches().into_iter().chain(state.holders()).chain(state.published());
            copies
                .filter(|copied| copied.account.name.eq_ignore_ascii_case(account))
                .map(|copied| DependentState { dependent: copied.dependent, held: copied.copy.held() })
                .collect()
        })
    }

    /// Which key one dependent holds; `None` as well where there is no such dependent.
    pub fn held_by(&self, account: &str, dependent: &Dependent) -> HeldKey {
        let found = self.dependents_of(account).into_iter().find(|state| state.dependent == *dependent);
        found.map_or(HeldKey::None, |state| state.held)
    }

    /// Every secret with its current version.
    pub fn secrets(&self) -> Vec<SecretState> {
        self.read(|state| {
            let vaults = state.vaults.values();
            let secrets = vaults.flat_map(|vault| vault.secrets.values().map(move |secret| (vault, secret)));
            secrets
                .filter_map(|(vault, secret)| {
                    let version = secret.current()?;
                    Some(SecretState {
                        vault: vault.name.clone(),
                        vault_host: vault.host(),
                        vault_id: vault.id.clone(),
                        name: secret.name.clone(),
                        version: version.id.clone(),
                        versions: secret.versions.len(),
                        content_type: version.content_type.clone(),
                        tags: version.tags.clone(),
                        enabled: version.enabled,
                        deleted: secret.deleted.is_some(),
                        expires: version.expires,
                        not_before: version.not_before,
                        created: version.created,
                        updated: version.updated,
                    })
                })
                .collect()
        })
    }

    /// One secret of a vault.
    pub fn secret(&self, vault: &str, name: &str) -> Option<SecretState> {
        let same = |secret: &SecretState| {
            secret.vault.eq_ignore_ascii_case(vault) && secret.name.eq_ignore_ascii_case(name)
        };
        self.secrets().into_iter().find(same)
    }

    /// The value that a key of an account has now.
    ///
    /// # Panics
    /// When there is no such account.
    #[track_caller]
    pub fn key_value(&self, account: &str, key: KeyName) -> KeyValue {
        let value = self.read(|state| state.account(account).map(|account| account.key(key).value.clone()));
        value.unwrap_or_else(|| panic!("there is no storage account `{account}`"))
    }

    /// When a key of an account was made, where that is known.
    pub fn key_created(&self, account: &str, key: KeyName) -> Option<OffsetDateTime> {
        self.read(|state| state.account(account).and_then(|account| account.key(key).created))
    }

    /// How many values of a key died so far.
    pub fn regenerations(&self, account: &str, key: KeyName) -> usize {
        self.read(|state| {
            let account = state.account(account);
            account.map_or(0, |account| account.dead.iter().filter(|dead| dead.name == key).count())
        })
    }
}
