//! The sandbox's one clock: the machine's, cut to the 100 ns that Azure prints.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "the one clock of the sandbox")]
pub(crate) fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(now.nanosecond() / 100 * 100).unwrap_or(now)
}

/// As Azure prints a time in JSON.
pub(crate) fn rfc3339(at: OffsetDateTime) -> String {
    // Only years beyond 9999 have no RFC 3339 form.
    at.format(&Rfc3339).unwrap_or_default()
}
