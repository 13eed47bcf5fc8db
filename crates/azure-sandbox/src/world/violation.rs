//! What must never happen, found by the world itself after every change.

use std::fmt;

use super::access_key::KeyName;
use super::dependent::Dependent;
use super::leak::Leak;
use crate::witness::Place;

/// Something that must never happen, and did. Names, never values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// A holder was left with a key that no longer works.
    HolderOnDeadKey {
        /// The holder.
        holder: Dependent,
        /// The storage account.
        account: String,
        /// Which key the value was, if it ever was one.
        key: Option<KeyName>,
    },
    /// A reader of the vault may still use a key that no longer works.
    ReaderOnDeadKey {
        /// Name of the vault.
        vault: String,
        /// Name of the secret.
        secret: String,
        /// The version that readers may have.
        version: String,
        /// The storage account.
        account: String,
        /// Which key the value was, if it ever was one.
        key: Option<KeyName>,
    },
    /// A holder was given a key before the data plane accepted it.
    KeyNotAcceptedYet {
        /// The holder.
        holder: Dependent,
        /// The storage account.
        account: String,
        /// The new key.
        key: KeyName,
    },
    /// A key was regenerated too short a while after a holder held it.
    KeyNotRested {
        /// The storage account.
        account: String,
        /// The key.
        key: KeyName,
    },
    /// A write of a holder changed a field other than its credentials.
    FieldChanged {
        /// The holder.
        holder: Dependent,
        /// The field.
        field: String,
    },
    /// A write of a holder left out a field that it had.
    FieldDropped {
        /// The holder.
        holder: Dependent,
        /// The field.
        field: String,
    },
    /// A holder was deleted, which is never for the product to do.
    Deleted {
        /// The holder.
        holder: Dependent,
    },
    /// A secret value came out.
    Leak {
        /// Where.
        place: Place,
        /// What, and how it was written.
        leak: Leak,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |key: &Option<KeyName>| {
            key.map_or("no key that it ever had".to_owned(), |key| format!("a dead `{key}`"))
        };
        match self {
            Self::HolderOnDeadKey { holder, account, key } => {
                write!(f, "{holder} holds {} of storage account `{account}`", name(key))
            }
            Self::ReaderOnDeadKey { vault, secret, version, account, key } => write!(
                f,
                "readers of secret `{secret}` (version {version}) of vault `{vault}` may hold {} of storage account `{account}`",
                name(key)
            ),
            Self::KeyNotAcceptedYet { holder, account, key } => {
                write!(
                    f,
                    "{holder} was given `{key}` of storage account `{account}` before that was accepted"
                )
            }
            Self::FieldChanged { holder, field } => write!(f, "a write of {holder} changed `{field}`"),
            Self::FieldDropped { holder, field } => write!(f, "a write of {holder} dropped `{field}`"),
            Self::KeyNotRested { account, key } => {
                write!(f, "`{key}` of storage account `{account}` was regenerated before it had rested")
            }
            Self::Deleted { holder } => write!(f, "{holder} was deleted"),
            Self::Leak { place, leak } => write!(f, "{place} gives away {leak}"),
        }
    }
}
