//! A rotation before its time, and a key that leaked: written down before anything else.

use time::Duration;

use super::{decision, refused};
use crate::fixtures::{
    ACCOUNT, DEAD, KEY_1, KEY_2, NOW, days_ago, declaration, due, holder, published, up_to_date, word,
};
use crate::{
    Amendment, AmendmentReason, Breadth, COMPROMISED, Decision, Forced, Held, KeyName, LastWrite, LeakedKeys,
    Observation, Obstacle, PROVIDER_ADDRESS, Publication, Regeneration, Tags, VALIDITY_PERIOD_DAYS,
};

fn forced(observation: Observation, version: &str, compromised: Option<KeyName>) -> Observation {
    Observation { forced: Some(Forced { version: version.to_owned(), compromised }), ..observation }
}

fn leaked(key: KeyName) -> LeakedKeys {
    LeakedKeys::NONE.with(key)
}

fn amendment(observation: &Observation) -> Amendment {
    match decision(observation) {
        Decision::Amend(amendment) => amendment,
        other => panic!("not amended: {other:?}"),
    }
}

/// What is decided once it was written down.
fn carried_out(mut observation: Observation) -> Observation {
    let Amendment { tags, expires, .. } = amendment(&observation);
    let secret = observation.secret_mut();
    secret.expires = expires.or(secret.expires);
    for (tag, text) in tags {
        match tag {
            COMPROMISED => secret.compromised = text.unwrap().parse().unwrap(),
            PROVIDER_ADDRESS => secret.tags.provider_address = text,
            VALIDITY_PERIOD_DAYS => secret.tags.validity_period_days = text,
            other => panic!("{other}"),
        }
    }
    observation
}

#[test]
fn a_forced_version_is_made_due_where_it_is_still_the_current_one() {
    let expected =
        Amendment { reason: AmendmentReason::Forced, tags: vec![], expires: Some(NOW + Duration::days(30)) };
    for version in ["v1", "V1"] {
        assert_eq!(amendment(&forced(up_to_date(), version, None)), expected);
    }
    for compromised in [None, Some(KeyName::Key1)] {
        assert!(matches!(decision(&forced(up_to_date(), "v0", compromised)), Decision::UpToDate { .. }));
    }
}

#[test]
fn a_forced_version_is_due_like_any_other_and_for_whoever_comes_later() {
    let mut observation = carried_out(forced(up_to_date(), "v1", None));
    assert_eq!(word(&decision(&observation)), "regenerate");
    observation.forced = None;
    assert_eq!(word(&decision(&observation)), "regenerate");
    let mut undated = forced(up_to_date(), "v1", None);
    undated.secret_mut().expires = None;
    assert_eq!(word(&decision(&carried_out(undated))), "regenerate");
}

#[test]
fn what_is_due_already_needs_no_writing() {
    assert_eq!(word(&decision(&forced(due(), "v1", None))), "regenerate");
    let mut expired = forced(published(100), "v1", None);
    expired.secret_mut().expires = Some(days_ago(1));
    assert_eq!(word(&decision(&expired)), "regenerate");
}

#[test]
fn a_key_that_leaked_is_written_down_also_where_the_version_is_due() {
    for (observation, expires) in [(due(), None), (up_to_date(), Some(NOW + Duration::days(30)))] {
        for key in KeyName::BOTH {
            let expected = Amendment {
                reason: AmendmentReason::Compromised(key),
                tags: vec![(COMPROMISED, Some(key.to_string()))],
                expires,
            };
            let forced = forced(observation.clone(), "v1", Some(key));
            assert_eq!(amendment(&forced), expected);
            assert_eq!(word(&decision(&carried_out(forced))), "regenerate", "it is not written twice");
        }
    }
    let mut both = forced(due(), "v1", Some(KeyName::Key2));
    both.secret_mut().compromised = leaked(KeyName::Key1);
    assert_eq!(amendment(&both).tags, [(COMPROMISED, Some("key1,key2".to_owned()))]);
}

#[test]
fn what_is_asked_for_is_written_down_whatever_has_to_be_mended_first() {
    let account: crate::StorageAccountId = ACCOUNT.parse().unwrap();
    let locked = Observation { account: Err(Obstacle::ReadOnlyLock(account)), ..up_to_date() };
    let mut dead = up_to_date();
    dead.secret_mut().value = DEAD;
    let mut named_wrongly = up_to_date();
    named_wrongly.secret_mut().tags.credential_id = Some("key2".to_owned());
    for observation in [locked, dead, named_wrongly] {
        let before = word(&decision(&observation));
        let observation = forced(observation, "v1", Some(KeyName::Key1));
        assert_eq!(word(&decision(&observation)), "expedite");
        assert_eq!(word(&decision(&carried_out(observation))), before);
    }
}

