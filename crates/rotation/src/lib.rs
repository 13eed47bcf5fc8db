//! What to do next about the access keys of one storage account: the decision, and nothing else.

mod identity;
mod key;

pub use identity::{InvalidName, Name, NotAResourceId, Scope, SecretId, StorageAccountId, WorkspaceId};
pub use key::{Fingerprint, KeyName, UnknownKeyName};

/// The safety check's proof that a key may be regenerated (stub: the real one follows).
#[derive(Debug)]
pub struct RegenerableKey {
    account: StorageAccountId,
    name: KeyName,
}

impl RegenerableKey {
    /// The account.
    pub const fn account(&self) -> &StorageAccountId {
        &self.account
    }

    /// The key.
    pub const fn name(&self) -> KeyName {
        self.name
    }
}
