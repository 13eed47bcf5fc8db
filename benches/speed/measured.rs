//! What was measured of one way to put everybody on a new key.

use std::time::Duration;

use azure_sandbox::{Dependent, Sandbox};

/// One run on one world.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// From the first call to the last thing done.
    pub(crate) wall: Duration,
    /// Every call but those for tokens.
    pub(crate) calls: usize,
    /// Calls that Azure Resource Manager turned away.
    pub(crate) refused: usize,
    /// The longest that a holder was on a key that no longer worked.
    pub(crate) holders_exposed: Duration,
    /// The same of a workspace's own copy.
    pub(crate) caches_exposed: Duration,
    /// The most memory that the process ever had, in bytes.
    pub(crate) peak_memory: u64,
}

impl Measured {
    /// What the local Azure saw.
    pub(crate) fn of(sandbox: &Sandbox, wall: Duration, peak_memory: u64) -> Self {
        let calls = sandbox.calls();
        let is_for_a_token = |operation: &str| operation.ends_with("Token");
        let mut measured = Self {
            wall,
            calls: calls.iter().filter(|call| !is_for_a_token(call.operation)).count(),
            refused: calls.iter().filter(|call| call.status == 429).count(),
            holders_exposed: Duration::ZERO,
            caches_exposed: Duration::ZERO,
            peak_memory,
        };
        for (dependent, exposed) in sandbox.world().exposure() {
            let longest = match dependent {
                Dependent::WorkspaceCache { .. } => &mut measured.caches_exposed,
                _ => &mut measured.holders_exposed,
            };
            *longest = exposed.max(*longest);
        }
        measured
    }
}
