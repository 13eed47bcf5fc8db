//! A test for every row, for what it needs to apply, and for the order of the rows.

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::*;
use crate::fixtures::{
    ACCOUNT, DEAD, KEY_1, KEY_2, NOW, POLICY, SECOND, days_ago, due, due_and_fresh, holder, published,
    up_to_date, workspace,
};
use crate::terms::CLOCK_SKEW;
use crate::{
    Disposition, Held, HolderId, HolderKind, IgnoreReason, LastWrite, Name, Obstacle, OtherSecret, Run,
    Scope, SecretId, Tags, WorkspaceSeen,
};

fn decision(observation: &Observation) -> Decision {
    decide(observation, &POLICY, NOW)
}

fn obstacles(observation: &Observation) -> Vec<Obstacle> {
    match decision(observation) {
        Decision::Blocked(obstacles) => obstacles,
        other => panic!("not blocked: {other:?}"),
    }
}

fn regenerates(observation: &Observation) -> bool {
    matches!(decision(observation), Decision::Regenerate(_))
}

fn refused(what: &str) -> Failure {
    Failure::new(what, Disposition::NeedsOperator { hint: "a role".to_owned() })
}

#[test]
fn row_1_ignores_a_vault_that_is_not_allowed() {
    let observation = Observation { vault_allowed: false, ..due() };
    assert_eq!(decision(&observation), Decision::Ignore(IgnoreReason::VaultNotAllowed));
}

#[test]
fn row_1_ignores_a_secret_without_tags() {
    let mut observation = due();
    observation.secret_mut().tags = Tags::default();
    assert_eq!(decision(&observation), Decision::Ignore(IgnoreReason::Untagged));
}

#[test]
fn row_1_ignores_the_secrets_of_other_rotators() {
    let mut observation = due();
    let provider_address = "sql".to_owned();
    observation.secret_mut().tags.provider_address = Some(provider_address.clone());
    assert_eq!(decision(&observation), Decision::Ignore(IgnoreReason::AnotherRotator { provider_address }));
}

#[test]
fn row_3_blocks_on_what_makes_looking_impossible() {
    let account: crate::StorageAccountId = ACCOUNT.parse().unwrap();
    let observation = Observation { secret: Err(Obstacle::SecretDisabled), ..due() };
    assert_eq!(obstacles(&observation), [Obstacle::SecretDisabled]);
    for obstacle in [
        Obstacle::ReadOnlyLock(account.clone()),
        Obstacle::AccountNotFound(account.clone()),
        Obstacle::SharedKeyOff { account, service: Some("blob") },
    ] {
        let observation = Observation { account: Err(obstacle.clone()), ..due() };
        assert_eq!(obstacles(&observation), [obstacle]);
    }
}

#[test]
fn row_3_blocks_on_incomplete_or_useless_tags() {
    let mut observation = due();
    observation.secret_mut().tags.credential_id = None;
    assert_eq!(obstacles(&observation), [Obstacle::TagsIncomplete { missing: vec![crate::CREDENTIAL_ID] }]);
    let mut observation = due();
    observation.secret_mut().tags.validity_period_days = Some("37".to_owned());
    assert!(matches!(obstacles(&observation)[..], [Obstacle::ValidityTooShort { .. }]));
}

#[test]
fn what_cannot_be_put_right_yet_blocks() {
    let mut observation = due();
    observation.secret_mut().value = DEAD;
    assert_eq!(obstacles(&observation), [Obstacle::NeitherKey(ACCOUNT.parse().unwrap())]);
    let mut observation = due();
    observation.secret_mut().tags.credential_id = Some("key2".to_owned());
    assert_eq!(
        obstacles(&observation),
        [Obstacle::OtherKeyNamed { named: KeyName::Key2, held: KeyName::Key1 }]
    );
    let mut observation = due();
    observation.secret_mut().expires = None;
    assert_eq!(obstacles(&observation), [Obstacle::NoExpiry]);
}

