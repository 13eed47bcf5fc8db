//! Time passes, and nothing is done.

use time::Duration;
use time::macros::datetime;

use super::{around, changed, check, target, write};
use crate::fixtures::{ACCOUNT, POLICY};
use crate::{Observation, Obstacle, Policy, overdue_since};

#[test]
fn a_target_becomes_overdue() {
    let locked = |target: Observation| Observation {
        account: Err(Obstacle::ReadOnlyLock(ACCOUNT.parse().unwrap())),
        ..target
    };
    // Only where Key Vault spoke up later than it does would a version end before it is three days overdue.
    let late = Policy { near_expiry: Duration::days(1), ..POLICY };
    let due = datetime!(2026-03-01 23:00 UTC);
    let due_late = datetime!(2026-03-30 23:00 UTC);
    for (rule, observation, policy, instant, expected) in [
        ("three days", target(), &POLICY, datetime!(2026-03-04 23:00 UTC), [None, None, Some(due)]),
        (
            "three days, and locked",
            locked(target()),
            &POLICY,
            datetime!(2026-03-04 23:00 UTC),
            [None, None, Some(due)],
        ),
        ("expired", target(), &late, datetime!(2026-04-01 00:00 UTC), [None, Some(due_late), Some(due_late)]),
        (
            "expired, and locked",
            locked(target()),
            &late,
            datetime!(2026-04-01 00:00 UTC),
            [None, Some(due_late), Some(due_late)],
        ),
        (
            "by policy, in spite of an expiry that was moved away",
            changed(target(), |target| {
                target.secret_mut().expires = Some(datetime!(2036-01-01 00:00 UTC));
            }),
            &POLICY,
            datetime!(2026-03-04 23:00 UTC),
            [None, None, Some(due)],
        ),
    ] {
        let overdue = around(instant).map(|now| overdue_since(&observation, policy, now));
        assert_eq!(overdue, expected, "{rule}");
    }
    let just_written =
        changed(target(), |target| target.holder_mut().last_write = write(datetime!(2026-03-31 12:00 UTC)));
    check(&late, [("11", just_written, datetime!(2026-04-01 00:00 UTC), ["wait", "blocked", "blocked"])]);
}
