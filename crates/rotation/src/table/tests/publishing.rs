//! Rows 7 and 8: workspaces with a dead key, and a key that was made for this rotation.

use time::Duration;

use super::{decision, refused, regenerates};
use crate::fixtures::{DEAD, KEY_1, KEY_2, NOW, SECOND, due, due_and_fresh, up_to_date, workspace};
use crate::terms::CLOCK_SKEW;
use crate::{
    Cache, Decision, Dependent, Disposition, Failure, Held, KeyName, LeakedKeys, Move, Publication,
    PublicationReason,
};

#[test]
fn row_7_resyncs_a_workspace_whose_key_is_dead_once_a_run() {
    let mut observation = up_to_date();
    observation.survey.workspaces[0].cache = Cache::Holds(DEAD);
    assert_eq!(decision(&observation), Decision::Resync(vec![workspace("ws")]));
    observation.run.resynced.insert(workspace("ws"));
    let about = Dependent::Workspace(workspace("ws"));
    let failure = Failure::look_again("workspace `ws` still keeps a dead key").about(about.clone());
    assert_eq!(decision(&observation), Decision::Unfinished(vec![failure]));
    let refused = refused("a resync").about(about);
    observation.run.fail(refused.clone());
    assert_eq!(
        decision(&observation),
        Decision::Unfinished(vec![refused]),
        "what needs a person is no reason to look again"
    );
}

#[test]
fn row_7_leaves_a_workspace_on_either_live_key_alone() {
    for cache in [Cache::Holds(KEY_1), Cache::Holds(KEY_2), Cache::Unknown] {
        let mut observation = up_to_date();
        observation.survey.workspaces[0].cache = cache;
        assert!(matches!(decision(&observation), Decision::UpToDate { .. }));
    }
}

#[test]
fn row_8_publishes_a_fresh_alternate_after_the_resyncs_that_this_run_owes() {
    let observation = due_and_fresh();
    let publication = Publication {
        reason: PublicationReason::Rotation,
        key: KeyName::Key2,
        created: Some(NOW),
        compromised: LeakedKeys::NONE,
        resync: vec![workspace("ws")],
    };
    assert_eq!(decision(&observation), Decision::Publish(publication.clone()));
    let mut resynced = observation;
    resynced.run.resynced.insert(workspace("ws"));
    assert_eq!(decision(&resynced), Decision::Publish(Publication { resync: Vec::new(), ..publication }));
}

#[test]
fn row_8_knows_what_this_run_regenerated_without_an_age() {
    let mut observation = due();
    observation.account_mut().key2.created = None;
    assert!(regenerates(&observation));
    observation.run.regeneration_sent = Some(KeyName::Key2);
    observation.run.regenerated = Some(KeyName::Key2);
    assert!(matches!(decision(&observation), Decision::Publish(_)));
}

#[test]
fn row_8_publishes_nothing_that_is_old_or_before_it_is_due() {
    let mut old = due();
    let due_since = NOW - Duration::hours(1);
    old.account_mut().key2.created = Some(due_since - CLOCK_SKEW - SECOND);
    assert!(regenerates(&old));
    old.account_mut().key2.created = Some(due_since - CLOCK_SKEW);
    assert!(matches!(decision(&old), Decision::Publish(_)));
    let mut not_due = up_to_date();
    not_due.account_mut().key2.created = Some(NOW);
    assert!(matches!(decision(&not_due), Decision::UpToDate { .. }));
}

/// The vault may take nothing for half a day; a holder on a dead key is not to wait for it.
#[test]
fn row_9_moves_strays_although_the_publish_failed() {
    let mut observation = due_and_fresh();
    observation.run.publish_failed = true;
    observation.holder_mut().held = Held::Value(DEAD);
    let decision = decision(&observation);
    assert!(matches!(decision, Decision::Move(Move { key: KeyName::Key1, .. })), "{decision:?}");
    observation.run.moved.insert(observation.survey.holders[0].id.clone());
    assert!(matches!(super::decision(&observation), Decision::Unfinished(_)));
}

#[test]
fn row_8_does_not_regenerate_again_when_the_publish_failed() {
    let mut observation = due_and_fresh();
    let failure = Failure::new("the vault", Disposition::Retry);
    observation.run.publish_failed = true;
    observation.run.failures.push(failure.clone());
    assert_eq!(decision(&observation), Decision::Unfinished(vec![failure]));
}