#[test]
fn a_look_is_whole_at_the_start_when_it_could_matter() {
    let first = |mut observation: Observation| {
        observation.run.looked_whole = false;
        decision(&observation)
    };
    assert_eq!(first(due()), Decision::LookWhole(WholeLook::Due));
    assert!(matches!(first(published(3)), Decision::UpToDate { .. }));
    assert_eq!(first(published(2)), Decision::LookWhole(WholeLook::RecentChange));
    let mut made_lately = up_to_date();
    made_lately.account_mut().key2.created = Some(days_ago(1));
    assert_eq!(first(made_lately), Decision::LookWhole(WholeLook::RecentChange));
}

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
    let publication = Publication { key: KeyName::Key2, created: Some(NOW), resync: vec![workspace("ws")] };
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

#[test]
fn row_8_does_not_regenerate_again_when_the_publish_failed() {
    let mut observation = due_and_fresh();
    let failure = Failure::new("the vault", Disposition::Retry);
    observation.run.publish_failed = true;
    observation.run.failures.push(failure.clone());
    assert_eq!(decision(&observation), Decision::Unfinished(vec![failure]));
}

#[test]
fn row_9_moves_defaults_first_and_each_holder_once() {
    let mut observation = up_to_date();
    let mut default = holder("default", Held::Value(DEAD));
    default.is_default = true;
    observation.survey.holders =
        vec![holder("alternate", Held::Value(KEY_2)), holder("settled", Held::Value(KEY_1)), default];
    let id = |name: &str| holder(name, Held::EitherKey).id;
    let expected = Move {
        key: KeyName::Key1,
        default_datastores: vec![id("default")],
        others: vec![id("alternate")],
        undated: Vec::new(),
    };
    assert_eq!(decision(&observation), Decision::Move(expected.clone()));
    observation.run.moved.insert(id("default"));
    assert_eq!(decision(&observation), Decision::Move(Move { default_datastores: Vec::new(), ..expected }));
    observation.run.moved.insert(id("alternate"));
    assert!(matches!(decision(&observation), Decision::Unfinished(failures) if failures.len() == 2));
}

#[test]
fn row_9_notes_the_time_for_a_holder_without_a_date() {
    let mut observation = up_to_date();
    *observation.holder_mut() = Holder { last_write: None, ..holder("blob", Held::Value(KEY_2)) };
    assert!(matches!(decision(&observation), Decision::Move(Move { undated, .. }) if undated.len() == 1));
}

#[test]
fn row_9_moves_what_cannot_be_read_unless_we_wrote_it_since_the_publish() {
    let unreadable = |at: OffsetDateTime, ours: bool| {
        let mut observation = up_to_date();
        observation.holder_mut().held = Held::Unreadable("403".to_owned());
        observation.holder_mut().last_write = Some(LastWrite { at, by: "us".to_owned(), ours });
        decision(&observation)
    };
    assert!(matches!(unreadable(days_ago(10), true), Decision::UpToDate { .. }));
    assert!(matches!(unreadable(days_ago(10), false), Decision::Move(_)));
    assert!(matches!(unreadable(days_ago(10) - SECOND, true), Decision::Move(_)));
}

#[test]
fn row_9_leaves_what_we_cannot_move() {
    for kind in [HolderKind::SasDatastore, HolderKind::Connection] {
        let mut observation = up_to_date();
        observation.holder_mut().id.kind = kind;
        observation.holder_mut().held = Held::EitherKey;
        assert!(matches!(decision(&observation), Decision::UpToDate { .. }));
    }
}

#[test]
fn row_10_blocks_on_each_scope_that_may_hide_holders() {
    let mut observation = due();
    let scope = Scope::Subscription(Name::new("s"));
    let hidden = [
        Obstacle::ReachUnproven { scope: scope.clone(), missing_permissions: vec!["read".to_owned()] },
        Obstacle::NotListed { scope, why: "400".to_owned() },
    ];
    observation.survey.hidden = hidden.to_vec();
    assert_eq!(obstacles(&observation), hidden);
    observation.survey.hidden.clear();
    observation.survey.scopes.clear();
    assert_eq!(obstacles(&observation), [Obstacle::NotSurveyed]);
}

