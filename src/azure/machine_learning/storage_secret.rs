//! What a datastore or a connection holds of a storage account.

use crate::azure::access_key::AccessKey;
use crate::azure::error::Cause;
use crate::azure::sas::SasToken;

/// What kind of copy of a storage account's key something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StorageCredentials {
    /// The key itself.
    AccountKey,
    /// A shared access signature.
    Sas,
}

/// What a datastore or a connection holds.
#[derive(Debug)]
pub(crate) enum StorageSecret {
    /// An account key.
    AccountKey(AccessKey),
    /// A shared access signature.
    Sas(SasToken),
    /// Something else, which is not read.
    Other,
}

impl StorageSecret {
    /// What the service gave, by the type that it named.
    pub(super) fn of_type(
        secret_type: &str,
        key: Option<AccessKey>,
        token: Option<SasToken>,
    ) -> Result<Self, Cause> {
        let missing = |what: &str| Cause::Malformed(format!("there is no {what} in it"));
        match secret_type.to_ascii_lowercase().as_str() {
            "accountkey" => key.map(Self::AccountKey).ok_or_else(|| missing("key")),
            "sas" => token.map(Self::Sas).ok_or_else(|| missing("shared access signature")),
            _ => Ok(Self::Other),
        }
    }
}
