//! Row 13: the alternate key is made useless.

use time::Duration;

use super::{decision, obstacles, refused};
use crate::fixtures::{
    KEY_1, KEY_2, NOW, POLICY, SECOND, days_ago, declaration, holder, published, untraced, word,
};
use crate::terms::CLOCK_SKEW;
use crate::{
    Amendment, AmendmentReason, Breadth, COMPROMISED, Decision, Declaration, Failure, Held, KeyName,
    LastWrite, LeakedKeys, Observation, Obstacle, Policy, Regeneration, RegenerationReason, Run, WholeLook,
    decide,
};

const RETIRING: Policy = Policy { retire_after: Some(Duration::days(7)), ..POLICY };

/// Published and made eight days ago; nobody holds the older key.
fn served() -> Observation {
    published(8)
}

fn retires(observation: &Observation) -> bool {
    matches!(
        decide(observation, &RETIRING, NOW),
        Decision::Regenerate(Regeneration { reason: RegenerationReason::Retirement, .. })
    )
}

fn written(at: time::OffsetDateTime) -> Option<LastWrite> {
    Some(LastWrite { at, by: "somebody".to_owned(), ours: false })
}

#[test]
fn row_13_retires_the_older_key_where_policy_says_so() {
    let observation = served();
    let decision = decide(&observation, &RETIRING, NOW);
    let Decision::Regenerate(Regeneration { key, resync, cut_short, .. }) = decision else {
        panic!("{decision:?}");
    };
    assert_eq!((key.name(), resync.len(), cut_short.len()), (KeyName::Key2, 1, 0));
    assert_eq!(word(&super::decision(&observation)), "up to date", "off unless set");
}

#[test]
fn row_13_retires_nothing_twice_and_nothing_of_unknown_age() {
    for (key1, key2) in [
        (Some(days_ago(8)), Some(days_ago(8))),
        (Some(days_ago(8)), Some(days_ago(7))),
        (None, Some(days_ago(60))),
        (Some(days_ago(8)), None),
        (None, None),
    ] {
        let mut observation = served();
        (observation.account_mut().key1.created, observation.account_mut().key2.created) = (key1, key2);
        assert_eq!(word(&decide(&observation, &RETIRING, NOW)), "up to date", "{key1:?} {key2:?}");
    }
}

#[test]
fn row_13_waits_for_the_last_publish_and_the_last_write() {
    let week = Duration::days(7) + CLOCK_SKEW;
    let mut observation = served();
    observation.secret_mut().published_at = NOW - week;
    observation.holder_mut().last_write = written(NOW - week);
    observation.secret_mut().holders_moved_at = Some(NOW - week - CLOCK_SKEW);
    assert!(retires(&observation));
    let mut early = observation.clone();
    early.secret_mut().published_at += SECOND;
    assert!(!retires(&early));
    let mut early = observation.clone();
    early.holder_mut().last_write = written(NOW - week + SECOND);
    assert!(!retires(&early));
    let mut early = observation.clone();
    early.secret_mut().holders_moved_at = Some(NOW - week - CLOCK_SKEW + SECOND);
    assert!(!retires(&early));
}

#[test]
fn row_13_rests_no_less_than_a_rotation() {
    let observation = served();
    for slow in
        [Policy { overlap: Duration::days(8), ..RETIRING }, Policy { drain: Duration::days(51), ..RETIRING }]
    {
        assert_eq!(word(&decide(&observation, &slow, NOW)), "up to date");
    }
}

#[test]
fn row_13_retires_nothing_that_somebody_holds_or_may_hold() {
    for stray in [holder("stuck", Held::Value(KEY_2)), untraced("odd")] {
        let mut observation = served();
        observation.run.moved.insert(stray.id.clone());
        observation.run.fail(refused("a move"));
        observation.survey.holders.push(stray);
        assert!(!retires(&observation));
    }
    let mut observation = served();
    observation.survey.scopes.clear();
    assert!(!retires(&observation));
}

#[test]
fn row_13_looks_at_everything_directly_before_but_does_not_look_for_its_sake() {
    let mut observation = served();
    observation.survey.breadth = Breadth::Narrow;
    let decision = decide(&observation, &RETIRING, NOW);
    assert_eq!(decision, Decision::LookWhole(WholeLook::BeforeRegenerate));
    observation.run = Run::default();
    observation.survey = crate::Survey::none();
    assert_eq!(word(&decide(&observation, &RETIRING, NOW)), "up to date");
}