#[test]
fn row_10_blocks_on_each_holder_that_holds_or_may_hold_the_alternate() {
    let mut observation = due();
    let mut moved_in_vain = holder("stuck", Held::Value(KEY_2));
    moved_in_vain.is_default = true;
    let unreadable = holder("locked", Held::Unreadable("403".to_owned()));
    let mut signature = holder("signature", Held::EitherKey);
    signature.id.kind = HolderKind::SasDatastore;
    let foreign = holder("foreign", Held::Value(DEAD));
    observation.survey.holders = vec![moved_in_vain, unreadable, signature, foreign];
    let ids: Vec<HolderId> = observation.survey.holders.iter().map(|holder| holder.id.clone()).collect();
    observation.run.moved.extend(ids.iter().cloned());
    assert_eq!(
        obstacles(&observation),
        [
            Obstacle::HolderHolds(ids[0].clone(), KeyName::Key2),
            Obstacle::HolderUnreadable(ids[1].clone(), "403".to_owned()),
            Obstacle::HolderMayHold(ids[2].clone()),
        ]
    );
}

#[test]
fn row_10_blocks_on_another_secret_with_a_live_key() {
    let mut observation = due();
    let id = SecretId::new("kv-ml", "another").unwrap();
    for (value, blocks) in [(Some(KEY_1), true), (Some(KEY_2), true), (None, true), (Some(DEAD), false)] {
        observation.survey.other_secrets = vec![OtherSecret { id: id.clone(), value }];
        if blocks {
            assert_eq!(obstacles(&observation), [Obstacle::AnotherSecret(id.clone())]);
        } else {
            assert!(regenerates(&observation));
        }
    }
}

#[test]
fn row_14_explains_every_holder_that_was_moved_in_vain() {
    let mut observation = up_to_date();
    let id = holder("blob", Held::EitherKey).id;
    observation.holder_mut().held = Held::Value(KEY_2);
    observation.run.moved.insert(id.clone());
    let about = Dependent::Holder(id);
    let failure =
        Failure::look_again("datastore `blob` of workspace `ws` is not on `key1` yet").about(about.clone());
    assert_eq!(decision(&observation), Decision::Unfinished(vec![failure]));
    let refused = refused("a move").about(about);
    observation.run.fail(refused.clone());
    assert_eq!(decision(&observation), Decision::Unfinished(vec![refused]));
}

#[test]
fn row_10_and_11_let_a_target_that_is_not_due_be() {
    let mut observation = up_to_date();
    observation.survey.scopes.clear();
    observation.holder_mut().last_write = Some(LastWrite { at: NOW, by: "someone".to_owned(), ours: false });
    assert!(matches!(decision(&observation), Decision::UpToDate { .. }));
}

#[test]
fn row_11_waits_for_the_overlap() {
    let mut observation = due();
    let day_and_skew = POLICY.overlap + CLOCK_SKEW;
    observation.secret_mut().published_at = NOW - day_and_skew + SECOND;
    observation.account_mut().key1.created = Some(days_ago(60));
    // A version of yesterday is only due when somebody set its expiry by hand.
    observation.secret_mut().expires = Some(NOW + Duration::days(30));
    let until = NOW + SECOND;
    let reasons = vec![Obstacle::OverlapNotOver { until }];
    assert_eq!(decision(&observation), Decision::Wait { until, reasons });
    observation.secret_mut().published_at -= SECOND;
    assert!(regenerates(&observation));
}

