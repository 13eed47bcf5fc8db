//! Row 9: who is given the published key.

use time::{Duration, OffsetDateTime};

use super::decision;
use crate::fixtures::{DEAD, KEY_1, KEY_2, SECOND, days_ago, holder, up_to_date};
use crate::terms::CLOCK_SKEW;
use crate::{Decision, Held, Holder, HolderKind, KeyName, LastWrite, Move, NoKey};

#[test]
fn row_9_moves_defaults_first_and_each_holder_once() {
    let mut observation = up_to_date();
    let mut default = holder("default", Held::Value(DEAD));
    default.is_default = true;
    observation.survey.holders =
        vec![holder("alternate", Held::Value(KEY_2)), holder("settled", Held::Value(KEY_1)), default];
    let id = |name: &str| holder(name, Held::Value(KEY_2)).id;
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
    // The vault dated the version, another clock the write.
    let since = days_ago(10) + CLOCK_SKEW * 2;
    assert!(matches!(unreadable(since + SECOND, true), Decision::UpToDate { .. }));
    assert!(matches!(unreadable(since + SECOND, false), Decision::Move(_)));
    assert!(matches!(unreadable(since, true), Decision::Move(_)));
}

#[test]
fn row_9_moves_every_kind_that_is_known_and_leaves_the_others() {
    for kind in HolderKind::ALL {
        let mut observation = up_to_date();
        observation.holder_mut().id.kind = kind;
        observation.holder_mut().held = Held::Value(KEY_2);
        let is_moved = matches!(decision(&observation), Decision::Move(_));
        assert_eq!(is_moved, kind.is_known(), "{kind}");
    }
}

#[test]
fn row_9_signs_nothing_anew_that_cannot_be_read_or_traced_or_would_be_turned_away() {
    for held in [
        Held::Unreadable("403".to_owned()),
        Held::EitherKey("its token is odd".to_owned()),
        Held::TooLong { value: KEY_2, longest: Duration::days(7) },
        Held::Nothing(NoKey::Foreign),
    ] {
        for kind in [HolderKind::SasDatastore, HolderKind::SasConnection] {
            let mut observation = up_to_date();
            observation.holder_mut().id.kind = kind;
            observation.holder_mut().held = held.clone();
            assert!(matches!(decision(&observation), Decision::UpToDate { .. }), "{kind}: {held:?}");
        }
    }
    // A key can be written without the one before it.
    let mut observation = up_to_date();
    observation.holder_mut().id.kind = HolderKind::Connection;
    observation.holder_mut().held = Held::Unreadable("403".to_owned());
    assert!(matches!(decision(&observation), Decision::Move(_)));
}
