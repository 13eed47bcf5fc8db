//! What people do to a world.

use time::OffsetDateTime;

use super::World;
use super::world::{Version, complete_tags};
use crate::{Fingerprint, KeyName, LeakedKeys, Tags};

impl World {
    /// Somebody publishes the key by hand, with complete tags and an expiry that goes by the validity alone.
    pub(crate) fn publish_by_hand(&mut self, key: KeyName) {
        self.put_version(key, self.key(key).value, complete_tags(key, self.validity));
        self.leaked.clear();
    }

    /// Somebody makes a version of any value by hand, which keeps the tags or has none.
    pub(super) fn edit_by_hand(&mut self, value: Fingerprint, keeps_tags: bool) {
        let tags = if keeps_tags { self.version.tags.clone() } else { Tags::default() };
        let compromised = if keeps_tags { self.version.compromised } else { LeakedKeys::NONE };
        let key = KeyName::BOTH.into_iter().find(|name| self.key(*name).value == value);
        self.put_version(key.unwrap_or(self.version.key), value, tags);
        self.version.compromised = compromised;
        // Whoever publishes a leaked key takes that back.
        if !keeps_tags || self.leaked.contains(&value) {
            self.leaked.clear();
        }
    }

    pub(super) fn put_version(&mut self, key: KeyName, value: Fingerprint, tags: Tags) {
        if self.has_secret {
            self.earlier.push(self.version.value);
        }
        self.has_secret = true;
        self.version = Version {
            number: self.version.number + 1,
            key,
            value,
            tags,
            compromised: LeakedKeys::NONE,
            published: self.now,
            updated: self.now,
            expires: Some(self.now + self.validity),
            expiry_was_moved: false,
            made_for_the_next: Vec::new(),
        };
    }

    /// Somebody moves the expiry of the current version.
    pub(crate) fn move_expiry(&mut self, expires: OffsetDateTime) {
        self.change_expiry(Some(expires));
    }

    /// Somebody moves the expiry of the current version, or takes it away.
    pub(super) fn change_expiry(&mut self, expires: Option<OffsetDateTime>) {
        self.version.expires = expires;
        self.version.updated = self.now;
        self.version.expiry_was_moved = true;
        self.version.made_for_the_next.clear();
        // Whoever changes the expiry of a version that holds a leaked key calls its rotation off.
        self.leaked.clear();
    }

    /// Somebody registers a value with a holder.
    pub(crate) fn write_by_hand(&mut self, index: usize, holds: Fingerprint) {
        self.write(index, holds, false);
    }

    pub(super) fn write(&mut self, index: usize, holds: Fingerprint, by_us: bool) {
        let holder = &mut self.holders[index];
        (holder.holds, holder.written, holder.by_us) = (holds, self.now, by_us);
    }
}
