//! How long a key has rested since the last holder was moved off it: jobs and mounts go on with what they were given.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::access_key::KeyName;
use super::dependent::{Dependent, KeyCopy};
use super::violation::Violation;
use super::workspace::SYSTEM_DATASTORES;
use super::{State, clock};

/// When a holder was last seen with each live key, by account.
pub(super) type LastHeld = BTreeMap<(String, KeyName), OffsetDateTime>;

impl State {
    /// Notes which keys holders hold at this moment. A workspace takes its system datastores along where resyncs write
    /// them, whatever anybody does about it: those count for nothing.
    pub(super) fn note_who_holds(&mut self, now: OffsetDateTime) {
        if self.behaviour.drain.is_zero() {
            return;
        }
        let written_by_resyncs = self.behaviour.resync_rewrites_system_datastores;
        let is_taken_along = |dependent: &Dependent| {
            written_by_resyncs
                && matches!(dependent, Dependent::Datastore { name, .. } if SYSTEM_DATASTORES.contains(&name.as_str()))
        };
        let held = self.holders().into_iter().filter(|copied| !is_taken_along(&copied.dependent));
        let held = held.filter_map(|copied| match copied.copy {
            KeyCopy::Live(key) => Some(((copied.account.name.clone(), key), now)),
            KeyCopy::Dead(_) | KeyCopy::Foreign | KeyCopy::Nothing => None,
        });
        let held: LastHeld = held.collect();
        self.last_held.extend(held);
    }

    /// Records that a key is about to be regenerated although it has not rested.
    pub(crate) fn check_rest(&mut self, account: &str, key: KeyName) {
        let now = clock::now();
        let last_held = self.last_held.remove(&(account.to_owned(), key));
        if last_held.is_some_and(|at| now < at + self.behaviour.drain) {
            self.record(Violation::KeyNotRested { account: account.to_owned(), key });
        }
    }
}
