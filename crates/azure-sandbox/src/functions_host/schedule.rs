//! When a timer fires: six-field NCRONTAB, `{second} {minute} {hour} {day} {month} {day of the week}`, in UTC.
//!
//! Source: "NCRONTAB expressions" of Microsoft's documentation; the extension's `TimerSchedule.cs`.

use std::cmp::Ordering;
use std::fmt;

use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use croner::time::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday};
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time};

const NAMES: [&str; 19] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC", "SUN", "MON", "TUE",
    "WED", "THU", "FRI", "SAT",
];

/// A schedule that has a next occurrence, always.
#[derive(Clone, PartialEq)]
pub(super) struct Schedule(Box<Cron>);

impl fmt::Debug for Schedule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Schedule").field(&self.0.as_str()).finish()
    }
}

impl Schedule {
    pub(super) fn parse(expression: &str) -> Result<Self, String> {
        let unknown = |reason: &str| format!("this host does not know the schedule `{expression}`: {reason}");
        let fields: Vec<_> = expression.split(' ').filter(|field| !field.is_empty()).collect();
        // The real host takes five fields and time spans as well.
        let [_, _, _, _, _, weekday] = fields[..] else {
            return Err(unknown("it has not six fields"));
        };
        refuse_extensions(expression, weekday).map_err(|reason| unknown(&reason))?;
        let parser =
            CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).dom_and_dow(true).build();
        let cron = parser.parse(&fields.join(" ")).map_err(|error| unknown(&error.to_string()))?;
        let schedule = Self(Box::new(cron));
        schedule.search(OffsetDateTime::UNIX_EPOCH).map_err(|error| unknown(&error.to_string()))?;
        Ok(schedule)
    }

    /// The first occurrence after `now`.
    pub(super) fn next_after(&self, now: OffsetDateTime) -> OffsetDateTime {
        // It was searched for once already; the days and weekdays of years repeat every 28 years.
        self.search(now).expect("a schedule that occurs once occurs again")
    }

    /// Whether it fires more than once within some minute: the extension keeps no status of such a schedule.
    pub(super) fn is_below_a_minute(&self) -> bool {
        let every_minute = self.0.as_str().split(' ').skip(1).all(|field| field == "*");
        let start = OffsetDateTime::UNIX_EPOCH;
        every_minute && self.next_after(self.next_after(start)) <= start + Duration::MINUTE
    }

    fn search(&self, after: OffsetDateTime) -> Result<OffsetDateTime, CronError> {
        let after = after.to_offset(time::UtcOffset::UTC);
        let civil = Utc(PrimitiveDateTime::new(after.date(), after.time()));
        Ok(self.0.find_next_occurrence(&civil, false)?.0.assume_utc())
    }
}

/// Cron libraries know more than NCRONTAB does: `L`, `W`, `#`, `?`, `7` for Sunday.
fn refuse_extensions(expression: &str, weekday: &str) -> Result<(), String> {
    let stranger = expression
        .chars()
        .find(|letter| !letter.is_ascii_alphanumeric() && !matches!(letter, ' ' | '*' | ',' | '-' | '/'));
    if let Some(stranger) = stranger {
        return Err(format!("`{stranger}`"));
    }
    for name in expression.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|name| !name.is_empty())
    {
        if !NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Err(format!("`{name}`"));
        }
    }
    if weekday.contains('7') { Err("days of the week are 0 to 6".to_owned()) } else { Ok(()) }
}

/// A time of the host's time zone, which is UTC.
#[derive(Clone)]
struct Utc(PrimitiveDateTime);

impl CronDateTime for Utc {
    fn to_civil(&self) -> CivilDateTime {
        let (date, time) = (self.0.date(), self.0.time());
        let civil_date = CivilDate::from_ymd(date.year(), u8::from(date.month()).into(), date.day().into());
        let civil_time =
            CivilTime::from_hms_opt(time.hour().into(), time.minute().into(), time.second().into());
        CivilDateTime::new(
            civil_date.expect("both calendars are the Gregorian one"),
            civil_time.expect("neither clock has leap seconds"),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(self.0.weekday().number_days_from_sunday().into())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let small = |number: u32| u8::try_from(number).map_err(|_| CronError::InvalidDate);
        let month = Month::try_from(small(civil.month())?).map_err(|_| CronError::InvalidDate)?;
        let date = Date::from_calendar_date(civil.year(), month, small(civil.day())?)
            .map_err(|_| CronError::InvalidDate)?;
        let time = Time::from_hms(small(civil.hour())?, small(civil.minute())?, small(civil.second())?)
            .map_err(|_| CronError::InvalidTime)?;
        Ok(Resolution::Single(Self(PrimitiveDateTime::new(date, time))))
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(Duration::seconds(seconds)).map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn next(expression: &str, now: OffsetDateTime) -> OffsetDateTime {
        Schedule::parse(expression).unwrap().next_after(now)
    }

    #[test]
    fn the_next_occurrence_is_later_than_now() {
        let now = datetime!(2026-11-24 09:32:10.3056471 UTC);
        assert_eq!(next("0 0 3 * * *", now), datetime!(2026-11-25 03:00 UTC));
        assert_eq!(next("0 */5 * * * *", now), datetime!(2026-11-24 09:35 UTC));
        assert_eq!(next("10,11 32 9 * * *", now), datetime!(2026-11-24 09:32:11 UTC));
        assert_eq!(next("0 0 3 * * *", datetime!(2026-11-25 03:00 UTC)), datetime!(2026-11-26 03:00 UTC));
        assert_eq!(next("0 0 0 29 2 *", now), datetime!(2028-02-29 00:00 UTC));
    }

    #[test]
    fn a_day_must_fit_both_the_month_and_the_week() {
        // The 13th of November 2026 is a Friday, and the next such day is in August.
        let now = datetime!(2026-11-14 00:00 UTC);
        assert_eq!(next("0 0 0 13 * 5", now), datetime!(2027-08-13 00:00 UTC));
        assert_eq!(next("0 0 9 * * Mon-Fri", now), datetime!(2026-11-16 09:00 UTC));
        assert_eq!(next("0 0 9 * * 0", now), datetime!(2026-11-15 09:00 UTC));
    }

    #[test]
    fn schedules_of_seconds_are_told_from_others() {
        let below = |expression| Schedule::parse(expression).unwrap().is_below_a_minute();
        assert!(below("* * * * * *"));
        assert!(below("0,30 * * * * *"));
        assert!(!below("0 * * * * *"));
        assert!(!below("30 * * * * *"));
        assert!(!below("*/10 0 * * * *"), "once an hour it does, and is kept all the same");
    }

    #[test]
    fn what_ncrontab_does_not_have_is_refused() {
        for expression in [
            "0 0 3 * *",
            "00:05:00",
            "0 0 3 L * *",
            "0 0 3 15W * *",
            "0 0 3 ? * *",
            "0 0 3 * * 5#2",
            "0 0 3 * * 7",
            "@hourly",
            "0 0 3 30 2 *",
            "0 60 * * * *",
            "0 0 3 * * Monday",
        ] {
            let refusal = Schedule::parse(expression).unwrap_err();
            assert!(refusal.starts_with("this host does not know the schedule"), "{refusal}");
        }
    }
}