#[test]
fn a_secret_that_is_none_of_ours_is_never_written() {
    let mut untagged = up_to_date();
    untagged.secret_mut().tags = Tags::default();
    for observation in [untagged, Observation { vault_allowed: false, ..up_to_date() }] {
        assert!(matches!(decision(&forced(observation, "v1", Some(KeyName::Key1))), Decision::Ignore(_)));
    }
    let unread = Observation { secret: Err(Obstacle::SecretDisabled), ..up_to_date() };
    let mut incomplete = up_to_date();
    incomplete.secret_mut().tags.credential_id = None;
    for observation in [unread, incomplete] {
        assert_eq!(word(&decision(&forced(observation, "v1", None))), "blocked");
    }
}

/// Else row 5 would publish the value anew, and the version that is to be replaced would be no more.
#[test]
fn a_declared_secret_without_tags_gets_some_along_with_it() {
    for (untagged, expires) in [(up_to_date(), Some(NOW + Duration::days(30))), (due(), None)] {
        let mut untagged = Observation { declared: Some(declaration()), ..untagged };
        untagged.secret_mut().tags = Tags::default();
        let forced = forced(untagged, "v1", None);
        let tags =
            vec![(PROVIDER_ADDRESS, Some(ACCOUNT.to_owned())), (VALIDITY_PERIOD_DAYS, Some("90".to_owned()))];
        let expected = Amendment { reason: AmendmentReason::Forced, tags, expires };
        assert_eq!(amendment(&forced), expected);
        assert_eq!(word(&decision(&carried_out(forced))), "put right");
    }
}

#[test]
fn what_could_not_be_written_is_not_tried_again_in_this_run() {
    let mut observation = forced(up_to_date(), "v1", Some(KeyName::Key1));
    let failure = refused("an update");
    observation.run.amend_failed = true;
    observation.run.fail(failure.clone());
    assert_eq!(decision(&observation), Decision::Unfinished(vec![failure]));
}

/// A key that was just published, with a holder that was just moved off the other one.
fn fresh_and_stirred(compromised: LeakedKeys) -> Observation {
    let mut observation = published(0);
    observation.secret_mut().expires = Some(NOW + Duration::days(30));
    observation.secret_mut().compromised = compromised;
    observation.secret_mut().holders_moved_at = Some(NOW);
    observation.holder_mut().last_write = Some(LastWrite { at: NOW, by: "us".to_owned(), ours: true });
    observation
}

#[test]
fn a_published_key_that_leaked_waits_for_no_rest_and_says_whom_that_cuts_off() {
    assert_eq!(word(&decision(&fresh_and_stirred(LeakedKeys::NONE))), "wait");
    assert_eq!(word(&decision(&fresh_and_stirred(leaked(KeyName::Key2)))), "wait");
    let decision = decision(&fresh_and_stirred(leaked(KeyName::Key1)));
    let Decision::Regenerate(Regeneration { cut_short, .. }) = decision else { panic!("{decision:?}") };
    assert!(matches!(
        cut_short[..],
        [
            Obstacle::OverlapNotOver { .. },
            Obstacle::HoldersJustMoved { .. },
            Obstacle::HolderJustWritten { .. }
        ]
    ));
}

#[test]
fn a_published_key_that_leaked_still_harms_no_holder() {
    let mut observation = fresh_and_stirred(leaked(KeyName::Key1));
    observation.survey.holders.push(holder("stray", Held::Value(KEY_2)));
    assert_eq!(word(&decision(&observation)), "move");
    observation.run.moved.insert(holder("stray", Held::Value(KEY_1)).id);
    assert_eq!(word(&decision(&observation)), "blocked");
    observation.survey.holders.pop();
    observation.survey.breadth = Breadth::Narrow;
    assert_eq!(word(&decision(&observation)), "look: before");
}

#[test]
fn a_publish_forgets_the_leak_of_the_key_that_it_publishes_and_no_other() {
    for (compromised, expected) in [
        (leaked(KeyName::Key1), leaked(KeyName::Key1)),
        (leaked(KeyName::Key2), LeakedKeys::NONE),
        (leaked(KeyName::Key1).with(KeyName::Key2), leaked(KeyName::Key1)),
    ] {
        let mut observation = due();
        observation.secret_mut().compromised = compromised;
        observation.run.regenerated = Some(KeyName::Key2);
        let decision = decision(&observation);
        let Decision::Publish(Publication { compromised, .. }) = decision else { panic!("{decision:?}") };
        assert_eq!(compromised, expected);
    }
}

/// It looks as if it was made for this rotation.
#[test]
fn a_key_that_leaked_is_not_published_as_the_fresh_one() {
    let mut observation = due();
    observation.account_mut().key2.created = Some(NOW);
    assert_eq!(word(&decision(&observation)), "publish");
    observation.secret_mut().compromised = leaked(KeyName::Key2);
    observation.secret_mut().updated_at = Some(NOW);
    assert_eq!(word(&decision(&observation)), "regenerate");
    observation.secret_mut().updated_at = Some(NOW - Duration::minutes(31));
    assert_eq!(word(&decision(&observation)), "publish", "it was made since");
}
