//! When a token begins (`st`) and ends (`se`), in any of the forms of ISO 8601 that Azure takes.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, Time};

/// The length of `2027-01-01T00:00`, after which the seconds may be left out.
const UP_TO_THE_MINUTE: usize = 16;

/// From when on a token with this `se` is of no use; `None` when that cannot be read.
pub(super) fn end(se: &str) -> Option<OffsetDateTime> {
    // Azure takes a day for its beginning; its end is the safe side of that.
    day(se).map_or_else(|| moment(se), |date| Some(OffsetDateTime::new_utc(date.next_day()?, Time::MIDNIGHT)))
}

/// From when on a token with this `st` is of use; `None` when that cannot be read.
pub(super) fn start(st: &str) -> Option<OffsetDateTime> {
    day(st).map_or_else(|| moment(st), |date| Some(OffsetDateTime::new_utc(date, Time::MIDNIGHT)))
}

fn day(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

fn moment(text: &str) -> Option<OffsetDateTime> {
    let (minute, rest) = text.split_at_checked(UP_TO_THE_MINUTE)?;
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
        assert_eq!(start("2027-01-01"), Some(datetime!(2027-01-01 00:00 UTC)));
        assert_eq!(start("2027-01-01T12:30Z"), end("2027-01-01T12:30Z"));
    }

    #[test]
    fn what_cannot_be_read_has_neither_beginning_nor_end() {
        for se in [
            "",
            "soon",
            "2027-01-01T12:30:15",
            "2027-01-01T12:30",
            "2027-01-01T12:30 02:00",
            "2027-13-01",
            "2027-01-01T12:3é:00Z",
        ] {
            assert_eq!((start(se), end(se)), (None, None), "{se}");
        }
        assert_eq!(end("9999-12-31"), None);
    }
}
