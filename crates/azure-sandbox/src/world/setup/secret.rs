//! Vaults and secrets.

use std::collections::BTreeMap;

use time::Duration;

use super::Holding;
use crate::clock;
use crate::world::{KeyName, KeyValue, Secret, SecretAttributes, Vault, World};

/// A vault to be.
#[derive(Debug, Clone)]
pub struct VaultSetup {
    subscription: String,
    resource_group: String,
    name: String,
}

impl VaultSetup {
    /// An empty vault.
    pub fn new(subscription: &str, resource_group: &str, name: &str) -> Self {
        Self {
            subscription: subscription.to_owned(),
            resource_group: resource_group.to_owned(),
            name: name.to_owned(),
        }
    }
}

/// A version of a secret to be.
#[derive(Clone)]
pub struct SecretSetup {
    vault: String,
    name: String,
    account: String,
    holding: Holding,
    attributes: SecretAttributes,
    age: Duration,
}

impl SecretSetup {
    /// A secret that holds a key of an account, made 60 days ago, without tags or expiry.
    pub fn of_key(vault: &str, name: &str, account: &str, key: KeyName) -> Self {
        Self {
            vault: vault.to_owned(),
            name: name.to_owned(),
            account: account.to_owned(),
            holding: Holding::Key(key),
            attributes: SecretAttributes::default(),
            age: Duration::days(60),
        }
    }

    /// A secret that holds any text.
    pub fn of_value(vault: &str, name: &str, value: impl Into<String>) -> Self {
        let holding = Holding::Value(KeyValue::from_text(value));
        Self { holding, ..Self::of_key(vault, name, "", KeyName::Key1) }
    }

    /// With one more tag.
    #[must_use]
    pub fn tag(mut self, name: &str, value: impl Into<String>) -> Self {
        self.attributes.tags.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }

    /// With this media type.
    #[must_use]
    pub fn content_type(mut self, content_type: &str) -> Self {
        self.attributes.content_type = Some(content_type.to_owned());
        self
    }

    /// Expiring this long from now; a negative duration has expired already.
    #[must_use]
    pub fn expires_in(mut self, duration: Duration) -> Self {
        self.attributes.expires = Some(clock::now() + duration);
        self
    }

    /// Disabled.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.attributes.enabled = Some(false);
        self
    }

    /// Made this long ago; 60 days unless told.
    #[must_use]
    pub fn made_ago(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }
}

impl World {
    /// Adds a vault and gives its resource id.
    pub fn add_vault(&self, setup: VaultSetup) -> String {
        let VaultSetup { subscription, resource_group, name } = setup;
        let id = format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.KeyVault/vaults/{name}"
        );
        self.outside_change(|state| {
            let folded = name.to_ascii_lowercase();
            let vault = Vault { id: id.clone(), name, cloud: state.cloud, secrets: BTreeMap::new() };
            state.vaults.insert(folded, vault)
        });
        id
    }

    /// Adds a version to a secret, and the secret itself if it is new; gives the id of the version.
    ///
    /// # Panics
    /// When there is no such vault, or no such account to take a key from.
    #[track_caller]
    pub fn put_secret(&self, setup: SecretSetup) -> String {
        let value = self.resolve(setup.holding, &setup.account).into_key().unwrap_or(KeyValue::from_text(""));
        let added = self.outside_change(|state| {
            let vault = state.vault_mut(&setup.vault)?;
            let secret = vault.secrets.entry(setup.name.to_ascii_lowercase()).or_insert_with(|| Secret {
                name: setup.name.clone(),
                versions: Vec::new(),
                deleted: None,
            });
            Some(secret.add_version(value, setup.attributes, clock::now() - setup.age).id.clone())
        });
        added.unwrap_or_else(|| panic!("there is no vault `{}`", setup.vault))
    }
}
