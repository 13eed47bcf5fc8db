//! Shared access signatures (SAS): which key of an account signed one, and the same token by the other key.
//!
//! A token does not say who signed it. It is found by signing it again with either key, as the pages
//! <https://learn.microsoft.com/rest/api/storageservices/create-account-sas> and
//! <https://learn.microsoft.com/rest/api/storageservices/create-service-sas> describe it.

mod parameters;
mod resource;
mod signature_field;
mod string_to_sign;
mod untraceable;
mod validity;

use std::fmt;

use azure_core::base64;
use rotation::{KeyName, Name};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use self::parameters::{Parameters, Plus};
pub(crate) use self::resource::StorageResource;
use self::string_to_sign::{NEWEST_KNOWN_VERSION, string_to_sign, version};
pub(crate) use self::untraceable::Untraceable;
use super::access_key::AccessKey;
use super::storage_account::AccessKeys;

/// The length of HMAC-SHA256, in bytes.
const SIGNATURE_LENGTH: usize = 32;

/// A shared access signature, as a datastore or a connection holds it, with or without a `?` before it.
///
/// It cannot be printed, and is wiped from memory when dropped.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct SasToken(SecretString);

/// Who signed a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signer {
    /// This key of the account.
    Key(KeyName),
    /// Neither key of the account: the one that did is dead, or is another account's.
    NeitherKey,
    /// A user delegation key, which has nothing to do with the keys of the account.
    UserDelegationKey,
    /// That cannot be said.
    Unknown(Untraceable),
}

/// What a key signed, if one did, and the signature.
struct Signed {
    texts: Vec<String>,
    signature: Vec<u8>,
}

impl SasToken {
    /// Takes charge of a token.
    #[must_use]
    pub(crate) fn new(token: impl Into<String>) -> Self {
        Self(SecretString::from(token.into()))
    }

    /// The token itself, for the wire only.
    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// From when on nobody is let in by it; `None` when it does not say so itself, as with a stored access policy.
    #[must_use]
    pub(crate) fn expires(&self) -> Option<OffsetDateTime> {
        let parameters = Parameters::read(self.expose(), Plus::Itself).ok()?;
        validity::end(parameters.get("se"))
    }

    /// Whether an account lets it in that turns away what is valid for more than `longest` (`sasPolicy`, action `Block`).
    ///
    /// Azure takes the end less the start, and then wants a start on every token. What a stored access policy says of
    /// either is not known here, and such a token works as it is.
    ///
    /// Source: <https://learn.microsoft.com/azure/storage/common/sas-expiration-policy>.
    #[must_use]
    pub(crate) fn is_valid_within(&self, longest: Duration) -> bool {
        let Ok(parameters) = Parameters::read(self.expose(), Plus::Itself) else {
            return false;
        };
        let (start, end) = (validity::start(parameters.get("st")), validity::end(parameters.get("se")));
        parameters.has("si") || start.zip(end).is_some_and(|(start, end)| end - start <= longest)
    }

    /// Which of `keys`, those of `account`, signed it.
    ///
    /// `resource` is the container or share that it is used for, where that is known.
    #[must_use]
    pub(crate) fn signer(
        &self,
        account: &Name,
        resource: Option<&StorageResource>,
        keys: &AccessKeys,
    ) -> Signer {
        self.find_signer(account, resource, keys).unwrap_or_else(Signer::Unknown)
    }

    /// The same token by another key: everything in it but the signature is as it was, byte for byte.
    ///
    /// `None` when none of `keys`, those of `account`, signed it, or when the other one cannot sign.
    pub(crate) fn signed_anew(
        &self,
        account: &Name,
        resource: Option<&StorageResource>,
        keys: &AccessKeys,
        name: KeyName,
    ) -> Option<Self> {
        let parameters = Parameters::read(self.expose(), Plus::Itself).ok()?;
        if parameters.are_of_a_user_delegation().ok()? {
            return None;
        }
        let signed = self.signed(&parameters, account, resource).ok()?;
        let text = KeyName::BOTH.into_iter().find_map(|name| signed.text_by(&keys.get(name).value))?;
        let signature = keys.get(name).value.sign(text).ok()?;
        Some(Self(signature_field::replaced(self.expose(), &signature)?.into()))
    }

    fn find_signer(
        &self,
        account: &Name,
        resource: Option<&StorageResource>,
        keys: &AccessKeys,
    ) -> Result<Signer, Untraceable> {
        let parameters = Parameters::read(self.expose(), Plus::Itself)?;
        if parameters.are_of_a_user_delegation()? {
            return Ok(Signer::UserDelegationKey);
        }
        let signed = self.signed(&parameters, account, resource)?;
        if let Some(name) =
            KeyName::BOTH.into_iter().find(|name| signed.text_by(&keys.get(*name).value).is_some())
        {
            return Ok(Signer::Key(name));
        }
        let version = version(&parameters)?;
        // A form that is not known may be what either key signed.
        if version > NEWEST_KNOWN_VERSION {
            Err(Untraceable::TooNew(version))
        } else {
            Ok(Signer::NeitherKey)
        }
    }

    fn signed(
        &self,
        parameters: &Parameters,
        account: &Name,
        resource: Option<&StorageResource>,
    ) -> Result<Signed, Untraceable> {
        let otherwise = Parameters::read(self.expose(), Plus::Space)?;
        let mut texts = vec![
            string_to_sign(parameters, account, resource)?,
            string_to_sign(&otherwise, account, resource)?,
        ];
        texts.dedup();
        let signature = base64::decode(parameters.required("sig")?).ok();
        let signature = signature.filter(|signature| signature.len() == SIGNATURE_LENGTH);
        Ok(Signed { texts, signature: signature.ok_or(Untraceable::NoSignature)? })
    }
}

impl Signed {
    /// The text that this key signed, if it was this one.
    fn text_by(&self, key: &AccessKey) -> Option<&str> {
        self.texts.iter().find(|text| key.has_signed(text, &self.signature)).map(String::as_str)
    }
}

impl fmt::Debug for SasToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SasToken(…)")
    }
}

#[cfg(test)]
mod tests;
