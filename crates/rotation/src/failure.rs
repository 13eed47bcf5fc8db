//! What went wrong on the way, and what to do about it.

use std::fmt;

use time::Duration;

/// What to do about something that went wrong; orthogonal to what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// It passes by itself: try again, not before `after` where the service said so.
    Retry {
        /// How long the service asked to be left alone.
        after: Option<Duration>,
    },
    /// What happened is not known, or Azure is still catching up: the next look tells.
    LookAgain,
    /// It stays until a person mends it.
    NeedsOperator {
        /// The role, scope, setting or command that mends it.
        hint: String,
    },
}

impl Disposition {
    /// Whether the same message, delivered again, may end better.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Retry { .. } | Self::LookAgain)
    }
}

/// One step that failed. The rest of the run goes on; the run's answer is the gravest that was collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed, with its subject and its cause, free of key values.
    pub what: String,
    /// What to do about it.
    pub disposition: Disposition,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}
