//! Row 12, and since when a target is due.

use time::Duration;
use time::macros::datetime;

use super::{decision, regenerates};
use crate::fixtures::{ACCOUNT, KEY_2, NOW, POLICY, SECOND, days_ago, due, up_to_date, workspace};
use crate::{
    Breadth, Cache, Decision, Held, KeyName, Regeneration, RegenerationReason, WholeLook, WorkspaceSeen,
    decide,
};

#[test]
fn row_12_regenerates_the_alternate_and_resyncs_every_workspace() {
    let mut observation = due();
    observation.survey.workspaces.push(WorkspaceSeen { id: workspace("other"), cache: Cache::Holds(KEY_2) });
    let Decision::Regenerate(Regeneration { reason, key, resync, followers, cut_short }) =
        decision(&observation)
    else {
        panic!("not regenerated");
    };
    assert_eq!((reason, followers.len(), cut_short.len()), (RegenerationReason::Due, 0, 0));
    assert_eq!(key.name(), KeyName::Key2);
    assert_eq!(key.account(), &ACCOUNT.parse().unwrap());
    assert_eq!(resync, [workspace("ws"), workspace("other")]);
}

#[test]
fn row_12_goes_by_the_value_and_not_by_the_slot() {
    let mut observation = due();
    observation.secret_mut().value = KEY_2;
    observation.secret_mut().tags.credential_id = Some("key2".to_owned());
    observation.account_mut().key2.created = Some(days_ago(60));
    observation.account_mut().key1.created = Some(days_ago(120));
    observation.holder_mut().held = Held::Value(KEY_2);
    assert!(matches!(
        decision(&observation),
        Decision::Regenerate(Regeneration { key, .. }) if key.name() == KeyName::Key1
    ));
}

#[test]
fn row_12_looks_at_everything_directly_before() {
    let mut observation = due();
    observation.survey.breadth = Breadth::Narrow;
    assert_eq!(decision(&observation), Decision::LookWhole(WholeLook::BeforeRegenerate));
}

#[test]
fn row_12_sends_one_regeneration_a_run() {
    let mut observation = due();
    observation.run.regeneration_sent = Some(KeyName::Key2);
    assert!(matches!(decision(&observation), Decision::Unfinished(_)));
}

#[test]
fn row_12_starts_with_the_second_at_which_it_is_due() {
    let observation = due();
    let due_since = NOW - Duration::hours(1);
    assert!(matches!(
        decide(&observation, &POLICY, due_since - SECOND),
        Decision::UpToDate { due } if due == due_since
    ));
    assert!(matches!(decide(&observation, &POLICY, due_since), Decision::Regenerate(_)));
}

#[test]
fn an_expiry_that_was_moved_away_does_not_escape_policy() {
    let mut observation = due();
    observation.secret_mut().expires = Some(datetime!(2036-01-01 00:00 UTC));
    assert!(regenerates(&observation));
}

#[test]
fn an_expiry_that_was_moved_here_makes_a_target_due() {
    let mut observation = up_to_date();
    observation.secret_mut().expires = Some(NOW + Duration::days(30));
    assert!(regenerates(&observation));
}

#[test]
fn a_key_of_unknown_age_is_as_old_as_its_version() {
    let mut observation = due();
    observation.account_mut().key1.created = None;
    assert!(regenerates(&observation));
    observation.account_mut().key1.created = Some(days_ago(10));
    observation.secret_mut().expires = Some(NOW + Duration::days(30) + Duration::hours(2));
    assert!(matches!(decision(&observation), Decision::UpToDate { .. }));
}
