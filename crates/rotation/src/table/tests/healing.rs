//! Row 6: a secret that holds neither key.

use time::Duration;

use super::{decision, obstacles, refused};
use crate::fixtures::{
    ACCOUNT, DEAD, KEY_1, KEY_2, NOW, POLICY, SECOND, days_ago, declaration, due, holder, published, word,
};
use crate::{
    Breadth, Decision, Held, KeyName, LeakedKeys, NeitherSeen, Observation, Obstacle, Publication,
    PublicationReason, WholeLook, decide,
};

/// Holds a key that is dead, seen for the first time half a minute ago; the one holder is on it too.
fn dead() -> Observation {
    let mut observation = published(10);
    observation.secret_mut().value = DEAD;
    observation.holder_mut().held = Held::Value(DEAD);
    observation.run.neither = Some(NeitherSeen { version: "v1".to_owned(), since: NOW - SECOND * 30 });
    observation
}

fn declared() -> Observation {
    Observation { declared: Some(declaration()), ..dead() }
}

fn healed(observation: &Observation) -> KeyName {
    match decision(observation) {
        Decision::Publish(Publication { reason: PublicationReason::Healing, key, .. }) => key,
        other => panic!("not healed: {other:?}"),
    }
}

#[test]
fn row_6_looks_twice_half_a_minute_apart() {
    for mut observation in [dead(), declared()] {
        observation.run.neither = Some(NeitherSeen { version: "v1".to_owned(), since: NOW });
        let at = NOW + SECOND * 30;
        assert_eq!(decision(&observation), Decision::LookAgain { at });
        assert_eq!(word(&decide(&observation, &POLICY, at - SECOND)), "look: again");
        assert_ne!(word(&decide(&observation, &POLICY, at)), "look: again");
        observation.run.neither = Some(NeitherSeen { version: "v0".to_owned(), since: days_ago(1) });
        assert_eq!(decision(&observation), Decision::LookAgain { at }, "that was another version");
        observation.run.neither = None;
        assert_eq!(decision(&observation), Decision::LookAgain { at });
    }
}

#[test]
fn row_6_heals_only_what_was_ours() {
    let account = ACCOUNT.parse().unwrap();
    assert_eq!(obstacles(&dead()), [Obstacle::NeitherKey(account)]);
    assert_eq!(healed(&declared()), KeyName::Key1);
    let mut had_a_live_key = dead();
    had_a_live_key.secret_mut().earlier = vec![DEAD, KEY_2];
    assert_eq!(healed(&had_a_live_key), KeyName::Key1);
    had_a_live_key.secret_mut().earlier = vec![DEAD];
    assert!(matches!(obstacles(&had_a_live_key)[..], [Obstacle::NeitherKey(_)]));
    let mut was_seen_live = dead();
    was_seen_live.run.seen_live = vec![KEY_1];
    assert!(matches!(obstacles(&was_seen_live)[..], [Obstacle::NeitherKey(_)]), "that was another value");
    was_seen_live.run.seen_live = vec![DEAD];
    assert_eq!(healed(&was_seen_live), KeyName::Key1);
}

#[test]
fn row_6_leaves_what_has_not_the_form_of_a_key() {
    let mut observation = declared();
    observation.secret_mut().earlier = vec![KEY_1];
    observation.secret_mut().has_key_form = false;
    assert_eq!(obstacles(&observation), [Obstacle::NotAKey(ACCOUNT.parse().unwrap())]);
}

#[test]
fn row_6_leaves_a_declared_secret_that_is_tagged_for_something_else() {
    let mut observation = declared();
    let other = ACCOUNT.replace("stml", "stother");
    observation.secret_mut().tags.provider_address = Some(other.clone());
    let (declared, tagged) = (ACCOUNT.parse().unwrap(), other.parse().unwrap());
    assert_eq!(obstacles(&observation), [Obstacle::AccountContradicted { declared, tagged }]);
    observation.secret_mut().tags.provider_address = Some("sql".to_owned());
    let malformed = Obstacle::TagMalformed { tag: crate::PROVIDER_ADDRESS, text: "sql".to_owned() };
    assert_eq!(obstacles(&observation), [malformed]);
    observation.secret_mut().tags.provider_address = None;
    assert_eq!(healed(&observation), KeyName::Key1);
}

