//! How long a key may be valid.

use time::Duration;

use super::target;
use crate::fixtures::{POLICY, SECOND};
use crate::{Enrolment, NotWorkable, Obstacle, Policy, Tags};

fn enrolment(days: u32, policy: &Policy) -> Result<Enrolment, NotWorkable> {
    let tags = target().secret_mut().tags.clone();
    let tags = Tags { validity_period_days: Some(days.to_string()), ..tags };
    Enrolment::of(&tags, None, policy)
}

fn is_too_short(days: u32, policy: &Policy) -> bool {
    matches!(enrolment(days, policy), Err(NotWorkable::Blocked(Obstacle::ValidityTooShort { .. })))
}

/// `near_expiry` + overlap + 7 d.
#[test]
fn a_validity_that_would_rotate_in_a_loop_is_refused() {
    assert_eq!([37, 38, 39].map(|days| is_too_short(days, &POLICY)), [true, false, false]);
    let slow_readers = Policy { overlap: Duration::days(3), ..POLICY };
    assert_eq!([39, 40, 41].map(|days| is_too_short(days, &slow_readers)), [true, false, false]);
    let early = Policy { near_expiry: Duration::days(40), ..POLICY };
    assert_eq!([47, 48, 49].map(|days| is_too_short(days, &early)), [true, false, false]);
    let with_overlap = |overlap| is_too_short(38, &Policy { overlap, ..POLICY });
    let day = Duration::DAY;
    assert_eq!([day - SECOND, day, day + SECOND].map(with_overlap), [false, false, true]);
}

#[test]
fn a_validity_of_more_than_a_century_is_a_slip() {
    let is_malformed =
        |days| matches!(enrolment(days, &POLICY), Err(NotWorkable::Blocked(Obstacle::TagMalformed { .. })));
    assert_eq!([36_499, 36_500, 36_501].map(is_malformed), [false, false, true]);
}

/// Twice `near_expiry`.
#[test]
fn a_short_validity_is_warned_of() {
    let is_warned_of = |days, policy: &Policy| enrolment(days, policy).unwrap().warning(policy).is_some();
    assert_eq!([59, 60, 61].map(|days| is_warned_of(days, &POLICY)), [true, false, false]);
    let early = Policy { near_expiry: Duration::days(40), ..POLICY };
    assert_eq!([79, 80, 81].map(|days| is_warned_of(days, &early)), [true, false, false]);
    let with_window = |near_expiry| is_warned_of(60, &Policy { near_expiry, ..POLICY });
    let window = Duration::days(30);
    assert_eq!([window - SECOND, window, window + SECOND].map(with_window), [false, false, true]);
}
