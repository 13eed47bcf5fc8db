//! A test that does not ask for leaks fails all the same.

use std::sync::{Mutex, PoisonError};

use super::Leak;
use crate::witness::Place;
use crate::world::World;

/// Panics when it is dropped, if a secret value came out by then. For tests: keep it beside what they start.
#[must_use = "it looks when it is dropped"]
pub struct LeakGuard {
    world: World,
    planted: Mutex<Vec<(Place, Leak)>>,
}

impl LeakGuard {
    pub(super) fn new(world: World) -> Self {
        Self { world, planted: Mutex::default() }
    }

    /// Whatever came out so far did so on purpose.
    pub fn allow_what_was_planted(&self) {
        *self.planted.lock().unwrap_or_else(PoisonError::into_inner) = self.world.leaks();
    }
}

impl Drop for LeakGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let planted = self.planted.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut leaks = self.world.leaks();
        leaks.retain(|leak| !planted.contains(leak));
        let told: Vec<String> =
            leaks.iter().map(|(place, leak)| format!("{place} gives away {leak}")).collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
    }
}
