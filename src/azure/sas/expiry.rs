//! When a token ends (`se`), in any of the forms of ISO 8601 that Azure takes.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, Time};

/// The length of `2027-01-01T00:00`, after which the seconds may be left out.
const UP_TO_THE_MINUTE: usize = 16;

/// From when on a token with this `se` is of no use; `None` when that cannot be read.
pub(super) fn end(se: &str) -> Option<OffsetDateTime> {
    if let Ok(date) = Date::parse(se, format_description!("[year]-[month]-[day]")) {
        // Azure takes a day for its beginning; its end is the safe side of that.
        return Some(OffsetDateTime::new_utc(date.next_day()?, Time::MIDNIGHT));
    }
    let (minute, rest) = se.split_at_checked(UP_TO_THE_MINUTE)?;
    let seconds = if rest.starts_with(':') { "" } else { ":00" };
    OffsetDateTime::parse(&format!("{minute}{seconds}{rest}"), &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn every_documented_form_is_read() {
        for (se, expected) in [
            ("2027-01-01T12:30:15Z", datetime!(2027-01-01 12:30:15 UTC)),
            ("2027-01-01T12:30Z", datetime!(2027-01-01 12:30 UTC)),
            ("2027-01-01T12:30:15.1234567Z", datetime!(2027-01-01 12:30:15.123_456_7 UTC)),
            ("2027-01-01T12:30:15+02:00", datetime!(2027-01-01 10:30:15 UTC)),
            ("2027-01-01T12:30-01:00", datetime!(2027-01-01 13:30 UTC)),
            ("2027-01-01", datetime!(2027-01-02 00:00 UTC)),
        ] {
            assert_eq!(end(se), Some(expected), "{se}");
        }
    }

    #[test]
    fn what_cannot_be_read_has_no_end() {
        for se in [
            "",
            "soon",
            "2027-01-01T12:30:15",
            "2027-01-01T12:30",
            "2027-01-01T12:30 02:00",
            "2027-13-01",
            "9999-12-31",
            "2027-01-01T12:3é:00Z",
        ] {
            assert_eq!(end(se), None, "{se}");
        }
    }
}
