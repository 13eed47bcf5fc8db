//! The points in time that the table speaks of.
//!
//! Our clock and Azure's may differ by [`CLOCK_SKEW`]; where a comparison could harm, it takes the safe side.
//! All arithmetic saturates, so that no date that somebody wrote on a secret can make a decision panic.

use time::{Duration, OffsetDateTime};

use crate::Policy;

/// How far apart our clock and Azure's may be.
pub const CLOCK_SKEW: Duration = Duration::minutes(15);
/// How far apart two clocks may be that are both within [`CLOCK_SKEW`] of a third: those of two services of Azure, and
/// those of two instances of this program.
const SKEW_OF_TWO: Duration = Duration::minutes(30);
/// The first regenerate after a publish comes no sooner than this after it.
pub const REST_AFTER_PUBLISH: Duration = Duration::days(7);
/// A target is due this long before Key Vault says so, so that the event finds it due whichever clock is ahead.
const DUE_BEFORE_EVENT: Duration = Duration::hours(1);
/// What the shortest expiry adds to `near_expiry` and [`REST_AFTER_PUBLISH`].
const SHORTEST_EXPIRY_MARGIN: Duration = Duration::minutes(90);
/// A target that is due for longer than this is overdue.
const OVERDUE_AFTER: Duration = Duration::days(3);
/// A secret that holds neither key may be a race between a look and a rotation; after this it is none.
const SECOND_LOOK_AFTER: Duration = Duration::seconds(30);
/// For this long after a publish or a regeneration every look at the start of a run is whole.
const RECENT: Duration = Duration::hours(48);

/// The expiry of a secret version: its key's age plus the validity, so that no key hides its age, but never so
/// soon that the next rotation would follow within [`REST_AFTER_PUBLISH`].
///
/// `age_start` is the key's creation time or, where the account does not know it, when the version was published.
#[must_use]
pub fn expiry(
    age_start: OffsetDateTime,
    published_at: OffsetDateTime,
    validity: Duration,
    policy: &Policy,
) -> OffsetDateTime {
    let shortest =
        policy.near_expiry.saturating_add(REST_AFTER_PUBLISH).saturating_add(SHORTEST_EXPIRY_MARGIN);
    age_start.saturating_add(validity).max(published_at.saturating_add(shortest))
}

/// The shortest validity that does not rotate in a loop.
#[must_use]
pub fn shortest_validity(policy: &Policy) -> Duration {
    policy.near_expiry.saturating_add(policy.overlap).saturating_add(REST_AFTER_PUBLISH)
}

/// Since when a version is due, given when it ends.
#[must_use]
pub fn due_since(end: OffsetDateTime, policy: &Policy) -> OffsetDateTime {
    end.saturating_sub(policy.near_expiry).saturating_sub(DUE_BEFORE_EVENT)
}

/// Whether an alternate key was made for the rotation that has been due since `due_since`, and not published yet.
pub(crate) fn is_fresh(
    created: Option<OffsetDateTime>,
    published_at: OffsetDateTime,
    due_since: OffsetDateTime,
) -> bool {
    created.is_some_and(|created| {
        is_certainly_later(created, published_at) && due_since.saturating_sub(CLOCK_SKEW) <= created
    })
}

/// Whether `one` is later than `other`, although another service of Azure dated it.
pub(crate) fn is_certainly_later(one: OffsetDateTime, other: OffsetDateTime) -> bool {
    other.saturating_add(SKEW_OF_TWO) < one
}

/// When something that Azure dated `at` is `rest` ago by either clock.
pub(crate) fn rested(at: OffsetDateTime, rest: Duration) -> OffsetDateTime {
    at.saturating_add(rest).saturating_add(CLOCK_SKEW)
}

/// When something that we dated `at` is `rest` ago, also by the clock of another instance than the one that dated it.
pub(crate) fn rested_by_our_clocks(at: OffsetDateTime, rest: Duration) -> OffsetDateTime {
    at.saturating_add(rest).saturating_add(SKEW_OF_TWO)
}

