//! The Functions host's own storage account, as the app's settings name it: where its blobs are, and how it is entered.

mod connection_string;

use std::sync::Arc;

use azure_core::http::Url;
use rotation::Name;

use super::access_key::AccessKey;
use super::cloud::Cloud;
use super::error::Cause;

use self::connection_string::InvalidConnectionString;

/// The host's storage account.
#[derive(Debug)]
pub(crate) struct HostStorage {
    pub(super) blobs: BlobService,
    pub(super) access: StorageAccess,
}

/// Where the blob service of an account is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BlobService {
    /// Where the cloud has it.
    OfAccount(Name),
    /// At this address, which may have a path: an emulator has its accounts there.
    At(Url),
}

/// How a storage account is entered.
#[derive(Debug)]
pub(super) enum StorageAccess {
    /// By a token.
    Identity(StorageIdentity),
    /// By a key of the account.
    SharedKey { account: Name, key: Arc<AccessKey> },
}

/// Whose token lets us in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StorageIdentity {
    /// That of the identity that the rest of the work is done with.
    SameAsApp,
    /// That of the app's system-assigned identity.
    SystemAssigned,
    /// That of the user-assigned identity with this client id.
    UserAssigned(String),
}

/// A text that names no blob service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoBlobService;

impl HostStorage {
    /// An account of the cloud, entered by a token.
    ///
    /// # Errors
    ///
    /// When that cannot be the name of an account.
    pub(crate) fn of_account(name: &str, identity: StorageIdentity) -> Result<Self, NoBlobService> {
        let name = account_name(name).ok_or(NoBlobService)?;
        Ok(Self { blobs: BlobService::OfAccount(name), access: StorageAccess::Identity(identity) })
    }

    /// A blob service at an https address, entered by a token.
    ///
    /// # Errors
    ///
    /// When that is no https address, or has more in it than host and path.
    pub(crate) fn at_address(address: &str, identity: StorageIdentity) -> Result<Self, NoBlobService> {
        let url = blob_address(address).filter(|url| url.scheme() == "https").ok_or(NoBlobService)?;
        Ok(Self { blobs: BlobService::At(url), access: StorageAccess::Identity(identity) })
    }

    /// What a connection string says.
    ///
    /// # Errors
    ///
    /// See [`InvalidConnectionString`].
    pub(crate) fn of_connection_string(text: &str) -> Result<Self, InvalidConnectionString> {
        connection_string::parse(text)
    }

    /// The account, where it is entered with one of its keys.
    pub(crate) const fn account_entered_by_key(&self) -> Option<&Name> {
        match &self.access {
            StorageAccess::SharedKey { account, .. } => Some(account),
            StorageAccess::Identity(_) => None,
        }
    }
}

impl BlobService {
    pub(super) fn url(&self, cloud: &Cloud) -> Result<Url, Cause> {
        match self {
            Self::OfAccount(name) => {
                Url::parse(&cloud.blob_url(name)).map_err(|error| Cause::Unsendable(error.to_string()))
            }
            Self::At(url) => Ok(url.clone()),
        }
    }
}

/// A storage account has 3 to 24 letters and digits.
fn account_name(text: &str) -> Option<Name> {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    ((3..=24).contains(&text.len()) && plain).then(|| Name::new(text))
}

/// An http or https address of host and path alone: a query would be a signature, which does not belong in an address.
fn blob_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (["http", "https"].contains(&url.scheme()) && plain && url.password().is_none()).then_some(url)
}

#[cfg(test)]
mod tests;
