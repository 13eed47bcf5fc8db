//! Row 4: a declared pair without a secret.

use super::{decision, obstacles, refused};
use crate::fixtures::{ACCOUNT, DEAD, KEY_1, KEY_2, days_ago, declaration, holder, published, untraced};
use crate::{
    Breadth, Decision, Held, Holder, HolderKind, KeyName, LeakedKeys, Observation, Obstacle, Publication,
    PublicationReason, WholeLook,
};

/// Declared, and without a secret; `key1` is the younger.
fn without_secret(holders: Vec<Holder>) -> Observation {
    let mut observation = published(10);
    observation.secret = Err(Obstacle::SecretNotFound);
    observation.declared = Some(declaration());
    observation.survey.holders = holders;
    observation
}

fn on(name: &str, value: crate::Fingerprint) -> Holder {
    holder(name, Held::Value(value))
}

fn enrolled(observation: &Observation) -> KeyName {
    match decision(observation) {
        Decision::Publish(Publication { reason: PublicationReason::Enrolment, key, .. }) => key,
        other => panic!("not enrolled: {other:?}"),
    }
}

#[test]
fn row_4_publishes_the_key_that_most_holders_hold_once_they_were_counted() {
    let mut observation = without_secret(vec![on("a", KEY_2), on("b", KEY_1), on("c", KEY_2)]);
    let expected = Publication {
        reason: PublicationReason::Enrolment,
        key: KeyName::Key2,
        created: Some(days_ago(70)),
        compromised: LeakedKeys::NONE,
        resync: Vec::new(),
    };
    assert_eq!(decision(&observation), Decision::Publish(expected));
    observation.survey.breadth = Breadth::Narrow;
    assert_eq!(decision(&observation), Decision::LookWhole(WholeLook::CountHolders));
}

#[test]
fn row_4_counts_whoever_signs_or_connects_and_nobody_who_is_not_known_to_hold_a_key() {
    let of_kind = |kind, name: &str| {
        let mut holder = on(name, KEY_2);
        holder.id.kind = kind;
        holder
    };
    let signer = of_kind(HolderKind::SasDatastore, "signer");
    let connection = of_kind(HolderKind::Connection, "connection");
    let unread = holder("unread", Held::Unreadable("403".to_owned()));
    let observation =
        without_secret(vec![on("a", KEY_1), signer, connection, on("dead", DEAD), unread, untraced("odd")]);
    assert_eq!(enrolled(&observation), KeyName::Key2);
}

#[test]
fn row_4_publishes_the_younger_key_where_holders_do_not_tell_and_else_key1() {
    for holders in [vec![], vec![on("a", KEY_1), on("b", KEY_2)], vec![on("a", DEAD)]] {
        let mut observation = without_secret(holders);
        for (key1, key2, expected) in [
            (Some(days_ago(10)), Some(days_ago(70)), KeyName::Key1),
            (Some(days_ago(70)), Some(days_ago(10)), KeyName::Key2),
            (None, Some(days_ago(70)), KeyName::Key2),
            (Some(days_ago(70)), None, KeyName::Key1),
            (Some(days_ago(70)), Some(days_ago(70)), KeyName::Key1),
            (None, None, KeyName::Key1),
        ] {
            (observation.account_mut().key1.created, observation.account_mut().key2.created) = (key1, key2);
            assert_eq!(enrolled(&observation), expected, "{key1:?} {key2:?}");
        }
    }
}

#[test]
fn row_4_tries_once_a_run() {
    let mut observation = without_secret(vec![]);
    let failure = refused("the publish");
    observation.run.publish_failed = true;
    observation.run.fail(failure.clone());
    assert_eq!(decision(&observation), Decision::Unfinished(vec![failure]));
}

#[test]
fn row_4_is_for_declared_pairs_and_for_accounts_that_can_be_worked_with() {
    let mut observation = without_secret(vec![]);
    let locked = Obstacle::ReadOnlyLock(ACCOUNT.parse().unwrap());
    observation.account = Err(locked.clone());
    assert_eq!(obstacles(&observation), [locked]);
    let mut observation = without_secret(vec![]);
    observation.declared = None;
    assert_eq!(obstacles(&observation), [Obstacle::SecretNotFound]);
    for obstacle in [Obstacle::SecretDisabled, Obstacle::VaultFirewall] {
        let observation = Observation { secret: Err(obstacle.clone()), ..without_secret(vec![]) };
        assert_eq!(obstacles(&observation), [obstacle]);
    }
}
