//! The tags on a secret, by name.

/// The tag that names the published key: `key1` or `key2`.
pub const CREDENTIAL_ID: &str = "CredentialId";
/// The tag with the resource id of the storage account.
pub const PROVIDER_ADDRESS: &str = "ProviderAddress";
/// The tag with the days that a key may be used.
pub const VALIDITY_PERIOD_DAYS: &str = "ValidityPeriodDays";
/// The tag with the time at which holders without a date of their own were last moved.
pub const HOLDERS_MOVED_AT: &str = "HoldersMovedAt";
/// The tag that names a key that leaked: `key1` or `key2`. It stays until that key is dead.
pub const COMPROMISED: &str = "Compromised";
