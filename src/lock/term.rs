//! For how long a lease is ours, by the monotonic clock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{EXCLUSIVE_WRITE, LEASE_TIME};

/// For how long a lease is ours. What the service counts from when it got a request, this counts from when that was
/// sent: it ends here first.
pub(super) struct Term(Mutex<State>);

struct State {
    until: Instant,
    /// Why nothing is written under it any more.
    ended: Option<String>,
    /// Why it was not renewed when it was last tried.
    not_renewed: Option<String>,
    /// Until when a write may yet be carried out that got no certain answer.
    on_its_way_until: Option<Instant>,
}

impl Term {
    /// A lease that was asked for then.
    pub(super) fn new(sent: Instant) -> Self {
        let state =
            State { until: sent + LEASE_TIME, ended: None, not_renewed: None, on_its_way_until: None };
        Self(Mutex::new(state))
    }

    /// Begins anew with a renewal that was asked for then.
    pub(super) fn renew(&self, sent: Instant) {
        let mut state = self.lock();
        state.end_if_over();
        state.until = sent + LEASE_TIME;
        state.not_renewed = None;
    }

    /// Remembers why a renewal failed.
    pub(super) fn not_renewed(&self, why: String) {
        self.lock().not_renewed = Some(why);
    }

    /// Ends it at once.
    pub(super) fn end(&self, why: String) {
        self.lock().ended.get_or_insert(why);
    }

    /// Whether nothing is written under it any more.
    pub(super) fn has_ended(&self) -> bool {
        let mut state = self.lock();
        state.end_if_over();
        state.ended.is_some()
    }

    /// Whether at least so much is left; if not, it has ended, and why.
    pub(super) fn demand(&self, least: Duration) -> Result<(), String> {
        let mut state = self.lock();
        state.end_if_over();
        let left = state.left();
        if left < least {
            let (left, because) = (left.as_secs(), state.because());
            state.ended.get_or_insert(format!("only {left} s are left of its lease{because}"));
        }
        state.ended.clone().map_or(Ok(()), Err)
    }

    /// Remembers that a write got no certain answer, which was sent then.
    pub(super) fn leave_to_run_out(&self, sent: Instant) {
        self.lock().on_its_way_until = Some(sent + EXCLUSIVE_WRITE);
    }

    /// Until when such a write may yet be carried out, if there is one.
    pub(super) fn on_its_way_until(&self) -> Option<Instant> {
        self.lock().on_its_way_until.filter(|until| Instant::now() < *until)
    }

    /// Whether it may be given back, and why not.
    pub(super) fn may_release(&self) -> Result<(), String> {
        let mut state = self.lock();
        state.end_if_over();
        if state.on_its_way_until.is_some() {
            return Err("a write may yet be carried out".to_owned());
        }
        state.ended.clone().map_or(Ok(()), Err)
    }

    #[cfg(test)]
    pub(super) fn left(&self) -> Duration {
        self.lock().left()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    fn end_if_over(&mut self) {
        if self.until <= Instant::now() {
            let because = self.because();
            self.ended.get_or_insert_with(|| format!("its lease ran out{because}"));
        }
    }

    fn because(&self) -> String {
        self.not_renewed.as_ref().map_or_else(String::new, |why| format!(" ({why})"))
    }
}
