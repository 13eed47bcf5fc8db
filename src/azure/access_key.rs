//! The value of an access key, and the digest by which everything outside of this module knows it.

use std::fmt;

use hmac::Mac;
use rotation::Fingerprint;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::Deserialize;
use uuid::Uuid;

use super::signature::keyed;

/// The value of an access key, or of a secret that should be one.
///
/// It cannot be printed, and is wiped from memory when dropped.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct AccessKey(SecretString);

impl AccessKey {
    /// Takes charge of a value.
    #[must_use]
    pub(crate) fn new(value: impl Into<String>) -> Self {
        Self(SecretString::from(value.into()))
    }

    /// The value itself, for the wire and for signatures only.
    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccessKey(…)")
    }
}

/// What keys the fingerprints of one process.
///
/// It is random and never leaves the process, so that a fingerprint in a log tells nothing about the value.
pub(crate) struct FingerprintKey(SecretSlice<u8>);

impl FingerprintKey {
    /// A new random key. Fingerprints of different keys cannot be compared.
    #[must_use]
    pub(crate) fn random() -> Self {
        let bytes = [*Uuid::new_v4().as_bytes(), *Uuid::new_v4().as_bytes()].concat();
        Self(bytes.into())
    }

    /// The fingerprint of a value: HMAC-SHA256 over it. White space does not count, as it does not in base64: a holder
    /// whose key ends with a line break holds the key.
    #[must_use]
    pub(crate) fn fingerprint(&self, value: &AccessKey) -> Fingerprint {
        let mut digest = keyed(self.0.expose_secret());
        value.expose().split_whitespace().for_each(|part| digest.update(part.as_bytes()));
        Fingerprint::new(digest.finalize().into_bytes().into())
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FingerprintKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::in_process::{KEY1, KEY2};

    #[test]
    fn fingerprints_are_equal_when_the_values_are() {
        let key = FingerprintKey::random();
        assert_eq!(key.fingerprint(&AccessKey::new(KEY1)), key.fingerprint(&AccessKey::new(KEY1)));
        assert_ne!(key.fingerprint(&AccessKey::new(KEY1)), key.fingerprint(&AccessKey::new(KEY2)));
    }

    /// Whoever decodes base64 skips white space, so a key with a line break at its end opens the account all the same.
    #[test]
    fn white_space_makes_no_other_key() {
        let key = FingerprintKey::random();
        for same in [format!("{KEY1}\n"), format!(" {KEY1}\r\n"), format!("{}\n{}", &KEY1[..64], &KEY1[64..])]
        {
            assert_eq!(key.fingerprint(&AccessKey::new(same)), key.fingerprint(&AccessKey::new(KEY1)));
        }
    }

    #[test]
    fn fingerprints_tell_nothing_outside_of_their_process() {
        let value = AccessKey::new(KEY1);
        let [here, elsewhere] = [FingerprintKey::random(), FingerprintKey::random()];
        assert_ne!(here.fingerprint(&value), elsewhere.fingerprint(&value));
    }

    #[test]
    fn a_value_is_not_printed() {
        let text = format!("{:?} {:?}", AccessKey::new(KEY1), FingerprintKey::random());
        assert_eq!(text, "AccessKey(…) FingerprintKey(…)");
    }

    #[test]
    fn the_form_of_a_key_is_64_bytes_of_base64() {
        let has_form = |text: &str| AccessKey::new(text).has_key_form();
        assert!(has_form(KEY1) && has_form(&format!(" {KEY1}\r\n")));
        let shorter = &KEY1[4..];
        for text in
            ["", "password", shorter, &format!("AAAA{KEY1}"), &KEY1.replace('=', "!"), &format!("{KEY1}.")]
        {
            assert!(!has_form(text), "{text}");
        }
    }
}
