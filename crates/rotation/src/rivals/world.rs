//! The world that rivals share: one account, its secret, one datastore, one workspace; and what is true of them whether or
//! not anybody can see it.

use std::fmt;

use super::violation::Violation;
use crate::KeyName;

/// For how long readers of the vault, and jobs, may keep a key: 24 hours each, whatever the policy of a run says.
const KEPT: i16 = 24;
/// Long ago, in hours.
const LONG_AGO: i16 = -60 * 24;

/// The value of a key; none is made twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Value(pub(super) u8);

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "v{}", self.0)
    }
}

/// Everything but the runners. Times are in hours; what takes seconds is in [`super::requests`] and [`super::leases`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct World {
    pub(super) hour: i16,
    pub(super) keys: [Key; 2],
    pub(super) version: Version,
    /// What the versions before it held.
    pub(super) earlier: Vec<Value>,
    pub(super) datastore: Datastore,
    /// What a datastore holds that nobody may see.
    pub(super) hidden: Option<Value>,
    /// The workspace's own copy of a key.
    pub(super) cache: Value,
    /// Which key it takes when it is resynced: its own choice.
    pub(super) takes: KeyName,
    /// Whether it may be read what it has.
    pub(super) cache_is_readable: bool,
    /// Whether the last resync failed.
    pub(super) resync_failed: bool,
    /// What became of each value, from `v1` on.
    pub(super) fates: Vec<Fate>,
    /// How often a key was published in place of another that was due.
    pub(super) rotations: u8,
}

/// One key of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) value: Value,
    pub(super) made: i16,
}

/// The current version of the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Version {
    pub(super) number: u8,
    pub(super) key: KeyName,
    pub(super) value: Value,
    pub(super) published: i16,
    pub(super) expires: i16,
    /// How often it was changed in place.
    pub(super) changes: u8,
}

/// A datastore that can be seen and moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Datastore {
    pub(super) holds: Value,
    pub(super) written: i16,
    pub(super) by_us: bool,
}

/// What became of a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Fate {
    /// When the vault last gave it to whoever asks, if it did and does no more.
    read_until: Option<i16>,
    /// When the datastore last held it, if it did and does no more.
    held_until: Option<i16>,
    /// Whether a person made it useless: whoever was on it is none of ours.
    pub(super) ended_by_hand: bool,
}

/// A version to publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NewVersion {
    pub(super) key: KeyName,
    pub(super) value: Value,
    pub(super) expires: i16,
    /// Whether it takes the place of one that is due; else that of one that is dead.
    pub(super) rotates: bool,
    /// Whether the value was dead when whoever sent it asked for the last time.
    pub(super) was_dead: bool,
}

impl World {
    /// `key1` is published, due for an hour, and everybody is on it; the workspace's own copy is `key2`.
    pub(super) fn new() -> Self {
        let [one, two] = [Value(1), Value(2)];
        Self {
            hour: 0,
            keys: [Key { value: one, made: LONG_AGO }, Key { value: two, made: 2 * LONG_AGO }],
            version: Version {
                number: 1,
                key: KeyName::Key1,
                value: one,
                published: LONG_AGO,
                expires: LONG_AGO + 90 * 24,
                changes: 0,
            },
            earlier: vec![two],
            datastore: Datastore { holds: one, written: LONG_AGO, by_us: true },
            hidden: None,
            cache: two,
            takes: KeyName::Key1,
            cache_is_readable: true,
            resync_failed: false,
            fates: vec![Fate::default(); 2],
            rotations: 0,
        }
    }

    /// As if it had been published so many hours ago, in place of the other key.
    pub(super) fn published_hours_ago(mut self, hours: i16) -> Self {
        self.version.published = -hours;
        self.fate_mut(self.keys[1].value).read_until = Some(-hours);
        self
    }

    pub(super) const fn key(&self, name: KeyName) -> Key {
        match name {
            KeyName::Key1 => self.keys[0],
            KeyName::Key2 => self.keys[1],
        }
    }

    pub(super) fn is_live(&self, value: Value) -> bool {
        self.keys.iter().any(|key| key.value == value)
    }

    fn fate_mut(&mut self, value: Value) -> &mut Fate {
        &mut self.fates[usize::from(value.0) - 1]
    }

    pub(super) fn fate(&self, value: Value) -> &Fate {
        &self.fates[usize::from(value.0) - 1]
    }

    fn is_kept(&self, since: Option<i16>) -> bool {
        since.is_some_and(|since| self.hour < since + KEPT)
    }

    /// Whether the workspace is on a dead key, although no resync failed and no person made that key useless.
    fn is_left_behind(&self) -> bool {
        !self.is_live(self.cache) && !self.resync_failed && !self.fate(self.cache).ended_by_hand
    }

