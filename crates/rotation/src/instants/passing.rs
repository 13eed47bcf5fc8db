//! Time passes over what was seen: the target becomes due, keys have rested, changes are no longer recent.

use time::Duration;
use time::macros::datetime;

use super::{around, changed, check, due_at_once, target, unreadable, write};
use crate::fixtures::{KEY_2, POLICY, holder};
use crate::{Breadth, Held, KeyName, Observation, Policy, RegenerableKey};

/// The first look of a run, before anybody was looked for.
fn at_the_start(observation: Observation) -> Observation {
    changed(observation, |observation| observation.run.looked_whole = false)
}

#[test]
fn a_target_becomes_due() {
    let due = datetime!(2026-03-01 23:00 UTC);
    let with = |change: fn(&mut Observation)| changed(target(), change);
    check(
        &POLICY,
        [
            ("12: due", target(), due, ["up to date", "regenerate", "regenerate"]),
            (
                "12: due, and only looked at narrowly",
                with(|target| target.survey.breadth = Breadth::Narrow),
                due,
                ["up to date", "look: before", "look: before"],
            ),
            ("start: due", at_the_start(target()), due, ["up to date", "look: due", "look: due"]),
            (
                "start: due, and changed lately",
                at_the_start(with(|target| {
                    target.account_mut().key2.created = Some(datetime!(2026-03-01 12:00 UTC));
                })),
                due,
                ["look: recent", "look: due", "look: due"],
            ),
            (
                "8: fresh before it is due",
                with(|target| target.account_mut().key2.created = Some(datetime!(2026-03-01 22:50 UTC))),
                due,
                ["up to date", "publish", "publish"],
            ),
            (
                "10: nobody was looked for",
                with(|target| target.survey.scopes.clear()),
                due,
                ["up to date", "blocked", "blocked"],
            ),
            (
                "11: just written",
                with(|target| target.holder_mut().last_write = write(datetime!(2026-03-01 12:00 UTC))),
                due,
                ["up to date", "wait", "wait"],
            ),
            (
                "14: sent, and came to nothing",
                with(|target| target.run.regeneration_sent = Some(KeyName::Key2)),
                due,
                ["up to date", "unfinished", "unfinished"],
            ),
            (
                "12: due by an expiry that was moved here",
                with(|target| target.secret_mut().expires = Some(datetime!(2026-02-15 00:00 UTC))),
                datetime!(2026-01-15 23:00 UTC),
                ["up to date", "regenerate", "regenerate"],
            ),
            (
                "12: due in spite of an expiry that was moved away",
                with(|target| target.secret_mut().expires = Some(datetime!(2036-01-01 00:00 UTC))),
                due,
                ["up to date", "regenerate", "regenerate"],
            ),
            (
                "12: an old key is due a week and half an hour after it was published",
                with(|target| {
                    target.account_mut().key1.created = Some(datetime!(2025-01-01 00:00 UTC));
                    target.secret_mut().expires = Some(datetime!(2026-02-07 01:30 UTC));
                }),
                datetime!(2026-01-08 00:30 UTC),
                ["up to date", "regenerate", "regenerate"],
            ),
        ],
    );
}

#[test]
fn what_moves_is_moved_whether_due_or_not() {
    let stray = changed(target(), |target| *target.holder_mut() = holder("blob", Held::Value(KEY_2)));
    check(&POLICY, [("9", stray, datetime!(2026-03-01 23:00 UTC), ["move", "move", "move"])]);
}

