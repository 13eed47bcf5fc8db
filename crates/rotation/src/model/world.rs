//! The state of a world.

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::Clocks;
use crate::fixtures::{ACCOUNT, POLICY};
use crate::{Fingerprint, Forced, KeyName, LeakedKeys, Policy, Tags};

/// When every world begins.
pub(crate) const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

/// One account, its secret and its holders. Dates are in true time unless they say whose clock wrote them.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) clocks: Clocks,
    pub(crate) policy: Policy,
    pub(crate) validity: Duration,
    pub(crate) now: OffsetDateTime,
    pub(crate) key1: AccountKey,
    pub(crate) key2: AccountKey,
    /// Whether the account notes when it makes a key.
    pub(crate) dates_new_keys: bool,
    /// Whether the operator declares the pair.
    pub(crate) declared: bool,
    /// Whether there is a secret at all; without one the version counts for nothing.
    pub(crate) has_secret: bool,
    pub(crate) version: Version,
    /// What the versions before it held.
    pub(crate) earlier: Vec<Fingerprint>,
    /// The values that leaked, as far as that is written on the secret.
    pub(crate) leaked: Vec<Fingerprint>,
    /// What the message that is worked on asks to replace.
    pub(crate) asked: Option<Forced>,
    /// The tag `HoldersMovedAt`, by the clock of ours that wrote it.
    pub(crate) holders_moved_at: Option<OffsetDateTime>,
    pub(crate) holders: Vec<TrueHolder>,
    pub(crate) cache: Fingerprint,
    /// Whether a resync gives system datastores what the workspace takes.
    pub(crate) resyncs_write: bool,
    /// How many keys were ever made.
    pub(crate) keys_made: u8,
    /// How many versions a run published.
    pub(crate) publications: u8,
}

/// One key of the account.
#[derive(Debug, Clone)]
pub(crate) struct AccountKey {
    pub(crate) value: Fingerprint,
    pub(crate) made: OffsetDateTime,
    /// Whether the account knows when.
    pub(crate) dated: bool,
}

/// The current version of the secret.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) number: u32,
    /// The key that it was published as.
    pub(crate) key: KeyName,
    pub(crate) value: Fingerprint,
    pub(crate) tags: Tags,
    /// The tag `Compromised`.
    pub(crate) compromised: LeakedKeys,
    pub(crate) published: OffsetDateTime,
    /// When something on it was last changed in place.
    pub(crate) updated: OffsetDateTime,
    /// By the clock of whoever published it.
    pub(crate) expires: Option<OffsetDateTime>,
    /// Whether somebody changed the expiry that it was published with.
    pub(crate) expiry_was_moved: bool,
    /// The values that we made for the rotation away from this version, since its expiry is what it is.
    pub(crate) made_for_the_next: Vec<Fingerprint>,
}

impl Version {
    pub(crate) fn name(&self) -> String {
        format!("v{}", self.number)
    }
}

/// A holder, and what is true about it whether or not it can be seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrueHolder {
    pub(crate) holds: Fingerprint,
    pub(crate) written: OffsetDateTime,
    pub(crate) by_us: bool,
    pub(crate) is_default: bool,
    /// Whether it is one that its workspace works with itself, as the default one is.
    pub(crate) is_system: bool,
    /// Whether Azure says when it was written.
    pub(crate) dated: bool,
    /// Whether we may see what it holds.
    pub(crate) readable: bool,
}

impl World {
    /// `key1`, made and published at the start, valid for 90 days, and held by one datastore; `key2` is older.
    pub(crate) fn new(clocks: Clocks) -> Self {
        let key = |number, made| AccountKey { value: value(number), made, dated: true };
        let (key1, key2) = (key(1, START), key(2, START - Duration::days(60)));
        let version = Version {
            number: 1,
            key: KeyName::Key1,
            value: key1.value,
            tags: complete_tags(KeyName::Key1, Duration::days(90)),
            compromised: LeakedKeys::NONE,
            published: START,
            updated: START,
            expires: Some(START + clocks.ours[0] + Duration::days(90)),
            expiry_was_moved: false,
            made_for_the_next: Vec::new(),
        };
        Self {
            clocks,
            policy: POLICY,
            validity: Duration::days(90),
            now: START,
            cache: key1.value,
            holders: vec![TrueHolder {
                holds: key1.value,
                written: START - Duration::days(60),
                by_us: false,
                is_default: false,
                is_system: false,
                dated: true,
                readable: true,
            }],
            key1,
            key2,
            dates_new_keys: true,
            declared: false,
            has_secret: true,
            earlier: Vec::new(),
            leaked: Vec::new(),
            asked: None,
            resyncs_write: false,
            version,
            holders_moved_at: None,
            keys_made: 2,
            publications: 0,
        }
    }

    /// What the clock of that instance of ours says.
    pub(crate) fn our_time(&self, instance: usize) -> OffsetDateTime {
        self.now + self.clocks.ours[instance]
    }

    pub(crate) const fn key(&self, name: KeyName) -> &AccountKey {
        match name {
            KeyName::Key1 => &self.key1,
            KeyName::Key2 => &self.key2,
        }
    }

    pub(crate) fn published(&self) -> &AccountKey {
        self.key(self.version.key)
    }

    /// The key that the secret really holds, if it holds a live one.
    pub(crate) fn held(&self) -> Option<KeyName> {
        KeyName::BOTH.into_iter().find(|name| self.key(*name).value == self.version.value)
    }

    pub(crate) fn alternate(&self) -> &AccountKey {
        self.key(self.version.key.alternate())
    }

    /// Makes a new value for the key, whoever asked for it.
    pub(crate) fn make_key(&mut self, name: KeyName) {
        self.keys_made += 1;
        let key = AccountKey { value: value(self.keys_made), made: self.now, dated: self.dates_new_keys };
        match name {
            KeyName::Key1 => self.key1 = key,
            KeyName::Key2 => self.key2 = key,
        }
    }
}

fn value(number: u8) -> Fingerprint {
    Fingerprint::new([number; 32])
}

/// The three tags of a secret that holds that key.
pub(super) fn complete_tags(key: KeyName, validity: Duration) -> Tags {
    Tags {
        credential_id: Some(key.to_string()),
        provider_address: Some(ACCOUNT.to_owned()),
        validity_period_days: Some(validity.whole_days().to_string()),
    }
}
