//! A secret that holds neither key is looked at again, and a version is made due before its time.

use time::macros::datetime;

use super::{changed, check, target};
use crate::fixtures::{DEAD, POLICY, declaration};
use crate::{Forced, NeitherSeen, Observation};

const SINCE: time::OffsetDateTime = datetime!(2026-01-20 00:00 UTC);

fn dead(change: fn(&mut Observation)) -> Observation {
    changed(target(), |target| {
        target.secret_mut().value = DEAD;
        target.run.neither = Some(NeitherSeen { version: "v1".to_owned(), since: SINCE });
        change(target);
    })
}

#[test]
fn the_second_look_is_half_a_minute_after_the_first() {
    let again = datetime!(2026-01-20 00:00:30 UTC);
    check(
        &POLICY,
        [
            ("6: not ours", dead(|_| {}), again, ["look: again", "blocked", "blocked"]),
            (
                "6: declared",
                dead(|target| target.declared = Some(declaration())),
                again,
                ["look: again", "heal", "heal"],
            ),
        ],
    );
}

#[test]
fn a_version_needs_to_be_made_due_until_it_is() {
    let forced = changed(target(), |target| {
        target.forced = Some(Forced { version: "v1".to_owned(), compromised: None });
    });
    let due = datetime!(2026-03-01 23:00 UTC);
    check(&POLICY, [("a forced run", forced, due, ["expedite", "regenerate", "regenerate"])]);
}
