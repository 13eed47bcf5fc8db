//! The order of the rows.

use time::Duration;

use super::{decision, obstacles, regenerates};
use crate::fixtures::{
    ACCOUNT, DEAD, KEY_1, KEY_2, NOW, days_ago, due, due_and_fresh, holder, published, up_to_date,
};
use crate::{Breadth, Cache, Decision, Held, HolderKind, LastWrite, Observation, Obstacle, Run, WholeLook};

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
    let mut signature = holder("signature", Held::EitherKey);
    signature.id.kind = HolderKind::SasDatastore;
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
    assert!(matches!(obstacles(&all)[..], [Obstacle::HolderMayHold(_)]));
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
