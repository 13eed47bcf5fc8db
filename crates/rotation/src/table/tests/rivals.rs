//! Row 2: two secrets stand for one account.

use super::{decision, obstacles, regenerates};
use crate::fixtures::{ACCOUNT, DEAD, KEY_1, KEY_2, another_secret, declaration, due, up_to_date};
use crate::{Decision, IgnoreReason, Observation, Obstacle, OtherSecret, SecretId};

fn beside(other: OtherSecret) -> Observation {
    let mut observation = due();
    observation.survey.other_secrets = vec![other];
    observation
}

fn id() -> SecretId {
    another_secret(None).id
}

#[test]
fn row_2_blocks_where_neither_is_declared_and_both_have_held_a_live_key() {
    let stale = |earlier: &[_]| OtherSecret { earlier: earlier.to_vec(), ..another_secret(Some(DEAD)) };
    for (other, blocks) in [
        (another_secret(Some(KEY_1)), true),
        (another_secret(Some(KEY_2)), true),
        (another_secret(None), true),
        (stale(&[DEAD, KEY_2]), true),
        (stale(&[DEAD]), false),
        (stale(&[]), false),
    ] {
        let observation = beside(other);
        if blocks {
            assert_eq!(obstacles(&observation), [Obstacle::AnotherSecret(id())]);
        } else {
            assert!(regenerates(&observation));
        }
    }
}

#[test]
fn row_2_counts_no_secret_that_never_held_a_live_key() {
    let mut observation = beside(another_secret(Some(KEY_1)));
    observation.secret_mut().value = DEAD;
    assert!(matches!(decision(&observation), Decision::LookAgain { .. }), "a bogus secret is row 6's");
    observation.secret_mut().earlier = vec![KEY_1];
    assert_eq!(obstacles(&observation), [Obstacle::AnotherSecret(id())]);
}

#[test]
fn row_2_lets_the_declared_one_count() {
    let mut observation = beside(another_secret(Some(KEY_1)));
    observation.declared = Some(declaration());
    assert!(regenerates(&observation));
    let other = OtherSecret { is_declared: true, ..another_secret(None) };
    for mut observation in [beside(other.clone()), Observation { run: Default::default(), ..beside(other) }] {
        let ignored = Decision::Ignore(IgnoreReason::AnotherDeclared(id()));
        assert_eq!(decision(&observation), ignored);
        observation.account = Err(Obstacle::ReadOnlyLock(ACCOUNT.parse().unwrap()));
        assert_eq!(decision(&observation), ignored, "whatever else is wrong");
        observation.secret = Err(Obstacle::SecretDisabled);
        assert_eq!(decision(&observation), Decision::Blocked(vec![Obstacle::SecretDisabled]));
    }
}

#[test]
fn row_2_blocks_where_both_are_declared() {
    let mut observation = beside(OtherSecret { is_declared: true, ..another_secret(None) });
    observation.declared = Some(declaration());
    assert_eq!(obstacles(&observation), [Obstacle::AnotherDeclared(id())]);
    observation.secret = Err(Obstacle::SecretNotFound);
    assert_eq!(obstacles(&observation), [Obstacle::AnotherDeclared(id())]);
}

/// The declared one counts, and yet nobody who reads the other one is to be cut off.
#[test]
fn row_10_blocks_the_declared_one_while_the_other_holds_the_key_that_is_to_die() {
    for (value, blocks) in [(Some(KEY_2), true), (None, true), (Some(KEY_1), false), (Some(DEAD), false)] {
        let mut observation = beside(another_secret(value));
        observation.declared = Some(declaration());
        if blocks {
            assert_eq!(obstacles(&observation), [Obstacle::OtherReadersHold(id())]);
        } else {
            assert!(regenerates(&observation));
        }
        let mut early = up_to_date();
        early.survey.other_secrets = observation.survey.other_secrets.clone();
        early.declared = observation.declared.clone();
        assert!(matches!(decision(&early), Decision::UpToDate { .. }));
    }
}
