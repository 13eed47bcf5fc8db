//! A holder between two reads: its token was read, the keys were not yet.
//!
//! The keys are read last, so that a key that somebody regenerates meanwhile is not taken for the one that a holder
//! has. Until then a token stays a token; afterwards only the fingerprint of the key that signed it is left.

use rotation::{CLOCK_SKEW, Held, Holder, HolderId, LastWrite, Name, NoKey};
use time::{Duration, OffsetDateTime};

use crate::azure::{AccessKeys, FingerprintKey, SasToken, Signer, StorageResource};

/// A holder, as far as it is known without the keys.
pub(super) struct Sighting {
    pub(super) id: HolderId,
    pub(super) is_default: bool,
    pub(super) content: Content,
    pub(super) last_write: Option<LastWrite>,
}

/// What a holder has.
pub(super) enum Content {
    /// This, whatever the keys are.
    Seen(Held),
    /// A token, used for that container or share where it is known.
    Signed { token: SasToken, resource: Option<StorageResource> },
}

/// What tells which key signed a token.
pub(super) struct Tracing<'a> {
    pub(super) account: &'a Name,
    /// `None` when they were not to be read.
    pub(super) keys: Option<&'a AccessKeys>,
    /// The longest that a token may be valid to be let in.
    pub(super) longest_sas: Option<Duration>,
    pub(super) fingerprint_key: &'a FingerprintKey,
    pub(super) now: OffsetDateTime,
}

impl Sighting {
    /// The holder with what it holds. The token is dropped.
    pub(super) fn trace(self, tracing: &Tracing<'_>) -> Holder {
        let Self { id, is_default, content, last_write } = self;
        let held = match content {
            Content::Seen(held) => held,
            Content::Signed { token, resource } => tracing.held(&token, resource.as_ref()),
        };
        Holder { id, is_default, held, last_write }
    }
}

impl Tracing<'_> {
    fn held(&self, token: &SasToken, resource: Option<&StorageResource>) -> Held {
        // By either clock, Azure's or ours.
        if let Some(at) = token.expires().filter(|at| at.saturating_add(CLOCK_SKEW) < self.now) {
            return Held::Nothing(NoKey::Expired(at));
        }
        let Some(keys) = self.keys else {
            return Held::EitherKey("the keys of the account were not to be read".to_owned());
        };
        match token.signer(self.account, resource, keys) {
            Signer::Key(name) => {
                let value = self.fingerprint_key.fingerprint(&keys.get(name).value);
                match self.longest_sas.filter(|longest| !token.is_valid_within(*longest)) {
                    Some(longest) => Held::TooLong { value, longest },
                    None => Held::Value(value),
                }
            }
            Signer::NeitherKey => Held::Nothing(NoKey::Foreign),
            Signer::UserDelegationKey => Held::Nothing(NoKey::UserDelegation),
            Signer::Unknown(why) => Held::EitherKey(why.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
