//! The state of a world, and how it looks.

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::Clocks;
use crate::fixtures::{ACCOUNT, POLICY, holder, workspace};
use crate::{
    AccountSeen, Breadth, Cache, Fingerprint, Held, Holder, KeyName, KeySeen, LastWrite, Name, Observation,
    Policy, Run, Scope, SecretId, SecretSeen, Survey, Tags, WorkspaceSeen,
};

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
    pub(crate) version: Version,
    /// The tag `HoldersMovedAt`, by the clock of ours that wrote it.
    pub(crate) holders_moved_at: Option<OffsetDateTime>,
    pub(crate) holders: Vec<TrueHolder>,
    pub(crate) cache: Fingerprint,
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
    pub(crate) key: KeyName,
    pub(crate) published: OffsetDateTime,
    /// By the clock of whoever published it.
    pub(crate) expires: Option<OffsetDateTime>,
    /// Whether somebody changed the expiry that it was published with.
    pub(crate) expiry_was_moved: bool,
    /// The values that we made for the rotation away from this version, since its expiry is what it is.
    pub(crate) made_for_the_next: Vec<Fingerprint>,
}

/// A holder, and what is true about it whether or not it can be seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrueHolder {
    pub(crate) holds: Fingerprint,
    pub(crate) written: OffsetDateTime,
    pub(crate) by_us: bool,
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
            key: KeyName::Key1,
            published: START,
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
                dated: true,
                readable: true,
            }],
            key1,
            key2,
            dates_new_keys: true,
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

    /// Somebody publishes the key by hand, with an expiry that goes by the validity alone.
    pub(crate) fn publish_by_hand(&mut self, key: KeyName) {
        self.version = Version {
            key,
            published: self.now,
            expires: Some(self.now + self.validity),
            expiry_was_moved: false,
            made_for_the_next: Vec::new(),
        };
    }

    /// Somebody changes the expiry of the current version.
    pub(crate) fn move_expiry(&mut self, expires: OffsetDateTime) {
        self.version.expires = Some(expires);
        self.version.expiry_was_moved = true;
        self.version.made_for_the_next.clear();
    }

    /// Somebody registers a value with a holder.
    pub(crate) fn write_by_hand(&mut self, index: usize, holds: Fingerprint) {
        self.write(index, holds, false);
    }

    pub(super) fn write(&mut self, index: usize, holds: Fingerprint, by_us: bool) {
        let holder = &mut self.holders[index];
        (holder.holds, holder.written, holder.by_us) = (holds, self.now, by_us);
    }

    /// What a look sees now.
    pub(crate) fn observe(&self, breadth: Breadth, run: &Run) -> Observation {
        let seen = |key: &AccountKey| KeySeen {
            value: key.value,
            created: key.dated.then_some(key.made + self.clocks.arm),
        };
        let survey = if run.looked_whole { self.survey(breadth) } else { Survey::none() };
        Observation {
            target: SecretId::new("kv-ml", "storage-key").unwrap(),
            vault_allowed: true,
            secret: Ok(SecretSeen {
                version: format!("of {}", self.version.published),
                value: self.published().value,
                published_at: self.version.published + self.clocks.vault,
                expires: self.version.expires,
                tags: Tags {
                    credential_id: Some(self.version.key.to_string()),
                    provider_address: Some(ACCOUNT.to_owned()),
                    validity_period_days: Some(self.validity.whole_days().to_string()),
                },
                holders_moved_at: self.holders_moved_at,
            }),
            account: Ok(AccountSeen { key1: seen(&self.key1), key2: seen(&self.key2) }),
            survey,
            run: run.clone(),
        }
    }

    fn survey(&self, breadth: Breadth) -> Survey {
        Survey {
            breadth,
            scopes: vec![Scope::Subscription(Name::new("s"))],
            searched: [workspace("ws")].into(),
            hidden: Vec::new(),
            other_secrets: Vec::new(),
            workspaces: vec![WorkspaceSeen { id: workspace("ws"), cache: Cache::Holds(self.cache) }],
            holders: (0..self.holders.len()).map(|index| self.holder_seen(index)).collect(),
        }
    }

    fn holder_seen(&self, index: usize) -> Holder {
        let TrueHolder { holds, written, by_us, dated, readable } = self.holders[index];
        let held = if readable { Held::Value(holds) } else { Held::Unreadable("403".to_owned()) };
        let by = if by_us { "us" } else { "somebody" }.to_owned();
        let last_write = dated.then_some(LastWrite { at: written + self.clocks.arm, by, ours: by_us });
        Holder { last_write, ..holder(&index.to_string(), held) }
    }
}

fn value(number: u8) -> Fingerprint {
    Fingerprint::new([number; 32])
}
