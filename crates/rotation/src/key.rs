//! The two access keys of a storage account, by name and by fingerprint, never by value.

use std::fmt;
use std::str::FromStr;

/// One of the two access keys, as Azure Resource Manager names it (`keyName`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyName {
    /// `key1`.
    Key1,
    /// `key2`.
    Key2,
}

impl KeyName {
    /// Both keys, in their order.
    pub const BOTH: [Self; 2] = [Self::Key1, Self::Key2];

    /// The other key.
    #[must_use]
    pub const fn alternate(self) -> Self {
        match self {
            Self::Key1 => Self::Key2,
            Self::Key2 => Self::Key1,
        }
    }

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key1 => "key1",
            Self::Key2 => "key2",
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that is neither `key1` nor `key2`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither `key1` nor `key2`")]
pub struct UnknownKeyName(pub String);

impl FromStr for KeyName {
    type Err = UnknownKeyName;

    /// Exact: Microsoft's samples write the tag `CredentialId` in lower case, and a looser match let `mykey12` pass.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "key1" => Ok(Self::Key1),
            "key2" => Ok(Self::Key2),
            other => Err(UnknownKeyName(other.to_owned())),
        }
    }
}

/// A digest of a key value. Whoever makes it keys it with a random value of the process, so that it tells nothing
/// outside of it; two fingerprints of one process are equal when the values are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Wraps a digest.
    #[must_use]
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Fingerprint({:02x}{:02x}{:02x}{:02x}…)",
            self.0[0], self.0[1], self.0[2], self.0[3]
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_survives_its_text() {
        for name in KeyName::BOTH {
            assert_eq!(name.as_str().parse(), Ok(name));
            assert_eq!(name.alternate().alternate(), name);
            assert_ne!(name.alternate(), name);
        }
    }

    #[test]
    fn a_fingerprint_is_told_apart_in_a_log() {
        assert_eq!(format!("{:?}", Fingerprint::new([0xab; 32])), "Fingerprint(abababab…)");
    }

    #[test]
    fn only_the_two_names_are_names() {
        for text in ["", "key", "Key1", "key3", "key12", "mykey1", " key1"] {
            assert_eq!(text.parse::<KeyName>(), Err(UnknownKeyName(text.to_owned())));
        }
    }
}
