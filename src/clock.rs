//! The one clock.

use time::OffsetDateTime;

/// Tells the time; everything else takes it as an argument.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(fn() -> OffsetDateTime);

impl Clock {
    /// The machine's clock.
    pub(crate) fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
        Self(OffsetDateTime::now_utc)
    }

    /// Another clock.
    #[cfg(test)]
    pub(crate) const fn of(now: fn() -> OffsetDateTime) -> Self {
        Self(now)
    }

    /// The clock as a function.
    pub(crate) const fn as_fn(self) -> fn() -> OffsetDateTime {
        self.0
    }

    /// What time it is, in UTC.
    pub(crate) fn now(self) -> OffsetDateTime {
        (self.0)()
    }
}
