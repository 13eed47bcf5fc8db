//! The names of versions, which Key Vault makes up.

use azure_security_keyvault_secrets::ResourceId;

use crate::azure::error::Cause;

/// "System-generated 32 character string identifier" (About keys, secrets and certificates: object identifiers); the digits of
/// a GUID in all that we have seen.
const LONGEST: usize = 32;

/// The version that the id in an answer names. It is logged, so whatever could be a key is none.
pub(super) fn version_of(id: azure_core::Result<ResourceId>) -> Result<String, Cause> {
    let version = id.ok().and_then(|id| id.version).filter(|version| is_one(version));
    version.ok_or_else(|| Cause::Malformed("there is no name of a version in it".to_owned()))
}

/// A name to ask for: the client puts it into the path as it is.
pub(super) fn checked(version: &str) -> Result<&str, Cause> {
    let checked = is_one(version).then_some(version);
    checked.ok_or_else(|| Cause::Unsendable("that is not the name of a version".to_owned()))
}

fn is_one(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
