//! Row 5: what stands on a version that holds a live key is put right.

use time::Duration;

use super::{decision, obstacles, refused};
use crate::fixtures::{ACCOUNT, KEY_2, NOW, days_ago, declaration, due, holder, up_to_date};
use crate::{
    Amendment, AmendmentReason, COMPROMISED, CREDENTIAL_ID, Decision, Declaration, Held, KeyName, LeakedKeys,
    Observation, Obstacle, PROVIDER_ADDRESS, Publication, PublicationReason, Tags, VALIDITY_PERIOD_DAYS,
};

fn declared() -> Observation {
    Observation { declared: Some(declaration()), ..up_to_date() }
}

/// The tags that are put right, and the expiry.
fn put_right(
    observation: &Observation,
) -> (Vec<(&'static str, Option<String>)>, Option<time::OffsetDateTime>) {
    match decision(observation) {
        Decision::Amend(Amendment { reason: AmendmentReason::PutRight, tags, expires }) => (tags, expires),
        other => panic!("not put right: {other:?}"),
    }
}

fn tag(name: &'static str, text: &str) -> (&'static str, Option<String>) {
    (name, Some(text.to_owned()))
}

#[test]
fn row_5_lets_what_is_right_be() {
    for observation in [up_to_date(), declared()] {
        assert!(matches!(decision(&observation), Decision::UpToDate { .. }));
    }
}

#[test]
fn row_5_corrects_the_tag_that_names_the_key_by_the_value() {
    for text in ["key2", "key3", ""] {
        let mut observation = up_to_date();
        observation.secret_mut().tags.credential_id = Some(text.to_owned());
        assert_eq!(put_right(&observation), (vec![tag(CREDENTIAL_ID, "key1")], None));
    }
    let mut observation = up_to_date();
    observation.secret_mut().value = KEY_2;
    observation.account_mut().key2.created = Some(days_ago(10));
    observation.holder_mut().held = Held::Value(KEY_2);
    assert_eq!(put_right(&observation), (vec![tag(CREDENTIAL_ID, "key2")], None));
}

#[test]
fn row_5_makes_the_tags_of_a_declared_pair_say_what_is_declared() {
    let mut observation = declared();
    observation.declared = Some(Declaration { validity: Duration::days(60), ..declaration() });
    observation.secret_mut().tags.provider_address = Some(ACCOUNT.replace("stml", "stother"));
    observation.secret_mut().tags.credential_id = None;
    let expected =
        vec![tag(CREDENTIAL_ID, "key1"), tag(PROVIDER_ADDRESS, ACCOUNT), tag(VALIDITY_PERIOD_DAYS, "60")];
    let (tags, expires) = put_right(&observation);
    assert_eq!(tags, expected);
    assert_eq!(expires, Some(days_ago(10) + Duration::days(60)), "no later than it should end");
    for odd in ["sql", &ACCOUNT.to_uppercase()] {
        let mut observation = declared();
        observation.secret_mut().tags.provider_address = Some(odd.to_owned());
        observation.secret_mut().tags.validity_period_days = Some("ninety".to_owned());
        let (tags, expires) = put_right(&observation);
        assert_eq!(tags.last(), Some(&tag(VALIDITY_PERIOD_DAYS, "90")));
        assert_eq!((tags.len(), expires), (if odd == "sql" { 2 } else { 1 }, None));
    }
}

#[test]
fn row_5_is_row_3_where_tags_are_missing_and_nothing_is_declared() {
    let mut observation = up_to_date();
    observation.secret_mut().tags.credential_id = None;
    assert_eq!(obstacles(&observation), [Obstacle::TagsIncomplete { missing: vec![CREDENTIAL_ID] }]);
}

#[test]
fn row_5_gives_a_version_the_expiry_that_it_should_have() {
    for mut observation in [up_to_date(), declared()] {
        observation.secret_mut().expires = None;
        assert_eq!(put_right(&observation), (vec![], Some(days_ago(10) + Duration::days(90))));
    }
}

/// An expiry that was moved here is somebody's wish; one that was moved away escapes policy.
#[test]
fn row_5_moves_an_expiry_closer_and_never_away() {
    let mut observation = up_to_date();
    observation.secret_mut().tags.credential_id = Some("key2".to_owned());
    let formula = days_ago(10) + Duration::days(90);
    for (expires, expected) in [
        (formula - Duration::SECOND, None),
        (formula, None),
        (formula + Duration::SECOND, Some(formula)),
        (NOW + Duration::days(30), None),
    ] {
        observation.secret_mut().expires = Some(expires);
        assert_eq!(put_right(&observation), (vec![tag(CREDENTIAL_ID, "key1")], expected));
    }
}

#[test]
fn row_5_publishes_the_same_value_anew_where_there_are_no_tags_at_all() {
    let mut observation = declared();
    observation.secret_mut().tags = Tags::default();
    observation.secret_mut().compromised = LeakedKeys::NONE.with(KeyName::Key1);
    let expected = Publication {
        reason: PublicationReason::Untagged,
        key: KeyName::Key1,
        created: Some(days_ago(10)),
        compromised: LeakedKeys::NONE.with(KeyName::Key1),
        resync: Vec::new(),
    };
    assert_eq!(decision(&observation), Decision::Publish(expected));
    observation.declared = None;
    assert!(matches!(decision(&observation), Decision::Ignore(_)));
}

#[test]
fn row_5_tries_once_a_run_and_lets_the_rest_go_on() {
    let failure = refused("an update");
    let mut observation = due();
    observation.secret_mut().expires = None;
    observation.run.amend_failed = true;
    observation.run.fail(failure.clone());
    assert!(matches!(decision(&observation), Decision::Regenerate(_)));
    let mut observation = declared();
    observation.secret_mut().tags = Tags::default();
    observation.run.publish_failed = true;
    observation.run.fail(failure.clone());
    assert_eq!(decision(&observation), Decision::Unfinished(vec![failure]));
    observation.survey.holders.push(holder("stray", Held::Value(KEY_2)));
    assert!(matches!(decision(&observation), Decision::Move(_)));
}

#[test]
fn what_leaked_is_no_reason_to_put_a_tag_right() {
    let mut observation = up_to_date();
    observation.secret_mut().compromised = LeakedKeys::NONE.with(KeyName::Key1);
    assert!(matches!(decision(&observation), Decision::UpToDate { .. }));
    observation.secret_mut().tags.credential_id = Some("key2".to_owned());
    assert!(put_right(&observation).0.iter().all(|(name, _)| *name != COMPROMISED));
}
