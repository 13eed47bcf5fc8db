//! The shortest time in which everything can be done that a rotation has to do, whoever does it.
//!
//! Either the longest chain of calls that need one another, or Azure Resource Manager's token buckets, whichever takes
//! longer. Both count what the table in ARCHITECTURE.md asks for, and not what was called.

use std::fmt;
use std::time::Duration;

use crate::scene::{LATENCY, PAGE, RESYNC, Size};

/// A bucket of a subscription: what it holds, and what comes back in a second.
const READS: (f64, f64) = (250.0, 25.0);
const WRITES: (f64, f64) = (200.0, 10.0);

/// What no implementation is below.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) shortest: Duration,
    pub(crate) by: By,
}

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Chain,
    Bucket,
}

impl fmt::Display for By {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Chain => "chain",
            Self::Bucket => "bucket",
        })
    }
}

impl Bound {
    /// That of a rotation of this size.
    pub(crate) fn of(size: Size) -> Self {
        let (chain, bucket) = (chain(size), buckets(size));
        if chain < bucket {
            Self { shortest: bucket, by: By::Bucket }
        } else {
            Self { shortest: chain, by: By::Chain }
        }
    }
}

/// Pages of the datastores of one workspace, and of the workspaces.
fn pages(size: Size) -> (usize, usize) {
    let largest = size.datastores.div_ceil(size.workspaces);
    (largest.div_ceil(PAGE).max(1), size.workspaces.div_ceil(PAGE).max(1))
}

/// Calls of which each needs the answer of the one before, with the resyncs between them.
fn chain(size: Size) -> Duration {
    let (pages, workspace_pages) = pages(size);
    // The secret first, with its challenge and token; the account it names, with a token; the keys last.
    let first_look = 4 + 2 + 1;
    // Token; no such blob: container, blob; the lease.
    let lease = 1 + 4;
    let narrow_look = 3;
    // The secret; workspaces, their datastores page by page, what the last of them holds; the keys.
    let whole_look = 1 + workspace_pages + pages + 1 + 1;
    // Is the secret as it was; regenerate; begin the resyncs, and see that they have ended.
    let regenerate = 1 + 1 + 1 + 1;
    // The key is proven; is the secret as it was, and is the key; publish; does the vault give it; what is there now, and
    // what do the workspaces keep.
    let publish = 1 + 2 + 1 + 1 + narrow_look + 1;
    // The key; default datastores one after the other, then one of the others; begin resyncs, and see that they have ended.
    let others = if size.defaults() < size.datastores { 2 } else { 0 };
    let moves = 1 + 2 * size.defaults() + others + 2;
    let release = 1;
    let calls =
        first_look + lease + narrow_look + whole_look + regenerate + publish + moves + whole_look + release;
    // Nobody asks again before the time that Azure names is over.
    let resync = size.retry_after.map_or(RESYNC, |seconds| RESYNC.max(Duration::from_secs(seconds.into())));
    LATENCY * u32::try_from(calls).unwrap_or(u32::MAX) + 2 * resync
}

/// What the buckets of the subscription let through, full at the start.
fn buckets(size: Size) -> Duration {
    let (pages, workspace_pages) = pages(size);
    let Size { datastores, workspaces, .. } = size;
    let defaults = size.defaults();
    // Each datastore is asked for its secret before and after, and written once; each workspace for its cache three times.
    // The keys are listed by each of six looks, for the publish and for the moves, and one is regenerated.
    let writes = 3 * datastores + 3 * workspaces + workspaces + defaults + 9;
    // Each datastore is read before it is written; lists, permissions and the account twice, with the narrow looks.
    let lists = 2 * (workspace_pages + workspaces * pages + workspaces + 1);
    let reads = datastores + lists + workspaces + defaults + 6;
    let seconds = |calls: usize, (holds, a_second): (f64, f64)| {
        (f64::from(u32::try_from(calls).unwrap_or(u32::MAX)) - holds).max(0.0) / a_second
    };
    Duration::from_secs_f64(seconds(writes, WRITES).max(seconds(reads, READS)))
}
