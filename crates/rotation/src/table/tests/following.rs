//! System datastores that a resync takes back to the key of their workspace.

use time::Duration;

use super::{decision, obstacles, refused};
use crate::fixtures::{
    KEY_1, KEY_2, NOW, POLICY, SECOND, days_ago, due, holder, untraced, up_to_date, word, workspace,
};
use crate::{
    Breadth, Cache, Decision, Dependent, Held, Holder, LastWrite, Move, Observation, Obstacle, Policy,
    Regeneration, decide,
};

/// `key1` is published; the default datastore holds `key2`, as its workspace does, by somebody else's write since.
fn taken_back(mut observation: Observation) -> Observation {
    let published_at = observation.secret_mut().published_at;
    let last_write =
        Some(LastWrite { at: published_at + Duration::hours(1), by: "ML".to_owned(), ours: false });
    let default = Holder { is_default: true, last_write, ..holder("default", Held::Value(KEY_2)) };
    observation.survey.holders.push(default);
    observation.survey.workspaces[0].cache = Cache::Holds(KEY_2);
    observation
}

fn default(observation: &mut Observation) -> &mut Holder {
    &mut observation.survey.holders[1]
}

/// This run moved it, and a resync took it back.
fn follower(observation: Observation) -> Observation {
    let mut observation = taken_back(observation);
    let id = default(&mut observation).id.clone();
    observation.run.moved.insert(id.clone());
    observation.run.followers.insert(id);
    default(&mut observation).last_write = Some(LastWrite { at: NOW, by: "ML".to_owned(), ours: false });
    observation
}

fn moves_default(observation: &Observation) -> bool {
    matches!(decision(observation), Decision::Move(Move { default_datastores, .. }) if default_datastores.len() == 1)
}

#[test]
fn between_rotations_it_is_left_where_its_workspace_is() {
    assert!(matches!(decision(&taken_back(up_to_date())), Decision::UpToDate { .. }));
}

type Change = fn(&mut Observation);

#[test]
fn it_is_left_only_where_a_resync_may_have_taken_it() {
    let changes: [(&str, Change); 7] = [
        ("no default", |seen| default(seen).is_default = false),
        ("no date", |seen| default(seen).last_write = None),
        ("by us", |seen| default(seen).last_write.as_mut().unwrap().ours = true),
        ("by these clocks maybe before the publish", |seen| {
            let at = seen.secret_mut().published_at + Duration::minutes(30);
            default(seen).last_write.as_mut().unwrap().at = at;
        }),
        ("its workspace is elsewhere", |seen| seen.survey.workspaces[0].cache = Cache::Holds(KEY_1)),
        ("its workspace keeps no key", |seen| seen.survey.workspaces[0].cache = Cache::Unknown),
        ("of another workspace", |seen| seen.survey.workspaces[0].id = workspace("other")),
    ];
    for (why, change) in changes {
        let mut observation = taken_back(up_to_date());
        change(&mut observation);
        assert!(matches!(decision(&observation), Decision::Move(_)), "{why}");
    }
    let mut certainly_later = taken_back(up_to_date());
    let at = certainly_later.secret_mut().published_at + Duration::minutes(30) + SECOND;
    default(&mut certainly_later).last_write.as_mut().unwrap().at = at;
    assert!(matches!(decision(&certainly_later), Decision::UpToDate { .. }));
}

#[test]
fn it_is_moved_once_more_when_nothing_else_stands_in_the_way() {
    let mut observation = taken_back(due());
    assert!(moves_default(&observation));
    observation.survey.holders.push(untraced("odd"));
    assert!(
        matches!(obstacles(&observation)[..], [Obstacle::HolderMayHold(..)]),
        "not while another one blocks"
    );
    observation.survey.holders.pop();
    observation.holder_mut().last_write = Some(LastWrite { at: NOW, by: "us".to_owned(), ours: true });
    assert_eq!(word(&decision(&observation)), "wait", "not while another one rests");
}

#[test]
fn once_it_was_taken_back_in_this_run_it_is_settled_on_either_key_and_rests_for_nobody() {
    let observation = follower(due());
    let decision = decision(&observation);
    let Decision::Regenerate(Regeneration { followers, .. }) = decision else { panic!("{decision:?}") };
    assert_eq!(followers, [observation.survey.holders[1].id.clone()]);
    let mut on_the_published = follower(due());
    default(&mut on_the_published).held = Held::Value(KEY_1);
    let decision = super::decision(&on_the_published);
    let Decision::Regenerate(Regeneration { followers, .. }) = decision else { panic!("{decision:?}") };
    assert!(followers.is_empty());
    assert!(matches!(super::decision(&follower(up_to_date())), Decision::UpToDate { .. }));
}

#[test]
fn a_follower_on_a_dead_key_is_moved_like_any_other() {
    let mut observation = follower(up_to_date());
    default(&mut observation).held = Held::Value(crate::fixtures::DEAD);
    observation.run.moved.clear();
    assert!(moves_default(&observation));
}

#[test]
fn moved_in_vain_without_a_resync_it_blocks_by_its_name() {
    let mut observation = follower(due());
    observation.run.followers.clear();
    assert!(matches!(obstacles(&observation)[..], [Obstacle::HolderHolds(..)]));
}

#[test]
fn a_retirement_proves_who_follows_too() {
    let retiring = Policy { retire_after: Some(Duration::days(7)), ..POLICY };
    let mut observation = taken_back(up_to_date());
    assert_eq!(word(&decide(&observation, &retiring, NOW)), "move");
    observation.holder_mut().last_write =
        Some(LastWrite { at: days_ago(1), by: "us".to_owned(), ours: true });
    assert_eq!(word(&decide(&observation, &retiring, NOW)), "up to date");
    assert_eq!(word(&decide(&follower(up_to_date()), &retiring, NOW)), "retire");
    let mut narrow = follower(up_to_date());
    narrow.survey.breadth = Breadth::Narrow;
    assert_eq!(word(&decide(&narrow, &retiring, NOW)), "look: before");
}

#[test]
fn a_key_that_leaked_has_who_follows_proven_at_once() {
    let mut observation = taken_back(up_to_date());
    observation.secret_mut().compromised = "key2".parse().unwrap();
    assert!(moves_default(&observation));
    let mut observation = follower(up_to_date());
    observation.secret_mut().compromised = "key2".parse().unwrap();
    assert_eq!(word(&decision(&observation)), "retire");
}

/// Otherwise it would be tried again and again, directly before a regeneration that never comes.
#[test]
fn a_follower_that_could_not_be_moved_before_the_regeneration_blocks_by_its_name() {
    let mut observation = follower(due());
    let about = Dependent::Holder(default(&mut observation).id.clone());
    observation.run.fail(refused("a move").about(about));
    assert!(matches!(obstacles(&observation)[..], [Obstacle::HolderHolds(..)]));
}