/// When a secret that was first seen `since` to hold neither key is to be looked at again.
pub(crate) fn second_look(since: OffsetDateTime) -> OffsetDateTime {
    since.saturating_add(SECOND_LOOK_AFTER)
}

/// Whether a version is overdue: due for more than three days, or ended.
#[must_use]
pub fn is_overdue(due_since: OffsetDateTime, end: OffsetDateTime, now: OffsetDateTime) -> bool {
    due_since.saturating_add(OVERDUE_AFTER) < now || end <= now
}

/// Whether something happened so lately that others may still be catching up with it.
pub(crate) fn is_recent(at: OffsetDateTime, now: OffsetDateTime) -> bool {
    now < rested(at, RECENT)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::Mode;

    const POLICY: Policy = Policy::new(Mode::Rotate);
    const AT: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    #[test]
    fn an_expiry_follows_the_age_of_the_key() {
        assert_eq!(expiry(AT, AT, Duration::days(90), &POLICY), datetime!(2026-04-01 00:00 UTC));
        let published = AT + Duration::days(10);
        assert_eq!(expiry(AT, published, Duration::days(90), &POLICY), datetime!(2026-04-01 00:00 UTC));
    }

    #[test]
    fn an_expiry_leaves_a_week_before_the_next_rotation() {
        let published = AT + Duration::days(80);
        let end = expiry(AT, published, Duration::days(90), &POLICY);
        assert_eq!(end, published + Duration::days(37) + Duration::minutes(90));
        assert!(published + Duration::days(7) < due_since(end, &POLICY));
    }

    #[test]
    fn due_comes_an_hour_before_the_event() {
        assert_eq!(due_since(AT, &POLICY), AT - Duration::days(30) - Duration::hours(1));
    }

    #[test]
    fn fresh_is_later_than_the_version_and_made_for_this_rotation() {
        let due = AT + Duration::days(60);
        let second = Duration::seconds(1);
        assert!(!is_fresh(None, AT, due));
        assert!(is_fresh(Some(due), AT, due));
        assert!(is_fresh(Some(due - CLOCK_SKEW), AT, due));
        assert!(!is_fresh(Some(due - CLOCK_SKEW - second), AT, due));
        let published_late = due + Duration::days(1);
        let half_an_hour = Duration::minutes(30);
        assert!(!is_fresh(Some(published_late + half_an_hour), published_late, due));
        assert!(is_fresh(Some(published_late + half_an_hour + second), published_late, due));
    }

    #[test]
    fn overdue_is_three_days_or_expired() {
        let second = Duration::seconds(1);
        let end = AT + Duration::days(31);
        assert!(!is_overdue(AT, end, AT + Duration::days(3)));
        assert!(is_overdue(AT, end, AT + Duration::days(3) + second));
        assert!(!is_overdue(AT, AT + Duration::days(1), AT + Duration::days(1) - second));
        assert!(is_overdue(AT, AT + Duration::days(1), AT + Duration::days(1)));
    }

    #[test]
    fn rest_counts_the_skew_of_the_clocks() {
        assert_eq!(rested(AT, Duration::hours(24)), AT + Duration::hours(24) + Duration::minutes(15));
        let by_our_clocks = rested_by_our_clocks(AT, Duration::hours(24));
        assert_eq!(by_our_clocks, AT + Duration::hours(24) + Duration::minutes(30));
        assert!(is_recent(AT, AT + Duration::hours(48)));
        assert!(!is_recent(AT, AT + Duration::hours(48) + Duration::minutes(15)));
    }

    #[test]
    fn no_date_overflows() {
        let last = datetime!(9999-12-31 23:59:59 UTC);
        let first = datetime!(-9999-01-01 00:00 UTC);
        assert!(expiry(last, last, Duration::MAX, &POLICY) >= last);
        assert!(due_since(first, &POLICY) <= first);
        assert!(rested(last, Duration::MAX) >= last);
    }
}
