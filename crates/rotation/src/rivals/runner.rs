//! One runner: where it is between two outgoing calls, what it has seen, and what its run remembers.

use super::world::{Datastore, Key, Names, Value, Version};
use crate::KeyName;

/// A process that runs one target at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Runner {
    pub(super) deployment: u8,
    /// The version that its message wants replaced before its time.
    pub(super) forced: Option<u8>,
    pub(super) at: At,
    /// What is left of its lease by its own clock, in times of 15 s.
    pub(super) left: u8,
    pub(super) seen: Seen,
    pub(super) memory: Memory,
}

/// What a runner does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum At {
    /// Nothing: it has no run.
    Idle,
    ReadTheSecret,
    Survey,
    ListTheKeys,
    TakeTheLease,
    /// Has the workspace take a key, and then that.
    Resync(AfterResync),
    /// Lists the keys and has the data plane prove the one that is to be published.
    Prove(Deed),
    /// Lists the keys before a move.
    ListTheKeysToMove,
    /// Reads the secret once more, directly before a write.
    ReadTheSecretAgain(Deed),
    /// Lists the keys once more, directly before a publish.
    ListTheKeysAgain(Deed),
    Send(Deed),
    /// Sends what the lease was asked for, however long ago that is.
    SendAtLast(Deed),
    /// Waits for the answer.
    Await(Deed),
    /// Waits for its resyncs, and then decides anew or looks at everything.
    Settle {
        decides: bool,
    },
}

/// What comes after a resync was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum AfterResync {
    Look,
    SettleAndLook,
    Prove(Deed),
}

/// What a run is about to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Deed {
    Regenerate { key: KeyName, resyncs: bool },
    Publish { key: KeyName, rotates: bool, expires: i16, was_dead: bool },
    Amend { expires: i16 },
    Move,
}

/// What the last look has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Seen {
    pub(super) is_whole: bool,
    pub(super) version: Option<Version>,
    /// In truth: whether the version held a dead key when it was read.
    pub(super) was_dead: bool,
    /// Who was seen by the last whole look of this run.
    pub(super) survey: Option<SurveySeen>,
    pub(super) keys: Option<[Key; 2]>,
}

/// Who holds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SurveySeen {
    pub(super) datastore: Datastore,
    pub(super) cache: Option<Value>,
    /// Whether something may be hidden.
    pub(super) is_unproven: bool,
}

/// What a run remembers of itself: [`crate::Run`], small.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Memory {
    pub(super) looked_whole: bool,
    pub(super) regeneration_sent: Option<KeyName>,
    pub(super) regenerated: Option<KeyName>,
    pub(super) publish_failed: bool,
    pub(super) amend_failed: bool,
    /// The version that was seen to hold neither key.
    pub(super) neither: Option<u8>,
    pub(super) seen_live: [Option<Value>; 3],
    pub(super) resynced: bool,
    pub(super) moved: bool,
    /// Whether anything failed, of all and of each dependent.
    pub(super) failed: bool,
    pub(super) move_failed: bool,
    pub(super) resync_failed: bool,
    /// Whether a resync of this run is on its way.
    pub(super) is_resyncing: bool,
    /// Whether the workspace's own copy is to be read again by the next look.
    pub(super) wrote_the_cache: bool,
    /// Whether the lease is to be left to run out.
    pub(super) leaves_the_lease: bool,
}

impl Runner {
    pub(super) fn new(deployment: u8, forced: Option<u8>) -> Self {
        Self { deployment, forced, at: At::Idle, left: 0, seen: Seen::default(), memory: Memory::default() }
    }

    /// Everything but its message is gone.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.deployment, self.forced);
    }

    /// The next look begins.
    pub(super) fn look(&mut self, is_whole: bool, keys_first: bool) {
        self.seen = Seen { is_whole, survey: self.seen.survey, ..Seen::default() };
        self.memory.looked_whole |= is_whole;
        self.at = if keys_first { At::ListTheKeys } else { At::ReadTheSecret };
    }

    pub(super) fn rename(&mut self, names: &mut Names) {
        let Seen { version, survey, keys, .. } = &mut self.seen;
        version.iter_mut().for_each(|version| names.rename(&mut version.value));
        if let Some(survey) = survey {
            names.rename(&mut survey.datastore.holds);
            survey.cache.iter_mut().for_each(|value| names.rename(value));
        }
        keys.iter_mut().flatten().for_each(|key| names.rename(&mut key.value));
        self.memory.seen_live.iter_mut().flatten().for_each(|value| names.rename(value));
    }
}
