//! A key has served, or is known to be another one than the one that leaked.

use time::Duration;
use time::macros::datetime;

use super::{around, changed, check, target, write};
use crate::fixtures::{KEY_2, POLICY, holder, word};
use crate::{Cache, Held, Holder, KeyName, LeakedKeys, Observation, Policy, RegenerableKey, decide};

const RETIRING: Policy = Policy { retire_after: Some(Duration::days(10)), ..POLICY };

fn with(change: fn(&mut Observation)) -> Observation {
    changed(target(), change)
}

/// Everything in it is long ago.
fn rested() -> Observation {
    changed(target(), |target| target.secret_mut().published_at = datetime!(2025-12-01 00:00 UTC))
}

fn leaked(key: KeyName) -> impl Fn(&mut Observation) {
    move |target| target.secret_mut().compromised = LeakedKeys::NONE.with(key)
}

#[test]
fn a_key_has_served() {
    let served = ["up to date", "retire", "retire"];
    check(
        &RETIRING,
        [
            ("13: publish", target(), datetime!(2026-01-11 00:15 UTC), served),
            (
                "13: the last write",
                with(|target| target.holder_mut().last_write = write(datetime!(2026-01-05 06:00 UTC))),
                datetime!(2026-01-15 06:15 UTC),
                served,
            ),
            (
                "13: holders without a date",
                with(|target| {
                    target.secret_mut().holders_moved_at = Some(datetime!(2026-01-05 06:00 UTC));
                }),
                datetime!(2026-01-15 06:30 UTC),
                served,
            ),
            (
                "13: before it is due",
                target(),
                datetime!(2026-03-01 23:00 UTC),
                ["retire", "regenerate", "regenerate"],
            ),
        ],
    );
    let slow = Policy { overlap: Duration::days(11), ..RETIRING };
    check(&slow, [("13: overlap", target(), datetime!(2026-01-12 00:15 UTC), served)]);
    let lazy = Policy { drain: Duration::days(80), ..RETIRING };
    check(&lazy, [("13: drain", target(), datetime!(2026-01-20 00:15 UTC), served)]);
    let may = around(datetime!(2026-01-11 00:15 UTC))
        .map(|now| RegenerableKey::check_retirement(&target(), &RETIRING, now).is_ok());
    assert_eq!(may, [false, true, true]);
}

#[test]
fn the_key_that_is_retired_is_the_older_one() {
    let published = datetime!(2026-01-01 00:00 UTC);
    let decisions = around(published).map(|made| {
        let target = changed(target(), |target| target.account_mut().key2.created = Some(made));
        word(&decide(&target, &RETIRING, datetime!(2026-01-20 00:00 UTC)))
    });
    assert_eq!(decisions, ["retire", "up to date", "up to date"]);
}

#[test]
fn a_key_is_another_one_than_the_one_that_leaked_from_half_an_hour_after_the_last_change_of_the_version() {
    let changed_at = datetime!(2026-01-02 00:00 UTC);
    let decided = |leaked_key: KeyName, value| {
        around(changed_at + Duration::minutes(30)).map(|made| {
            let mut target = changed(target(), leaked(leaked_key));
            target.secret_mut().updated_at = Some(changed_at);
            target.account_mut().key2.created = Some(made);
            target.holder_mut().held = Held::Value(value);
            word(&decide(&target, &POLICY, datetime!(2026-01-20 00:00 UTC)))
        })
    };
    let published = target().secret_mut().value;
    assert_eq!(decided(KeyName::Key2, published), ["retire", "retire", "call dead"]);
    assert_eq!(decided(KeyName::Key1, published), ["up to date"; 3]);
}

#[test]
fn a_key_that_leaked_is_fresh_from_half_an_hour_after_the_last_change_of_the_version() {
    let changed_at = datetime!(2026-03-02 00:00 UTC);
    let decisions = around(changed_at + Duration::minutes(30)).map(|made| {
        let mut target = changed(rested(), leaked(KeyName::Key2));
        target.secret_mut().updated_at = Some(changed_at);
        target.account_mut().key2.created = Some(made);
        word(&decide(&target, &POLICY, datetime!(2026-03-02 12:00 UTC)))
    });
    assert_eq!(decisions, ["regenerate", "regenerate", "publish"]);
}

#[test]
fn a_published_key_that_leaked_rests_for_nobody() {
    let due_at_once = changed(super::due_at_once(), leaked(KeyName::Key1));
    let published = datetime!(2026-01-01 00:00 UTC);
    assert_eq!(
        around(published).map(|now| word(&decide(&due_at_once, &POLICY, now))),
        ["up to date", "regenerate", "regenerate"]
    );
}

#[test]
fn a_default_datastore_stays_with_its_workspace_from_half_an_hour_after_the_version() {
    let published = datetime!(2026-01-01 00:00 UTC);
    let decisions = around(published + Duration::minutes(30)).map(|written| {
        let target = changed(target(), |target| {
            let default = holder("blob", Held::Value(KEY_2));
            *target.holder_mut() = Holder { is_default: true, last_write: write(written), ..default };
            target.survey.workspaces[0].cache = Cache::Holds(KEY_2);
        });
        word(&decide(&target, &POLICY, datetime!(2026-01-20 00:00 UTC)))
    });
    assert_eq!(decisions, ["move", "move", "up to date"]);
}
