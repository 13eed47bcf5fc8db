//! What `docs/rotation.md` says of times and reasons is what the program goes by.

use std::fs;

use rotation::{
    AmendmentReason, CLOCK_SKEW, KeyName, Mode, Policy, PublicationReason, REST_AFTER_PUBLISH,
    RegenerationReason, due_since, expiry, is_overdue, shortest_validity,
};
use time::format_description::FormatItem;
use time::macros::{datetime, format_description};
use time::{Duration, OffsetDateTime};

use super::root;

const POLICY: Policy = Policy::new(Mode::Rotate);
const AS_ON_THE_PAGE: &[FormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]");

fn page() -> String {
    fs::read_to_string(root().join("docs/rotation.md")).unwrap()
}

/// The first cells of the rows that begin with a date.
fn dates(column: usize) -> Vec<String> {
    let page = page();
    let rows = page.lines().filter(|line| line.starts_with("| 20"));
    rows.map(|row| row.split('|').nth(column).unwrap().trim().to_owned()).collect()
}

/// When the sweep comes, at that time or after it.
fn next_sweep(at: OffsetDateTime) -> OffsetDateTime {
    let hour = at.replace_minute(0).unwrap();
    if hour == at { at } else { hour + Duration::HOUR }
}

/// The instants of the timeline, for a key that was made and published in the first of them.
fn timeline(validity: Duration) -> Vec<String> {
    let made = datetime!(2027-01-01 09:30 UTC);
    let end = expiry(made, made, validity, &POLICY);
    let due = due_since(end, &POLICY);
    let overdue = due + Duration::days(3);
    assert!(!is_overdue(due, end, overdue) && is_overdue(due, end, overdue + Duration::SECOND));
    let rotated = next_sweep(due);
    let made_next = rotated + Duration::MINUTE;
    let due_next = due_since(expiry(made_next, made_next, validity, &POLICY), &POLICY);
    let instants = [
        made,
        made + POLICY.overlap + CLOCK_SKEW,
        made + Duration::hours(48) + CLOCK_SKEW,
        due,
        rotated,
        end - POLICY.near_expiry,
        overdue,
        next_sweep(made_next + Duration::days(7) + CLOCK_SKEW),
        end,
        due_next,
        next_sweep(due_next),
    ];
    instants.map(|at| at.format(AS_ON_THE_PAGE).unwrap()).into()
}

#[test]
fn the_timeline_has_the_dates_that_the_terms_give() {
    assert_eq!(dates(1), timeline(Duration::days(90)));
    assert_eq!(dates(2), timeline(Duration::days(60)));
}

#[test]
fn the_shortest_times_are_those_of_the_terms() {
    let page = page();
    let published = datetime!(2027-01-01 09:30 UTC);
    let years_ago = published - Duration::days(1_000);
    let end = expiry(years_ago, published, Duration::days(90), &POLICY);
    assert_eq!(end - published, Duration::days(37) + Duration::minutes(90));
    assert!(page.contains("never less than 37 days and 90 minutes away"));
    assert_eq!(due_since(end, &POLICY) - published, REST_AFTER_PUBLISH + Duration::minutes(30));
    assert!(page.contains("a week and half an hour later"));
    assert_eq!(shortest_validity(&POLICY), Duration::days(38));
    assert!(page.contains("less than 38 (30, the overlap, and a week) is refused"));
}

#[test]
fn the_table_quotes_every_reason_as_the_log_gives_it() {
    let page = page();
    let amendments = [
        AmendmentReason::Forced,
        AmendmentReason::Compromised(KeyName::Key1),
        AmendmentReason::PutRight,
        AmendmentReason::Dead(KeyName::Key1),
    ];
    let publications = [
        PublicationReason::Enrolment,
        PublicationReason::Untagged,
        PublicationReason::Healing,
        PublicationReason::Rotation,
    ];
    let regenerations =
        [RegenerationReason::Due, RegenerationReason::Retirement, RegenerationReason::Compromise];
    let reasons = amendments.iter().map(ToString::to_string);
    let reasons = reasons.chain(publications.iter().map(ToString::to_string));
    for reason in reasons.chain(regenerations.iter().map(ToString::to_string)) {
        assert!(page.contains(&format!("*{reason}*")), "the page does not quote: {reason}");
    }
}
