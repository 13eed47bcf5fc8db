//! Which key signed: HMAC-SHA256 over a string to sign, recomputed with the keys of an account.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::access_key::KeyValue;

/// The signature of a text by a key; none when the value is not base64.
pub(crate) fn sign(key: &KeyValue, text: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.decoded()?).ok()?;
    mac.update(text.as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}
