//! The sandbox's one clock, cut to the 100 ns that Azure prints.

use std::sync::LazyLock;

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use tokio::time::Instant;

/// One moment, by the calendar and by the monotonic clock.
#[expect(clippy::disallowed_methods, reason = "the one clock of the sandbox")]
static ONE_MOMENT: LazyLock<(OffsetDateTime, std::time::Instant)> =
    LazyLock::new(|| (OffsetDateTime::now_utc(), std::time::Instant::now()));

/// The time now. It passes as tokio's does, which is the machine's unless a test pauses it: then whatever lives in that
/// runtime stands still with it, and jumps with it.
pub fn now() -> OffsetDateTime {
    let (calendar, monotonic) = *ONE_MOMENT;
    let now = Instant::now().into_std();
    // A paused clock may have stopped before that moment.
    let passed = now
        .checked_duration_since(monotonic)
        .map_or_else(|| Duration::ZERO - (monotonic - now), |passed| Duration::ZERO + passed);
    let now = calendar + passed;
    now.replace_nanosecond(now.nanosecond() / 100 * 100).unwrap_or(now)
}

/// As Azure prints a time in JSON.
pub(crate) fn rfc3339(at: OffsetDateTime) -> String {
    // Only years beyond 9999 have no RFC 3339 form.
    at.format(&Rfc3339).unwrap_or_default()
}
