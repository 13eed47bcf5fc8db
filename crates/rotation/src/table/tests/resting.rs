//! Rows 10 and 11: what keeps a key from being regenerated.

use time::Duration;

use super::{decision, obstacles, regenerates};
use crate::fixtures::{
    DEAD, KEY_1, KEY_2, NOW, POLICY, SECOND, days_ago, due, holder, published, untraced, up_to_date,
};
use crate::terms::CLOCK_SKEW;
use crate::{Decision, Disposition, Failure, Held, HolderId, KeyName, LastWrite, Name, Obstacle, Scope};

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
    let signature = untraced("signature");
    let foreign = holder("foreign", Held::Value(DEAD));
    observation.survey.holders = vec![moved_in_vain, unreadable, signature, foreign];
    let ids: Vec<HolderId> = observation.survey.holders.iter().map(|holder| holder.id.clone()).collect();
    observation.run.moved.extend(ids.iter().cloned());
    assert_eq!(
        obstacles(&observation),
        [
            Obstacle::HolderHolds(ids[0].clone(), KeyName::Key2),
            Obstacle::HolderUnreadable(ids[1].clone(), "403".to_owned()),
            Obstacle::HolderMayHold(ids[2].clone(), "its token is odd".to_owned()),
        ]
    );
}

#[test]
fn what_could_not_be_seen_just_now_is_neither_moved_nor_passed_over_and_calls_nobody() {
    let why = || "failed to read a secret: 503".to_owned();
    for by_list in [true, false] {
        let mut observation = due();
        if by_list {
            observation.survey.hidden = vec![Obstacle::Unseen(why())];
        } else {
            observation.survey.holders = vec![holder("unseen", Held::Unseen(why()))];
        }
        observation.run.fail(Failure::new(why(), Disposition::Retry));
        let expected = Decision::Unfinished(observation.run.failures.clone());
        assert_eq!(decision(&observation), expected);
        // Others are moved all the same, and what needs a person blocks.
        observation.survey.holders.push(holder("stray", Held::Value(DEAD)));
        assert!(matches!(decision(&observation), Decision::Move(decided) if decided.others.len() == 1));
        observation.survey.holders.pop();
        observation.survey.holders.push(untraced("odd"));
        assert!(matches!(&obstacles(&observation)[..], [Obstacle::Unseen(_), Obstacle::HolderMayHold(..)]));
    }
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
    // Another instance may have dated it, by a clock as far from Azure's on the other side.
    observation.secret_mut().holders_moved_at = Some(NOW - POLICY.drain - CLOCK_SKEW * 2 + SECOND);
    let until = NOW + SECOND;
    assert_eq!(
        decision(&observation),
        Decision::Wait { until, reasons: vec![Obstacle::HoldersJustMoved { until }] }
    );
    observation.secret_mut().holders_moved_at = Some(NOW - POLICY.drain - CLOCK_SKEW * 2);
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
