//! Ages are missing: of either key, of the holder's last write, and of the version's end.

use time::OffsetDateTime;
use time::macros::datetime;

use super::{around, target, write};
use crate::fixtures::{POLICY, word};
use crate::{Amendment, Decision, KeyName, Observation, decide, overdue_since};

/// Which ages are known.
#[derive(Debug, Clone, Copy)]
struct Known {
    published_key: bool,
    /// The alternate key was made when it was due, or nobody knows.
    alternate_key: Option<OffsetDateTime>,
    last_write: Option<OffsetDateTime>,
    holders_moved_at: Option<OffsetDateTime>,
    expiry: bool,
}

const OLD: Option<OffsetDateTime> = Some(datetime!(2025-11-01 00:00 UTC));
/// Five minutes before the target is due.
const FOR_THIS_ROTATION: Option<OffsetDateTime> = Some(datetime!(2026-03-01 22:55 UTC));
/// Rested on the second of March, an hour and a quarter after midnight where Azure dated it, and a quarter later where
/// we did.
const LATELY: Option<OffsetDateTime> = Some(datetime!(2026-03-01 01:00 UTC));
const DUE: OffsetDateTime = datetime!(2026-03-01 23:00 UTC);
const WRITE_RESTED: OffsetDateTime = datetime!(2026-03-02 01:15 UTC);
const NOTE_RESTED: OffsetDateTime = datetime!(2026-03-02 01:30 UTC);

impl Known {
    fn every() -> impl Iterator<Item = Self> {
        let flags = [true, false].into_iter().flat_map(|one| [true, false].map(|other| (one, other)));
        let keys = flags.flat_map(|(published_key, expiry)| {
            [OLD, FOR_THIS_ROTATION, None].map(|alternate_key| (published_key, expiry, alternate_key))
        });
        let holders =
            || [OLD, LATELY, None].into_iter().flat_map(|one| [OLD, LATELY, None].map(|other| (one, other)));
        keys.flat_map(move |(published_key, expiry, alternate_key)| {
            holders().map(move |(last_write, holders_moved_at)| Self {
                published_key,
                alternate_key,
                last_write,
                holders_moved_at,
                expiry,
            })
        })
    }

    fn target(self) -> Observation {
        let mut target = target();
        if !self.published_key {
            target.account_mut().key1.created = None;
        }
        target.account_mut().key2.created = self.alternate_key;
        target.holder_mut().last_write = self.last_write.and_then(write);
        target.secret_mut().holders_moved_at = self.holders_moved_at;
        if !self.expiry {
            target.secret_mut().expires = None;
        }
        target
    }

    /// What the rules say; nothing of it rests on an age that is missing.
    fn expected(self, now: OffsetDateTime) -> &'static str {
        let rests = self.last_write == LATELY && now < WRITE_RESTED
            || self.holders_moved_at == LATELY && now < NOTE_RESTED;
        match () {
            () if !self.expiry => "put right",
            () if now < DUE => "up to date",
            () if self.alternate_key == FOR_THIS_ROTATION => "publish",
            () if rests => "wait",
            () => "regenerate",
        }
    }
}

#[test]
fn a_missing_age_makes_nothing_happen_sooner_or_twice() {
    let instants = [
        datetime!(2026-01-02 00:15 UTC),
        datetime!(2026-01-03 00:15 UTC),
        datetime!(2026-03-01 22:45 UTC),
        DUE,
        WRITE_RESTED,
        NOTE_RESTED,
        datetime!(2026-03-04 23:00 UTC),
        datetime!(2026-04-01 00:00 UTC),
    ];
    for known in Known::every() {
        let target = known.target();
        for now in instants.into_iter().flat_map(around) {
            let decision = decide(&target, &POLICY, now);
            assert_eq!(word(&decision), known.expected(now), "{now}: {known:?}");
        }
    }
}

#[test]
fn a_version_without_an_expiry_is_given_the_one_that_it_should_have_and_that_counts_meanwhile() {
    for known in Known::every().filter(|known| !known.expiry) {
        let mut target = known.target();
        for now in around(DUE) {
            let decision = decide(&target, &POLICY, now);
            let Decision::Amend(Amendment { expires, .. }) = decision else { panic!("{decision:?}") };
            assert_eq!(expires, Some(datetime!(2026-04-01 00:00 UTC)), "{known:?}");
        }
        target.run.amend_failed = true;
        for now in around(DUE) {
            let decision = decide(&target, &POLICY, now);
            assert_eq!(word(&decision), Known { expiry: true, ..known }.expected(now), "{now}: {known:?}");
        }
        let overdue = around(datetime!(2026-03-04 23:00 UTC)).map(|now| overdue_since(&target, &POLICY, now));
        assert_eq!(overdue, [None, None, Some(DUE)]);
    }
}

/// Where the account does not say that the alternate key was made for this rotation, only the run that made it knows.
#[test]
fn without_an_age_only_the_run_that_made_a_key_knows_that_it_is_fresh() {
    let now = datetime!(2026-03-02 12:00 UTC);
    let mut target = Known { alternate_key: None, ..Known::every().next().unwrap() }.target();
    target.run.regeneration_sent = Some(KeyName::Key2);
    target.run.regenerated = Some(KeyName::Key2);
    assert_eq!(word(&decide(&target, &POLICY, now)), "publish");
    target.run.regenerated = None;
    assert_eq!(word(&decide(&target, &POLICY, now)), "unfinished", "its answer was lost");
    target.run.regeneration_sent = None;
    assert_eq!(word(&decide(&target, &POLICY, now)), "regenerate", "it was another run");
}