#[test]
fn row_13_needs_a_run_of_its_own() {
    let mut observation = served();
    observation.run.regeneration_sent = Some(KeyName::Key2);
    let decision = decide(&observation, &RETIRING, NOW);
    let what = "`key2` is to be regenerated as well, and one run regenerates once";
    assert_eq!(decision, Decision::Unfinished(vec![Failure::look_again(what)]));
    observation.survey.breadth = Breadth::Narrow;
    let decision = decide(&observation, &RETIRING, NOW);
    assert_eq!(decision, Decision::LookWhole(WholeLook::AfterRegenerate));
}

/// `key1` is published, `key2` leaked.
fn leaked() -> Observation {
    let mut observation = published(0);
    observation.secret_mut().compromised = LeakedKeys::NONE.with(KeyName::Key2);
    observation.holder_mut().last_write = written(NOW);
    observation
}

#[test]
fn row_13_regenerates_a_key_that_leaked_whatever_the_ages() {
    let mut observation = leaked();
    for created in [Some(NOW), Some(days_ago(60)), None] {
        observation.account_mut().key2.created = created;
        let decision = decision(&observation);
        let Decision::Regenerate(Regeneration { reason, key, cut_short, .. }) = decision else {
            panic!("{decision:?}");
        };
        assert_eq!((reason, key.name()), (RegenerationReason::Compromise, KeyName::Key2));
        assert_eq!(cut_short.len(), 2, "{cut_short:?}");
    }
}

#[test]
fn row_13_looks_for_whoever_holds_a_key_that_leaked_and_names_them() {
    let mut observation = leaked();
    observation.account_mut().key1.created = Some(days_ago(40));
    observation.secret_mut().published_at = days_ago(40);
    observation.run = Run::default();
    assert_eq!(decision(&observation), Decision::LookWhole(WholeLook::Compromised));
    let mut observation = leaked();
    observation.survey.holders.push(untraced("odd"));
    assert!(matches!(obstacles(&observation)[..], [Obstacle::HolderMayHold(..)]));
    let ignore_holders = vec!["WS/odd".to_owned()];
    observation.declared = Some(Declaration { ignore_holders, ..declaration() });
    assert_eq!(word(&decision(&observation)), "retire", "the operator vouches for it");
}

#[test]
fn row_13_takes_the_tag_off_when_the_key_is_dead() {
    let call_dead = |observation: &Observation| {
        let tags = vec![(COMPROMISED, None)];
        let expected = Amendment { reason: AmendmentReason::Dead(KeyName::Key2), tags, expires: None };
        decision(observation) == Decision::Amend(expected)
    };
    let mut by_this_run = leaked();
    assert!(!call_dead(&by_this_run));
    by_this_run.run.regeneration_sent = Some(KeyName::Key2);
    by_this_run.run.regenerated = Some(KeyName::Key2);
    assert!(call_dead(&by_this_run));
    let mut by_another = leaked();
    by_another.secret_mut().updated_at = Some(NOW - Duration::hours(1));
    by_another.account_mut().key2.created = Some(NOW - Duration::minutes(30));
    assert!(!call_dead(&by_another), "by another clock it may be older");
    by_another.account_mut().key2.created = Some(NOW - Duration::minutes(30) + SECOND);
    assert!(call_dead(&by_another));
    by_another.secret_mut().compromised = LeakedKeys::NONE.with(KeyName::Key1).with(KeyName::Key2);
    let Decision::Amend(Amendment { tags, .. }) = decision(&by_another) else { panic!("not amended") };
    assert_eq!(tags, [(COMPROMISED, Some("key1".to_owned()))]);
}

#[test]
fn row_13_tries_once_a_run_to_take_the_tag_off() {
    let mut observation = leaked();
    observation.run.regenerated = Some(KeyName::Key2);
    observation.run.regeneration_sent = Some(KeyName::Key2);
    observation.run.amend_failed = true;
    let failure = refused("an update");
    observation.run.fail(failure.clone());
    assert_eq!(decision(&observation), Decision::Unfinished(vec![failure]));
}

/// Its answer was lost: whether the leaked key is dead is not known, and the next run makes sure.
#[test]
fn row_13_regenerates_once_a_run() {
    let mut observation = leaked();
    observation.run.regeneration_sent = Some(KeyName::Key2);
    assert_eq!(word(&decision(&observation)), "unfinished");
}

#[test]
fn a_published_key_that_leaked_is_not_row_13_s() {
    let mut observation = published(10);
    observation.secret_mut().compromised = LeakedKeys::NONE.with(KeyName::Key1);
    assert_eq!(word(&decision(&observation)), "up to date");
    observation.holder_mut().held = Held::Value(KEY_1);
    assert_eq!(word(&decision(&observation)), "up to date");
}