#[test]
fn a_key_has_rested() {
    let rested = ["wait", "regenerate", "regenerate"];
    let due_with = |change: fn(&mut Observation)| changed(target(), change);
    check(
        &POLICY,
        [
            ("11: overlap", due_at_once(), datetime!(2026-01-02 00:15 UTC), rested),
            (
                "11: drain",
                due_with(|target| target.holder_mut().last_write = write(datetime!(2026-03-02 06:00 UTC))),
                datetime!(2026-03-03 06:15 UTC),
                rested,
            ),
            (
                "11: drain of the last of several",
                due_with(|target| {
                    target.holder_mut().last_write = write(datetime!(2026-03-02 06:00 UTC));
                    let mut earlier = holder("earlier", target.holder_mut().held.clone());
                    earlier.last_write = write(datetime!(2026-03-02 05:59 UTC));
                    target.survey.holders.push(earlier);
                }),
                datetime!(2026-03-03 06:15 UTC),
                rested,
            ),
            (
                "11: drain of holders without a date",
                due_with(|target| {
                    target.holder_mut().last_write = None;
                    target.secret_mut().holders_moved_at = Some(datetime!(2026-03-02 06:00 UTC));
                }),
                datetime!(2026-03-03 06:30 UTC),
                rested,
            ),
            (
                "11: drain of what cannot be read",
                due_with(|target| *target.holder_mut() = unreadable(datetime!(2026-03-02 06:00 UTC))),
                datetime!(2026-03-03 06:15 UTC),
                rested,
            ),
            (
                "11: waits no longer when overdue",
                due_with(|target| target.holder_mut().last_write = write(datetime!(2026-03-04 12:00 UTC))),
                datetime!(2026-03-04 23:00 UTC),
                ["wait", "wait", "blocked"],
            ),
            (
                "11: and is not waited for when overdue",
                due_with(|target| target.holder_mut().last_write = write(datetime!(2026-03-04 12:00 UTC))),
                datetime!(2026-03-05 12:15 UTC),
                ["blocked", "regenerate", "regenerate"],
            ),
        ],
    );
}

#[test]
fn a_key_may_be_regenerated_whether_due_or_not() {
    let with = |change: fn(&mut Observation)| changed(target(), change);
    for (rule, observation, instant) in [
        ("overlap", target(), datetime!(2026-01-02 00:15 UTC)),
        (
            "drain",
            with(|target| target.holder_mut().last_write = write(datetime!(2026-01-20 00:00 UTC))),
            datetime!(2026-01-21 00:15 UTC),
        ),
        (
            "drain of holders without a date",
            with(|target| target.secret_mut().holders_moved_at = Some(datetime!(2026-01-20 00:00 UTC))),
            datetime!(2026-01-21 00:30 UTC),
        ),
    ] {
        let may = around(instant).map(|now| RegenerableKey::check(&observation, &POLICY, now).is_ok());
        assert_eq!(may, [false, true, true], "{rule}");
    }
}

#[test]
fn a_change_is_no_longer_recent() {
    let with = |change: fn(&mut Observation)| at_the_start(changed(target(), change));
    check(
        &POLICY,
        [
            (
                "start: published",
                with(|target| target.account_mut().key1.created = None),
                datetime!(2026-01-03 00:15 UTC),
                ["look: recent", "up to date", "up to date"],
            ),
            (
                "start: the published key was made",
                with(|target| target.account_mut().key1.created = Some(datetime!(2026-01-01 10:00 UTC))),
                datetime!(2026-01-03 10:15 UTC),
                ["look: recent", "up to date", "up to date"],
            ),
            (
                "start: the alternate key was made",
                with(|target| target.account_mut().key2.created = Some(datetime!(2026-01-10 12:00 UTC))),
                datetime!(2026-01-12 12:15 UTC),
                ["look: recent", "up to date", "up to date"],
            ),
        ],
    );
}

#[test]
fn a_policy_moves_the_instants() {
    let policy = Policy {
        near_expiry: Duration::days(40),
        overlap: Duration::hours(1),
        drain: Duration::hours(2),
        ..POLICY
    };
    let rested = ["wait", "regenerate", "regenerate"];
    check(
        &policy,
        [
            (
                "12: due 40 days and an hour before the end",
                target(),
                datetime!(2026-02-19 23:00 UTC),
                ["up to date", "regenerate", "regenerate"],
            ),
            (
                "11: overlap",
                changed(target(), |target| {
                    target.secret_mut().expires = Some(datetime!(2026-02-10 01:00 UTC))
                }),
                datetime!(2026-01-01 01:15 UTC),
                rested,
            ),
            (
                "11: drain",
                changed(target(), |target| {
                    target.holder_mut().last_write = write(datetime!(2026-02-20 06:00 UTC));
                }),
                datetime!(2026-02-20 08:15 UTC),
                rested,
            ),
            (
                "11: drain of holders without a date",
                changed(target(), |target| {
                    target.secret_mut().holders_moved_at = Some(datetime!(2026-02-20 06:00 UTC));
                }),
                datetime!(2026-02-20 08:30 UTC),
                rested,
            ),
        ],
    );
}
