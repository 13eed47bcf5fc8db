//! When to look whether an operation has ended, where the service names no time.
//!
//! Each look counts as a read of its subscription. So the more operations are watched, the rarer each is looked at, and
//! the first that ends tells the others when theirs may have.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::watch::{Receiver, Sender};
use tokio::time::{Instant, sleep, sleep_until};

/// The first wait between two looks, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const USUAL_WAIT: Duration = Duration::from_secs(4);
/// The wait grows to this part of the time that an operation has taken: its end is not noticed much later than that.
const PART_OF_THE_TIME: u32 = 8;
/// What each further operation that is watched adds to the wait: together they ask for less than Azure Resource Manager gives
/// back of its bucket for reads, 25 a second.
const SHARE: Duration = Duration::from_millis(50);
/// Nothing is looked at twice in less.
pub(super) const SHORTEST_WAIT: Duration = Duration::from_millis(200);

/// The operations that are watched.
#[derive(Debug, Clone, Default)]
pub(in crate::azure::arm) struct Watched {
    number: Arc<AtomicU32>,
    /// How long the one took that ended last.
    last_took: Sender<Option<Duration>>,
}

/// One of them, until it is dropped.
pub(super) struct Watching {
    all: Watched,
    started: Instant,
    last_took: Receiver<Option<Duration>>,
    /// Whether it was looked at when it was as old as the one that ended last.
    was_looked_at_early: bool,
}

impl Watched {
    /// One that was started now.
    pub(super) fn one_more(&self) -> Watching {
        self.number.fetch_add(1, Ordering::Relaxed);
        Watching {
            all: self.clone(),
            started: Instant::now(),
            last_took: self.last_took.subscribe(),
            was_looked_at_early: false,
        }
    }
}

impl Watching {
    /// Waits until it is worth another look.
    pub(super) async fn wait(&mut self) {
        let taken = self.started.elapsed();
        let share = SHARE * self.all.number.load(Ordering::Relaxed);
        let usual = sleep((taken / PART_OF_THE_TIME).max(share).clamp(FIRST_WAIT, USUAL_WAIT));
        if self.was_looked_at_early {
            usual.await;
            return;
        }
        let early = async {
            sleep(SHORTEST_WAIT).await;
            as_old_as_the_last(self.started, &mut self.last_took).await;
        };
        tokio::select! {
            () = usual => {}
            () = early => self.was_looked_at_early = true,
        }
    }

    /// It has ended, which tells the others when to look.
    pub(super) fn ended(self) {
        self.all.last_took.send_replace(Some(self.started.elapsed()));
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.all.number.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Waits until what was started then is as old as the one that ended last was at its end.
async fn as_old_as_the_last(started: Instant, last_took: &mut Receiver<Option<Duration>>) {
    loop {
        let age = *last_took.borrow_and_update();
        let another = last_took.changed();
        match age {
            Some(age) => tokio::select! {
                () = sleep_until(started + age) => return,
                _ = another => {}
            },
            // The sender lives as long as what waits here.
            None => _ = another.await,
        }
    }
}

#[cfg(test)]
mod tests;
