//! Row 14, and what is overdue: how a run ends.

use time::Duration;

use super::{decision, refused};
use crate::fixtures::{ACCOUNT, KEY_2, NOW, POLICY, SECOND, days_ago, holder, published, up_to_date};
use crate::{
    Breadth, Decision, Dependent, Failure, Held, KeyName, LastWrite, Observation, Obstacle, WholeLook,
    overdue_since,
};

#[test]
fn row_14_explains_every_holder_that_was_moved_in_vain() {
    let mut observation = up_to_date();
    let id = holder("blob", Held::Value(KEY_2)).id;
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
fn row_14_asks_no_further_about_what_was_moved_and_cannot_be_read() {
    let mut observation = up_to_date();
    let holder = observation.holder_mut();
    let id = holder.id.clone();
    holder.held = Held::Unreadable("403".to_owned());
    // By these clocks it may have been before the publish.
    holder.last_write = Some(LastWrite { at: days_ago(10), by: "us".to_owned(), ours: true });
    assert!(matches!(decision(&observation), Decision::Move(_)));
    observation.run.moved.insert(id.clone());
    assert!(matches!(decision(&observation), Decision::UpToDate { .. }));
    let mut undated = observation.clone();
    undated.holder_mut().last_write = None;
    assert!(matches!(decision(&undated), Decision::UpToDate { .. }));
    let mut written_since = observation.clone();
    written_since.holder_mut().last_write.as_mut().unwrap().ours = false;
    assert!(matches!(decision(&written_since), Decision::Unfinished(_)));
    let refused = refused("a move").about(Dependent::Holder(id));
    observation.run.fail(refused.clone());
    assert_eq!(decision(&observation), Decision::Unfinished(vec![refused]));
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
