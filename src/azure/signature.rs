//! What an access key signs, requests and shared access signatures alike: HMAC-SHA256 of a text.

use azure_core::base64;
use hmac::{Hmac, Mac};
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;

use super::access_key::AccessKey;

/// How many bytes an access key has.
const KEY_LENGTH: usize = 64;

/// A value that is not base64 cannot sign.
#[derive(Debug, thiserror::Error)]
#[error("the value is no key that could sign")]
pub(super) struct NotAKey;

impl AccessKey {
    /// Whether it is a key at all: base64 of something.
    pub(crate) fn can_sign(&self) -> bool {
        !self.is_empty() && self.mac("").is_ok()
    }

    /// Whether it has the form of an access key: base64 of 64 bytes. White space does not count.
    pub(crate) fn has_key_form(&self) -> bool {
        let text = Zeroizing::new(self.expose().split_whitespace().collect::<String>());
        base64::decode(text.as_str()).map(Zeroizing::new).is_ok_and(|bytes| bytes.len() == KEY_LENGTH)
    }

    /// The signature of a text, in base64.
    pub(super) fn sign(&self, text: &str) -> Result<String, NotAKey> {
        Ok(base64::encode(self.mac(text)?.finalize().into_bytes()))
    }

    /// Whether `signature` is this key's signature of `text`. How long that takes tells nothing about either.
    pub(super) fn has_signed(&self, text: &str, signature: &[u8]) -> bool {
        self.mac(text).is_ok_and(|mac| mac.verify_slice(signature).is_ok())
    }

    fn mac(&self, text: &str) -> Result<Hmac<Sha256>, NotAKey> {
        let key = Zeroizing::new(base64::decode(self.expose()).map_err(|_| NotAKey)?);
        Ok(keyed(&key).chain_update(text))
    }
}

/// HMAC-SHA256, ready for a text.
pub(super) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::in_process::{KEY1, KEY2};

    #[test]
    fn a_signature_is_known_by_its_key_and_by_no_other() {
        let [key1, key2] = [KEY1, KEY2].map(AccessKey::new);
        let signature = base64::decode(key1.sign("text").unwrap()).unwrap();
        assert!(key1.has_signed("text", &signature));
        assert!(!key1.has_signed("texts", &signature) && !key2.has_signed("text", &signature));
        assert!(!key1.has_signed("text", &signature[1..]) && !key1.has_signed("text", &[]));
    }

    #[test]
    fn what_is_no_base64_cannot_sign() {
        let no_key = AccessKey::new("not a key!");
        assert!(no_key.sign("text").is_err() && !no_key.can_sign() && !AccessKey::new("").can_sign());
        assert!(!no_key.has_signed("text", &[0; 32]));
    }
}
