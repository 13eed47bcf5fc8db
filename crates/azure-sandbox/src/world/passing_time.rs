//! What time itself brings about: resyncs end, and the data plane accepts new keys.

use tokio::time::Instant;

use super::State;
use super::access_key::KeyName;
use super::checks::Copied;
use super::dependent::{Dependent, KeyCopy};
use super::violation::Violation;
use crate::clock;

impl State {
    /// Does everything whose time has come, in the order of time, and checks the world each time.
    pub(crate) fn catch_up(&mut self) {
        let now = Instant::now();
        let resyncs = self.ended_resyncs(now).into_iter().map(|(ends, id)| (ends, Some(id)));
        let accepted = self.acceptances().filter(|at| (self.checked < *at) && (*at <= now));
        let mut due: Vec<(Instant, Option<String>)> = resyncs.chain(accepted.map(|at| (at, None))).collect();
        due.sort();
        for (at, resync) in due {
            self.revision += 1;
            if let Some(id) = resync {
                self.end_resync(&id);
            }
            self.check(clock::now(), at);
        }
    }

    /// When each key was or will be accepted by the data plane.
    fn acceptances(&self) -> impl Iterator<Item = Instant> {
        let accounts = self.accounts.values();
        accounts.flat_map(|account| KeyName::BOTH.map(|name| account.key(name).accepted_from))
    }

    /// Records that somebody was just given a key that the data plane does not accept yet.
    pub(crate) fn check_acceptance(&mut self, holder: &Dependent) {
        let now = Instant::now();
        let copies = self.holders().into_iter().chain(self.published());
        let found: Vec<Violation> = copies
            .filter(|copied| copied.dependent == *holder)
            .filter_map(|copied| {
                let key = copied.not_accepted(now)?;
                let account = copied.account.name.clone();
                Some(Violation::KeyNotAcceptedYet { holder: holder.clone(), account, key })
            })
            .collect();
        for violation in found {
            self.record(violation);
        }
    }
}

impl Copied<'_> {
    /// Whether whoever uses the copy is turned away at that moment.
    pub(crate) fn opens_nothing(&self, at: Instant) -> bool {
        self.copy.is_lost() || self.not_accepted(at).is_some()
    }

    /// The live key that it is, where the data plane does not accept that at that moment.
    fn not_accepted(&self, at: Instant) -> Option<KeyName> {
        match self.copy {
            KeyCopy::Live(name) => Some(name).filter(|name| self.account.key(*name).accepted_from > at),
            KeyCopy::Dead(_) | KeyCopy::Foreign | KeyCopy::Nothing => None,
        }
    }
}
