//! The key that a holder is to be on, as itself or as the signature of its token.

use rotation::{KeyName, Name};
use time::Duration;

use crate::azure::access_key::AccessKey;
use crate::azure::sas::{SasToken, Signer, StorageResource};
use crate::azure::storage_account::AccessKeys;

/// The key that holders are to be on.
#[derive(Debug)]
pub(crate) struct NewKey<'a> {
    /// The account that it is a key of.
    pub(crate) account: &'a Name,
    /// Both keys of the account: only a token that one of them signed is signed anew.
    pub(crate) keys: &'a AccessKeys,
    /// Which of them it is.
    pub(crate) name: KeyName,
    /// The longest that a token may be valid, where the account turns away those that are valid for longer.
    pub(crate) longest_sas: Option<Duration>,
}

/// What is written into a holder.
pub(super) enum NewSecret<'a> {
    AccountKey(&'a AccessKey),
    Sas(SasToken),
}

/// What comes of signing a token anew.
pub(super) enum Signing {
    /// This token, by the new key.
    Anew(SasToken),
    /// The new key has signed it already.
    Unneeded,
    /// Neither key of the account signed it as far as anybody can tell, or it would be turned away.
    Impossible,
}

impl<'a> NewKey<'a> {
    /// The value itself.
    pub(super) const fn value(&self) -> &'a AccessKey {
        &self.keys.get(self.name).value
    }

    /// The same token by this key.
    pub(super) fn sign(&self, token: &SasToken, resource: Option<&StorageResource>) -> Signing {
        let is_let_in = self.longest_sas.is_none_or(|longest| token.is_valid_within(longest));
        match token.signer(self.account, resource, self.keys) {
            Signer::Key(name) if name == self.name => Signing::Unneeded,
            Signer::Key(_) if is_let_in => token
                .signed_anew(self.account, resource, self.keys, self.name)
                .map_or(Signing::Impossible, Signing::Anew),
            Signer::Key(_) | Signer::NeitherKey | Signer::UserDelegationKey | Signer::Unknown(_) => {
                Signing::Impossible
            }
        }
    }
}
