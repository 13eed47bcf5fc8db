//! What depends on a key of a storage account, and which key it holds.

use std::fmt;

use super::access_key::KeyName;
use super::sas::{SasResource, Signer, signer};
use super::storage_account::StorageAccount;
use super::workspace::{Connection, Datastore};
use crate::clock;

/// Something that keeps a copy of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dependent {
    /// The workspace's own copy.
    WorkspaceCache {
        /// Name of the workspace.
        workspace: String,
    },
    /// A datastore with an account key or a SAS.
    Datastore {
        /// Name of the workspace.
        workspace: String,
        /// Name of the datastore.
        name: String,
    },
    /// A workspace connection with a key or a SAS.
    Connection {
        /// Name of the workspace.
        workspace: String,
        /// Name of the connection.
        name: String,
    },
    /// Whoever reads the current version of a secret.
    Secret {
        /// Name of the vault.
        vault: String,
        /// Name of the secret.
        name: String,
    },
}

impl fmt::Display for Dependent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkspaceCache { workspace } => write!(f, "cache of workspace `{workspace}`"),
            Self::Datastore { workspace, name } => {
                write!(f, "datastore `{name}` of workspace `{workspace}`")
            }
            Self::Connection { workspace, name } => {
                write!(f, "connection `{name}` of workspace `{workspace}`")
            }
            Self::Secret { vault, name } => write!(f, "secret `{name}` of vault `{vault}`"),
        }
    }
}

/// Which key of its account something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeldKey {
    /// The live `key1`.
    Key1,
    /// The live `key2`.
    Key2,
    /// A value that is no live key of the account, or a SAS that none of them signed.
    Neither,
    /// No key at all, or nothing that can be traced to one.
    None,
}

impl From<KeyName> for HeldKey {
    fn from(name: KeyName) -> Self {
        match name {
            KeyName::Key1 => Self::Key1,
            KeyName::Key2 => Self::Key2,
        }
    }
}

/// A copy of a key, as the world sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyCopy {
    Live(KeyName),
    Dead(KeyName),
    Foreign,
    Nothing,
}

impl KeyCopy {
    pub(crate) fn held(self) -> HeldKey {
        match self {
            Self::Live(name) => name.into(),
            Self::Dead(_) | Self::Foreign => HeldKey::Neither,
            Self::Nothing => HeldKey::None,
        }
    }

    /// Whether it opens nothing, and never will again.
    pub(crate) fn is_lost(self) -> bool {
        matches!(self, Self::Dead(_) | Self::Foreign)
    }

    pub(crate) fn of_value(account: &StorageAccount, value: &str) -> Self {
        match (account.live(value), account.dead(value)) {
            (Some(name), _) => Self::Live(name),
            (None, Some(name)) => Self::Dead(name),
            (None, None) => Self::Foreign,
        }
    }

    pub(crate) fn of_datastore(account: &StorageAccount, datastore: &Datastore) -> Self {
        Self::of(account, datastore.account_key(), datastore.sas_token(), datastore.sas_resource())
    }

    pub(crate) fn of_connection(account: &StorageAccount, connection: &Connection) -> Self {
        Self::of(account, connection.account_key(), connection.sas_token(), connection.sas_resource())
    }

    /// What the target of a connection has, if there is a token in it.
    pub(crate) fn of_target(account: &StorageAccount, connection: &Connection) -> Option<Self> {
        let (token, resource) = connection.signed_target()?;
        Some(Self::of(account, None, Some(token), resource))
    }

    fn of(
        account: &StorageAccount,
        key: Option<&str>,
        sas: Option<&str>,
        resource: Option<SasResource<'_>>,
    ) -> Self {
        match (key, sas) {
            (Some(key), _) => Self::of_value(account, key),
            (None, Some(token)) => match signer(account, token, resource, clock::now()) {
                Signer::Live(name) => Self::Live(name),
                Signer::Dead(name) => Self::Dead(name),
                Signer::Foreign => Self::Foreign,
                Signer::UserDelegation | Signer::Expired | Signer::Unverifiable => Self::Nothing,
            },
            (None, None) => Self::Nothing,
        }
    }
}