#[test]
fn row_11_waits_for_the_last_holder_to_have_rested() {
    let mut observation = due();
    let day_and_skew = POLICY.drain + CLOCK_SKEW;
    let written = |at| Some(LastWrite { at, by: "someone".to_owned(), ours: false });
    let mut earlier = holder("earlier", Held::Value(KEY_1));
    earlier.last_write = written(NOW - day_and_skew + SECOND);
    observation.survey.holders.push(earlier);
    observation.holder_mut().last_write = written(NOW - day_and_skew + SECOND * 2);
    assert!(matches!(
        decision(&observation),
        Decision::Wait { until, reasons } if until == NOW + SECOND * 2 && reasons.len() == 2
    ));
    observation.survey.holders.pop();
    observation.holder_mut().last_write = written(NOW - day_and_skew);
    assert!(regenerates(&observation));
}

#[test]
fn row_11_waits_for_holders_without_a_date() {
    let mut observation = due();
    observation.holder_mut().last_write = None;
    assert!(regenerates(&observation));
    observation.secret_mut().holders_moved_at = Some(NOW - POLICY.drain - CLOCK_SKEW + SECOND);
    let until = NOW + SECOND;
    assert_eq!(
        decision(&observation),
        Decision::Wait { until, reasons: vec![Obstacle::HoldersJustMoved { until }] }
    );
    observation.secret_mut().holders_moved_at = Some(NOW - POLICY.drain - CLOCK_SKEW);
    assert!(regenerates(&observation));
}

#[test]
fn row_11_blocks_when_overdue_and_names_the_last_writer() {
    let mut observation = published(64);
    observation.holder_mut().last_write =
        Some(LastWrite { at: NOW, by: "nightly job".to_owned(), ours: false });
    assert!(matches!(
        &obstacles(&observation)[..],
        [Obstacle::HolderJustWritten { by, .. }] if by == "nightly job"
    ));
}

#[test]
fn row_12_regenerates_the_alternate_and_resyncs_every_workspace() {
    let mut observation = due();
    observation.survey.workspaces.push(WorkspaceSeen { id: workspace("other"), cache: Cache::Holds(KEY_2) });
    let Decision::Regenerate(Regeneration { key, resync }) = decision(&observation) else {
        panic!("not regenerated");
    };
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

#[test]
fn row_14_looks_at_everything_after_a_regeneration() {
    let mut observation = published(0);
    observation.run.regeneration_sent = Some(KeyName::Key1);
    observation.survey.breadth = Breadth::Narrow;
    assert_eq!(decision(&observation), Decision::LookWhole(WholeLook::AfterRegenerate));
    observation.survey.breadth = Breadth::Whole;
    assert!(matches!(decision(&observation), Decision::UpToDate { .. }));
}

#[test]
fn row_14_answers_with_what_was_collected() {
    let mut observation = up_to_date();
    let failure = refused("a move");
    observation.run.fail(failure.clone());
    observation.run.fail(failure.clone());
    assert_eq!(decision(&observation), Decision::Unfinished(vec![failure]));
}

#[test]
fn overdue_is_seen_whatever_the_row() {
    let second_before = published(63);
    let due_since = days_ago(3) - Duration::hours(1);
    assert_eq!(overdue_since(&second_before, &POLICY, due_since + Duration::days(3)), None);
    let overdue = overdue_since(&second_before, &POLICY, due_since + Duration::days(3) + SECOND);
    assert_eq!(overdue, Some(due_since));
    let expired = published(90);
    assert!(overdue_since(&expired, &POLICY, NOW).is_some());
    let locked = |days| Observation {
        account: Err(Obstacle::ReadOnlyLock(ACCOUNT.parse().unwrap())),
        ..published(days)
    };
    assert_eq!(overdue_since(&locked(62), &POLICY, NOW), None);
    assert_eq!(overdue_since(&locked(64), &POLICY, NOW), Some(days_ago(4) - Duration::hours(1)));
    let ignored = Observation { vault_allowed: false, ..published(400) };
    assert_eq!(overdue_since(&ignored, &POLICY, NOW), None);
}

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
