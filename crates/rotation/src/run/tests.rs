//! What a run remembers of its looks.

use super::*;
use crate::fixtures::{DEAD, KEY_1, KEY_2, NOW, SECOND, holder, published, up_to_date, workspace};
use crate::{Cache, Obstacle};

#[test]
fn the_same_failure_twice_is_one() {
    let mut run = Run::default();
    run.extend([Failure::look_again("a"), Failure::look_again("b"), Failure::look_again("a")]);
    assert_eq!(run.failures, [Failure::look_again("a"), Failure::look_again("b")]);
}

#[test]
fn since_when_a_version_holds_neither_key_is_remembered_until_it_holds_one() {
    let mut observation = up_to_date();
    observation.secret_mut().value = DEAD;
    let mut run = Run::default();
    let seen = |version: &str, since| Some(NeitherSeen { version: version.to_owned(), since });
    run.remember(&observation, NOW);
    run.remember(&observation, NOW + SECOND);
    assert_eq!(run.neither, seen("v1", NOW));
    observation.secret_mut().version = "v2".to_owned();
    run.remember(&observation, NOW + SECOND * 2);
    assert_eq!(run.neither, seen("v2", NOW + SECOND * 2));
    let locked = Observation { account: Err(Obstacle::NotSurveyed), ..observation.clone() };
    run.remember(&locked, NOW + SECOND * 3);
    assert_eq!(run.neither, seen("v2", NOW + SECOND * 2), "that look saw nothing");
    observation.secret_mut().value = KEY_2;
    run.remember(&observation, NOW + SECOND * 4);
    assert_eq!((run.neither, run.seen_live), (None, vec![KEY_2]));
}

#[test]
fn what_was_live_before_this_run_regenerated_a_key_is_remembered() {
    let mut observation = up_to_date();
    let mut run = Run::default();
    run.remember(&observation, NOW);
    run.remember(&observation, NOW);
    assert_eq!(run.seen_live, [KEY_1]);
    run.regeneration_sent = Some(KeyName::Key2);
    observation.secret_mut().value = KEY_2;
    run.remember(&observation, NOW);
    assert_eq!(run.seen_live, [KEY_1]);
}

#[test]
fn whom_a_resync_took_from_where_it_was_follows_too() {
    let (mut observation, mut run) = put_back();
    run.moved.clear();
    observation.survey.holders[0].held = Held::Value(KEY_1);
    run.remember(&observation, NOW);
    assert_eq!((run.settled.len(), run.followers.len()), (1, 0));
    observation.survey.holders[0].held = Held::Value(KEY_2);
    let mut after_a_publish = run.clone();
    after_a_publish.remember_the_publish();
    after_a_publish.remember(&observation, NOW);
    assert!(after_a_publish.followers.is_empty());
    run.remember(&observation, NOW);
    assert_eq!(run.followers.len(), 1);
}

#[test]
fn a_publish_makes_a_new_beginning() {
    let (_, mut run) = put_back();
    run.settled.clone_from(&run.moved);
    run.followers.clone_from(&run.moved);
    run.regenerated = Some(KeyName::Key2);
    run.regeneration_sent = Some(KeyName::Key2);
    run.remember_the_publish();
    let resynced = [workspace("ws")].into();
    let followers = run.followers.clone();
    let expected = Run { regeneration_sent: Some(KeyName::Key2), resynced, followers, ..Run::default() };
    assert_eq!(run, expected);
}

/// A default datastore that this run moved to `key1`; a resync took it to `key2`, as its workspace.
fn put_back() -> (Observation, Run) {
    let mut observation = published(0);
    let default = Holder { is_default: true, ..holder("default", Held::Value(KEY_2)) };
    let mut run = Run::default();
    run.moved.insert(default.id.clone());
    run.resynced.insert(workspace("ws"));
    observation.survey.holders = vec![default];
    observation.survey.workspaces[0].cache = Cache::Holds(KEY_2);
    (observation, run)
}

#[test]
fn whom_a_resync_took_back_follows_its_workspace_for_the_rest_of_the_run() {
    let (mut observation, mut run) = put_back();
    run.remember(&observation, NOW);
    assert_eq!(run.followers.len(), 1);
    observation.survey.holders[0].held = Held::Value(KEY_1);
    run.moved.clear();
    run.remember(&observation, NOW);
    assert_eq!(run.followers.len(), 1);
}

#[test]
fn the_other_system_datastores_follow_as_well_and_no_others() {
    for (name, follows) in [
        ("workspaceblobstore", true),
        ("WorkspaceFileStore", true),
        ("workspaceartifactstore", true),
        ("workspaceworkingdirectory", true),
        ("models", false),
    ] {
        let (mut observation, mut run) = put_back();
        observation.survey.holders = vec![holder(name, Held::Value(KEY_2))];
        run.moved.insert(observation.survey.holders[0].id.clone());
        run.remember(&observation, NOW);
        assert_eq!(run.followers.len(), usize::from(follows), "{name}");
    }
}

type Change = fn(&mut Observation, &mut Run);

#[test]
fn nobody_follows_whom_no_resync_can_have_taken_back() {
    let changes: [(&str, Change); 8] = [
        ("not moved", |_, run| run.moved.clear()),
        ("not resynced", |_, run| run.resynced.clear()),
        ("its move failed", |seen, run| {
            let about = Dependent::Holder(seen.survey.holders[0].id.clone());
            run.fail(Failure::look_again("a move").about(about));
        }),
        ("on the published key", |seen, _| seen.survey.holders[0].held = Held::Value(KEY_1)),
        ("unread", |seen, _| seen.survey.holders[0].held = Held::Unreadable("403".to_owned())),
        ("its workspace is elsewhere", |seen, _| seen.survey.workspaces[0].cache = Cache::Holds(KEY_1)),
        ("its workspace keeps no key", |seen, _| seen.survey.workspaces[0].cache = Cache::Unknown),
        ("both on a dead key", |seen, _| {
            seen.survey.holders[0].held = Held::Value(DEAD);
            seen.survey.workspaces[0].cache = Cache::Holds(DEAD);
        }),
    ];
    for (why, change) in changes {
        let (mut observation, mut run) = put_back();
        change(&mut observation, &mut run);
        run.remember(&observation, NOW);
        assert!(run.followers.is_empty(), "{why}");
    }
}
