//! The order of the rows.

use time::Duration;

use super::{decision, obstacles, refused, regenerates};
use crate::fixtures::{
    ACCOUNT, DEAD, KEY_1, KEY_2, NOW, days_ago, due, due_and_fresh, holder, published, untraced, up_to_date,
    word,
};
use crate::{
    Breadth, Cache, Decision, Forced, Held, KeyName, LastWrite, LeakedKeys, Observation, Obstacle, Run,
    WholeLook,
};

/// All rows at once; then the cause of each is taken away, and the next one shows.
#[test]
fn each_row_gives_way_to_the_next() {
    let mut all = Observation { vault_allowed: false, ..due_and_fresh() };
    let account = all.account.clone();
    let tags = all.secret_mut().tags.clone();
    all.account = Err(Obstacle::ReadOnlyLock(ACCOUNT.parse().unwrap()));
    all.secret_mut().tags.credential_id = None;
    all.survey.workspaces[0].cache = Cache::Holds(DEAD);
    all.survey.breadth = Breadth::Narrow;
    all.run = Run::default();
    let signature = untraced("signature");
    let mut stray = holder("stray", Held::Value(KEY_2));
    stray.last_write = Some(LastWrite { at: NOW, by: "someone".to_owned(), ours: false });
    all.survey.holders = vec![stray, signature];

    assert!(matches!(decision(&all), Decision::Ignore(_)));
    all.vault_allowed = true;
    assert!(matches!(obstacles(&all)[..], [Obstacle::TagsIncomplete { .. }]));
    all.secret_mut().tags = tags;
    assert!(matches!(obstacles(&all)[..], [Obstacle::ReadOnlyLock(_)]));
    all.account = account;
    assert_eq!(decision(&all), Decision::LookWhole(WholeLook::Due));
    all.run.looked_whole = true;
    assert!(matches!(decision(&all), Decision::Resync(_)));
    all.survey.workspaces[0].cache = Cache::Holds(KEY_1);
    assert!(matches!(decision(&all), Decision::Publish(_)));
    all.account_mut().key2.created = Some(days_ago(120));
    assert!(matches!(decision(&all), Decision::Move(_)));
    all.survey.holders[0].held = Held::Value(KEY_1);
    assert!(matches!(obstacles(&all)[..], [Obstacle::HolderMayHold(..)]));
    all.survey.holders.pop();
    assert!(matches!(decision(&all), Decision::Wait { .. }));
    all.holder_mut().last_write = None;
    assert_eq!(decision(&all), Decision::LookWhole(WholeLook::BeforeRegenerate));
    all.survey.breadth = Breadth::Whole;
    assert!(regenerates(&all));
    all.secret_mut().published_at = days_ago(10);
    all.account_mut().key1.created = Some(days_ago(10));
    all.secret_mut().expires = Some(NOW + Duration::days(80));
    assert!(matches!(decision(&all), Decision::UpToDate { .. }));
}

#[test]
fn the_same_arguments_give_the_same_decision() {
    for observation in [due(), due_and_fresh(), up_to_date(), published(0), published(400)] {
        assert_eq!(decision(&observation), decision(&observation.clone()));
    }
}

type Change = fn(&mut Observation);

/// For each row and the next: where both apply the first wins, and without its cause the second does.
#[test]
fn each_row_comes_before_the_next() {
    let forced: Change = |seen| {
        let compromised = Some(KeyName::Key1);
        seen.forced = Some(Forced { version: "v1".to_owned(), compromised });
    };
    let named_wrongly: Change = |seen| seen.secret_mut().tags.credential_id = Some("key2".to_owned());
    let locked: Change = |seen| seen.account = Err(Obstacle::ReadOnlyLock(ACCOUNT.parse().unwrap()));
    let unlooked: Change = |seen| seen.run.looked_whole = false;
    let stale: Change = |seen| seen.survey.workspaces[0].cache = Cache::Holds(DEAD);
    let fresh: Change = |seen| seen.account_mut().key2.created = Some(NOW);
    let stray: Change = |seen| seen.survey.holders.push(holder("stray", Held::Value(KEY_2)));
    let unseen: Change = |seen| seen.survey.scopes.clear();
    let just_written: Change = |seen| {
        seen.holder_mut().last_write = Some(LastWrite { at: NOW, by: "somebody".to_owned(), ours: false });
    };
    let nothing: Change = |_| {};

    for (rows, first_applies, second_applies, first, second) in [
        ("1 before 3", |seen: &mut Observation| seen.vault_allowed = false, locked, "ignore", "blocked"),
        ("1 before a forced run", |seen| seen.vault_allowed = false, forced, "ignore", "expedite"),
        ("a forced run before 3", forced, locked, "expedite", "blocked"),
        ("3 before 5", locked, named_wrongly, "blocked", "put right"),
        ("5 before the look at the start", named_wrongly, unlooked, "put right", "look: due"),
        ("3 before the look at the start", locked, unlooked, "blocked", "look: due"),
        ("the look at the start before 7", unlooked, stale, "look: due", "resync"),
        ("7 before 8", stale, fresh, "resync", "publish"),
        ("8 before 9", fresh, stray, "publish", "move"),
        ("9 before 10", stray, unseen, "move", "blocked"),
        ("10 before 11", unseen, just_written, "blocked", "wait"),
        ("11 before 12", just_written, nothing, "wait", "regenerate"),
    ]
        as [(&str, Change, Change, &str, &str); 12]
    {
        let mut observation = due();
        second_applies(&mut observation);
        assert_eq!(word(&decision(&observation)), second, "{rows}");
        first_applies(&mut observation);
        assert_eq!(word(&decision(&observation)), first, "{rows}");
    }
    let leaked = |mut observation: Observation| {
        observation.secret_mut().compromised = LeakedKeys::NONE.with(KeyName::Key2);
        observation
    };
    for (rows, mut observation, expected) in [
        ("12 before 13", leaked(due()), "regenerate"),
        ("13 before 14", leaked(up_to_date()), "retire"),
        ("12 before 14", due(), "regenerate"),
        ("14", up_to_date(), "unfinished"),
    ] {
        observation.run.fail(refused("a move"));
        assert_eq!(word(&decision(&observation)), expected, "{rows}");
    }
}
