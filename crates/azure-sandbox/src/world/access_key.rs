//! Access keys of storage accounts: their two names, and values that are never printed.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;
use tokio::time::Instant;

/// Which of the two access keys of a storage account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyName {
    /// `key1`
    Key1,
    /// `key2`
    Key2,
}

impl KeyName {
    /// Both names, in order.
    pub const BOTH: [Self; 2] = [Self::Key1, Self::Key2];

    /// The name as Azure Resource Manager writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key1 => "key1",
            Self::Key2 => "key2",
        }
    }

    /// The other key of the same account.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Key1 => Self::Key2,
            Self::Key2 => Self::Key1,
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::BOTH.into_iter().find(|name| name.as_str() == text).ok_or(())
    }
}

/// The value of an access key. `Debug` says only that there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyValue(String);

impl KeyValue {
    /// A new random value of the shape that Azure makes: 64 bytes in base64.
    pub fn random() -> Self {
        let bytes: [u8; 64] = rand::random();
        Self(STANDARD.encode(bytes))
    }

    /// A value from elsewhere: what some holder was given, whether or not it was ever a key.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The value itself, for a comparison or a request. Never print it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn decoded(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.0).ok()
    }
}

impl fmt::Debug for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyValue(..)")
    }
}

/// One of the two keys as the account has it now.
#[derive(Debug, Clone)]
pub(crate) struct AccessKey {
    pub(crate) value: KeyValue,
    /// Unknown on accounts whose keys are older than Azure's record of it.
    pub(crate) created: Option<OffsetDateTime>,
    /// The data plane learns of a new value a little later than the control plane.
    pub(crate) accepted_from: Instant,
}

impl AccessKey {
    pub(crate) fn accepted_at_once(value: KeyValue, created: Option<OffsetDateTime>) -> Self {
        Self { value, created, accepted_from: Instant::now() }
    }
}

/// A value that was a key once.
#[derive(Debug, Clone)]
pub(crate) struct DeadKey {
    pub(crate) name: KeyName,
    pub(crate) value: KeyValue,
}
