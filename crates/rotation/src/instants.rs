//! Every instant on which a decision turns: what is decided a second before it, at it, and a second after it.
//!
//! | rule | the instant | tested in |
//! | --- | --- | --- |
//! | due | end − 30 d − 1 h | `passing` |
//! | end | the version's expiry, but no later than the expiry that it should have | `compared` |
//! | expiry | age start + validity, but no sooner than publish + 30 d + 7 d + 1.5 h | `compared` |
//! | age start | when the published key was made or, where that is not known, when it was published | `compared` |
//! | fresh | made more than 30 min after the version, and no sooner than due − 15 min | `compared` |
//! | overlap | publish + 24 h + 15 min | `passing` |
//! | drain | the last write of each that may hold a key + 24 h + 15 min; `HoldersMovedAt` + 24 h + 30 min | `passing` |
//! | overdue | more than 3 d after due, or at the end | `overdue` |
//! | whole look at the start | due; or until 48 h + 15 min after the publish, or after either key was made | `passing` |
//! | on the published key, unread | written by us more than 30 min after the publish | `compared` |
//! | neither key, seen again | first seen in this run + 30 s | `seen_again` |
//! | a forced run | until it is due by its expiry | `seen_again` |
//! | retired | publish, and each last write, + the time set + 15 min; `HoldersMovedAt` + 30 min; the older key | `retiring` |
//! | not the key that leaked | made more than 30 min after the version was last changed | `retiring` |
//! | stays with its workspace | written by others more than 30 min after the version | `retiring` |
//! | validity | 30 d + 24 h + 7 d to 36,500 d; a warning below 60 d | `limits` |
//!
//! 15 min is how far Azure's clocks may be from ours. Where the vault's clock meets that of the keys and holders, or
//! one instance of ours goes by what another wrote, each may be off to its own side: 30 min.
//!
//! The list was found from both ends. From the rules: each duration in them, and each "since", "until", "ago", "later"
//! and "less than". From the code: [`terms`](crate::terms) has all sums of times; outside of it times are compared in
//! `Situation::new` and `is_due`, in `rests`, `has_served`, `row_5_put_right`, `row_6_heal` and `expedite`, and in
//! `Tags::enrolment`, `Enrolment::of` and `Enrolment::warning`, and nowhere else.
//! And `cargo mutants -p rotation` changes each comparison and each sum in turn, and none of them survives.

mod ages;
mod compared;
mod limits;
mod overdue;
mod passing;
mod retiring;
mod seen_again;

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::fixtures::{holder, published, word};
use crate::{Decision, Held, Holder, LastWrite, Observation, Policy, decide};

/// `key1`, made and published on the first of January for 90 days, so that it ends on the first of April and is due an
/// hour before the second of March. `key2` and the last write of the one holder are older. Everything was looked at.
fn target() -> Observation {
    let mut target = published(0);
    let (made, older) = (datetime!(2026-01-01 00:00 UTC), datetime!(2025-11-01 00:00 UTC));
    target.secret_mut().published_at = made;
    target.secret_mut().expires = Some(datetime!(2026-04-01 00:00 UTC));
    target.account_mut().key1.created = Some(made);
    target.account_mut().key2.created = Some(older);
    target.holder_mut().last_write = write(older);
    target
}

/// The same, but somebody moved its expiry to where it is due as soon as it is published.
fn due_at_once() -> Observation {
    changed(target(), |target| target.secret_mut().expires = Some(datetime!(2026-01-31 01:00 UTC)))
}

fn changed(mut target: Observation, change: impl FnOnce(&mut Observation)) -> Observation {
    change(&mut target);
    target
}

fn write(at: OffsetDateTime) -> Option<LastWrite> {
    Some(LastWrite { at, by: "somebody".to_owned(), ours: false })
}

/// Holds nobody knows what, and was written by us.
fn unreadable(at: OffsetDateTime) -> Holder {
    let last_write = Some(LastWrite { at, by: "us".to_owned(), ours: true });
    Holder { last_write, ..holder("blob", Held::Unreadable("403".to_owned())) }
}

/// A second before, at, and a second after.
fn around(instant: OffsetDateTime) -> [OffsetDateTime; 3] {
    [instant - Duration::SECOND, instant, instant + Duration::SECOND]
}

/// A rule, what was seen, the instant, and what is decided a second before it, at it, and a second after it.
type Turn = (&'static str, Observation, OffsetDateTime, [&'static str; 3]);

/// Checks what is decided around each instant, and that whoever waits waits until it.
fn check(policy: &Policy, turns: impl IntoIterator<Item = Turn>) {
    for (rule, observation, instant, expected) in turns {
        let decisions = around(instant).map(|now| decide(&observation, policy, now));
        assert_eq!(decisions.each_ref().map(word), expected, "{rule}");
        if let [Decision::Wait { until, .. }, at, _] = &decisions
            && word(at) == "regenerate"
        {
            assert_eq!(*until, instant, "{rule}");
        }
    }
}