    /// Makes a new value for a key, whoever asked for it.
    fn make(&mut self, name: KeyName) {
        self.fates.push(Fate::default());
        let value = Value(u8::try_from(self.fates.len()).unwrap());
        self.keys[usize::from(name == KeyName::Key2)] = Key { value, made: self.hour };
    }

    /// A person makes a new value for a key.
    pub(super) fn regenerate_by_hand(&mut self, name: KeyName) {
        let old = self.key(name).value;
        self.fate_mut(old).ended_by_hand = true;
        self.make(name);
    }

    /// A run makes a new value for a key. `on_a_dead_one`: the version that it took for live held a dead key already when
    /// it was read.
    pub(super) fn regenerate(&mut self, name: KeyName, on_a_dead_one: bool) -> Result<(), Violation> {
        let ends = self.key(name).value;
        self.make(name);
        if self.version.value == ends {
            Err(Violation::PublishedKeyRegenerated(ends))
        } else if self.datastore.holds == ends || self.hidden == Some(ends) {
            Err(Violation::HolderCutOff(ends))
        } else if self.is_kept(self.fate(ends).read_until) {
            Err(Violation::ReaderCutOff(ends))
        } else if self.is_kept(self.fate(ends).held_until) {
            Err(Violation::JobCutOff(ends))
        } else if on_a_dead_one {
            Err(Violation::TakenForLive(self.version.value))
        } else {
            Ok(())
        }
    }

    /// A run publishes a key. What a person made useless after the run had asked for the last time is none of ours.
    pub(super) fn publish(&mut self, new: NewVersion) -> Result<(), Violation> {
        let hour = self.hour;
        let old = self.version.value;
        if old != new.value {
            self.fate_mut(old).read_until = Some(hour);
            self.earlier.push(old);
        }
        let NewVersion { key, value, expires, rotates, was_dead } = new;
        self.version =
            Version { number: self.version.number + 1, key, value, published: hour, expires, changes: 0 };
        self.rotations += u8::from(rotates);
        if !self.is_live(value) && (was_dead || !self.fate(value).ended_by_hand) {
            Err(Violation::DeadKeyPublished(value))
        } else if rotates && self.is_left_behind() {
            Err(Violation::WorkspaceLeftBehind(self.cache))
        } else {
            Ok(())
        }
    }

    /// A run changes the end of a version in place; an old version is nobody's matter any more.
    pub(super) fn amend(&mut self, number: u8, expires: i16) {
        if self.version.number == number {
            self.version.expires = expires;
            self.version.changes += 1;
        }
    }

    /// A run gives the datastore a key.
    pub(super) fn move_datastore(&mut self, value: Value) -> Result<(), Violation> {
        let hour = self.hour;
        let old = self.datastore.holds;
        if old != value {
            self.fate_mut(old).held_until = Some(hour);
        }
        self.datastore = Datastore { holds: value, written: hour, by_us: true };
        if self.is_live(value) || self.fate(value).ended_by_hand {
            Ok(())
        } else {
            Err(Violation::HolderGivenADeadKey(value))
        }
    }

    /// The workspace takes a key of its own choice.
    pub(super) fn resync(&mut self) {
        self.cache = self.key(self.takes).value;
        self.resync_failed = false;
    }

    /// Gives each value another name, in the order in which they are met; what nothing holds any more is forgotten, and so
    /// are times that are over.
    pub(super) fn rename(&mut self, names: &mut Names) {
        let Self { keys, version, earlier, datastore, hidden, cache, .. } = self;
        keys.iter_mut().for_each(|key| names.rename(&mut key.value));
        names.rename(&mut version.value);
        earlier.iter_mut().for_each(|value| names.rename(value));
        names.rename(&mut datastore.holds);
        hidden.iter_mut().for_each(|value| names.rename(value));
        names.rename(cache);
    }

    /// After everything else was renamed as well.
    pub(super) fn rename_fates(&mut self, names: &Names) {
        let hour = self.hour;
        let is_kept = |since: &i16| hour < since + KEPT;
        let old = std::mem::take(&mut self.fates);
        self.fates = vec![Fate::default(); usize::from(names.next)];
        for (index, Fate { read_until, held_until, ended_by_hand }) in old.into_iter().enumerate() {
            if let Some(new) = names.new[index] {
                let (read_until, held_until) = (read_until.filter(is_kept), held_until.filter(is_kept));
                self.fates[usize::from(new.0) - 1] = Fate { read_until, held_until, ended_by_hand };
            }
        }
    }
}

/// More values than any search makes.
const MOST_VALUES: usize = 24;

/// New names for values.
#[derive(Default)]
pub(super) struct Names {
    new: [Option<Value>; MOST_VALUES],
    next: u8,
}

impl Names {
    pub(super) fn rename(&mut self, value: &mut Value) {
        let new = &mut self.new[usize::from(value.0) - 1];
        *value = *new.get_or_insert_with(|| {
            self.next += 1;
            Value(self.next)
        });
    }
}
