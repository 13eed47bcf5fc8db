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
/// How often an operation is looked at because another has ended: the first time mostly on account of one that is long over.
const MOST_EARLY_LOOKS: u8 = 3;
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
    early_looks: u8,
    /// The age at which it was looked at early, because another had ended at that.
    looked_at_early: Option<Duration>,
}

impl Watched {
    /// One that was started now.
    pub(super) fn one_more(&self) -> Watching {
        self.number.fetch_add(1, Ordering::Relaxed);
        Watching {
            all: self.clone(),
            started: Instant::now(),
            last_took: self.last_took.subscribe(),
            early_looks: 0,
            looked_at_early: None,
        }
    }
}

impl Watching {
    /// Waits until it is worth another look.
    pub(super) async fn wait(&mut self) {
        let by_age = (self.started.elapsed() / PART_OF_THE_TIME).clamp(FIRST_WAIT, USUAL_WAIT);
        let usual = sleep(by_age.max(SHARE * self.all.number.load(Ordering::Relaxed)));
        if self.early_looks == MOST_EARLY_LOOKS {
            usual.await;
            return;
        }
        let as_old_as_another = async {
            sleep(SHORTEST_WAIT).await;
            self.as_old_as_the_last().await
        };
        tokio::select! {
            () = usual => {}
            age = as_old_as_another => {
                self.early_looks += 1;
                self.looked_at_early = Some(age);
            }
        }
    }

    /// Waits until it is as old as the one that ended last was at its end, and gives that age.
    async fn as_old_as_the_last(&mut self) -> Duration {
        loop {
            let age = *self.last_took.borrow_and_update();
            let another = self.last_took.changed();
            match age.filter(|age| self.looked_at_early != Some(*age)) {
                Some(age) => tokio::select! {
                    () = sleep_until(self.started + age) => return age,
                    _ = another => {}
                },
                // The sender lives as long as what waits here.
                None => _ = another.await,
            }
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

#[cfg(test)]
mod tests;