#[test]
fn row_6_publishes_the_key_that_most_holders_hold_else_the_one_that_the_tag_names() {
    let mut observation = declared();
    for (tag, expected) in [
        (Some("key2"), KeyName::Key2),
        (Some("key1"), KeyName::Key1),
        (Some("key3"), KeyName::Key1),
        (None, KeyName::Key1),
    ] {
        observation.secret_mut().tags.credential_id = tag.map(str::to_owned);
        assert_eq!(healed(&observation), expected, "{tag:?}");
    }
    observation.survey.holders.push(holder("one", Held::Value(KEY_2)));
    assert_eq!(healed(&observation), KeyName::Key2);
    observation.survey.holders.push(holder("two", Held::Value(KEY_1)));
    observation.secret_mut().tags.credential_id = Some("key2".to_owned());
    assert_eq!(healed(&observation), KeyName::Key2);
    observation.survey.holders.push(holder("three", Held::Value(KEY_1)));
    assert_eq!(healed(&observation), KeyName::Key1);
}

#[test]
fn row_6_counts_holders_before() {
    let mut observation = declared();
    observation.survey.breadth = Breadth::Narrow;
    assert_eq!(decision(&observation), Decision::LookWhole(WholeLook::CountHolders));
    let mut hopeless = dead();
    hopeless.survey.breadth = Breadth::Narrow;
    assert!(matches!(obstacles(&hopeless)[..], [Obstacle::NeitherKey(_)]));
}

#[test]
fn row_6_never_publishes_a_key_that_leaked_unless_it_was_regenerated_since() {
    let mut observation = declared();
    observation.survey.holders = ["a", "b"].map(|name| holder(name, Held::Value(KEY_1))).into();
    observation.secret_mut().compromised = LeakedKeys::NONE.with(KeyName::Key1);
    let updated = NOW - Duration::hours(2);
    observation.secret_mut().updated_at = Some(updated);
    assert_eq!(healed(&observation), KeyName::Key2);
    let half_an_hour = Duration::minutes(30);
    for (made, expected) in [
        (Some(updated + half_an_hour), KeyName::Key2),
        (Some(updated + half_an_hour + SECOND), KeyName::Key1),
        (None, KeyName::Key2),
    ] {
        observation.account_mut().key1.created = made;
        assert_eq!(healed(&observation), expected);
    }
    observation.secret_mut().updated_at = None;
    observation.account_mut().key1.created = Some(NOW);
    assert_eq!(healed(&observation), KeyName::Key2);
    observation.run.regenerated = Some(KeyName::Key1);
    let Decision::Publish(Publication { key, compromised, .. }) = decision(&observation) else {
        panic!("not healed");
    };
    assert_eq!((key, compromised), (KeyName::Key1, LeakedKeys::NONE));
}

#[test]
fn row_6_keeps_in_mind_that_the_other_key_leaked() {
    let mut observation = declared();
    observation.secret_mut().compromised = LeakedKeys::NONE.with(KeyName::Key1);
    let Decision::Publish(Publication { key, compromised, .. }) = decision(&observation) else {
        panic!("not healed");
    };
    assert_eq!((key, compromised), (KeyName::Key2, LeakedKeys::NONE.with(KeyName::Key1)));
    observation.secret_mut().compromised = LeakedKeys::NONE.with(KeyName::Key1).with(KeyName::Key2);
    assert_eq!(obstacles(&observation), [Obstacle::BothKeysLeaked(ACCOUNT.parse().unwrap())]);
}

#[test]
fn row_6_tries_once_a_run() {
    let mut observation = declared();
    let failure = refused("the publish");
    observation.run.publish_failed = true;
    observation.run.fail(failure.clone());
    assert_eq!(decision(&observation), Decision::Unfinished(vec![failure]));
}

#[test]
fn a_dead_key_is_overdue_by_its_expiry() {
    let mut observation = dead();
    observation.secret_mut().expires = due().secret_mut().expires;
    let late = NOW + Duration::days(3);
    assert!(crate::overdue_since(&observation, &POLICY, late).is_some());
}
