//! How much the handler takes in at a time: so many invocations of each function, each with a body of so many bytes.
//!
//! The functions have separate room, so that a flood at one door shuts no other one. What does not fit waits a little, and
//! then fails; the Functions host, Event Grid and the queue each bring back what is theirs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures::TryStreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::{ROTATE, ROTATE_NOW, SECRET_NEAR_EXPIRY, STATUS, SWEEP};

/// How long an invocation waits for room: Event Grid waits 30 s for an answer.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// What one function may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    /// Invocations at the same time.
    pub(super) at_once: usize,
    /// The longest body, in bytes.
    pub(super) largest_body: usize,
}

/// The largest body of all but events: a message of 64 KiB, in JSON in JSON, has less than half a megabyte.
const LARGEST_BODY: usize = 2 << 20;

/// How much is read of a body that is too long. The host takes requests of 100 MB at most.
const MOST_FORGOTTEN: usize = 128 << 20;

/// The share of a function. All of them together take 222 MiB of bodies at most.
pub(super) fn share_of(function: &str) -> Share {
    match function {
        // An event of 1 MB arrives as more than 2 MB, because its data is sent twice, and each with escapes.
        SECRET_NEAR_EXPIRY => Share { at_once: 8, largest_body: 16 << 20 },
        // The host runs 4 (`batchSize` in host.json), and never more than 32.
        ROTATE => Share { at_once: 32, largest_body: LARGEST_BODY },
        ROTATE_NOW => Share { at_once: 8, largest_body: LARGEST_BODY },
        // Each may be a look at everything.
        STATUS => Share { at_once: 4, largest_body: LARGEST_BODY },
        SWEEP => Share { at_once: 2, largest_body: LARGEST_BODY },
        _ => Share { at_once: 1, largest_body: LARGEST_BODY },
    }
}

/// Why an invocation was not taken in.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAdmitted {
    /// As many as there may be are at work.
    #[error("{} invocations of it are at work, which is as many as there may be at a time", .0.at_once)]
    NoRoom(Share),
    /// Its body is too long, or broke off.
    #[error("its body cannot be read: it broke off, or is longer than {} bytes", .0.largest_body)]
    Body(Share),
}

/// The room of every function.
pub(super) struct Admission {
    functions: BTreeMap<&'static str, Arc<Semaphore>>,
    unknown: Arc<Semaphore>,
}

impl Admission {
    /// Room for these functions, and a little for what is none of them.
    pub(super) fn new(functions: &[&'static str]) -> Self {
        let room = |function: &str| Arc::new(Semaphore::new(share_of(function).at_once));
        Self {
            functions: functions.iter().map(|function| (*function, room(function))).collect(),
            unknown: room(""),
        }
    }

    /// The body of an invocation, once there is room for it, and the room, which is given back when that is dropped.
    ///
    /// # Errors
    ///
    /// See [`NotAdmitted`].
    pub(super) async fn admit(
        &self,
        function: &str,
        body: Body,
    ) -> Result<(OwnedSemaphorePermit, Vec<u8>), NotAdmitted> {
        let share = share_of(function);
        let room = Arc::clone(self.functions.get(function).unwrap_or(&self.unknown));
        let room = timeout(LONGEST_WAIT, room.acquire_owned()).await;
        // Nobody ever closes it.
        let room = room.ok().and_then(Result::ok).ok_or(NotAdmitted::NoRoom(share))?;
        let body = read(body, share.largest_body).await.ok_or(NotAdmitted::Body(share))?;
        Ok((room, body))
    }
}

/// A body, if it has no more than `largest` bytes. What is longer is read on and forgotten: whoever still writes would not
/// get to read the answer.
async fn read(body: Body, largest: usize) -> Option<Vec<u8>> {
    let (mut parts, mut kept, mut length) = (body.into_data_stream(), Vec::new(), 0);
    while let Some(part) = parts.try_next().await.ok()? {
        length += part.len();
        if length <= largest {
            kept.extend_from_slice(&part);
        } else if length <= MOST_FORGOTTEN {
            kept = Vec::new();
        } else {
            return None;
        }
    }
    (length <= largest).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::super::FUNCTIONS;
    use super::*;

    /// As `SECURITY.md` says it.
    const ALL_BODIES: usize = 222 << 20;

    #[test]
    fn the_bodies_of_all_invocations_together_are_bounded() {
        let most = FUNCTIONS.iter().chain(&[""]).map(|function| share_of(function));
        let most: usize = most.map(|share| share.at_once * share.largest_body).sum();
        assert_eq!(most, ALL_BODIES);
    }
}
