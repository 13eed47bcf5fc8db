//! Holders of every kind, and whether the key that would be regenerated may be theirs.

use proptest::prelude::*;
use time::macros::datetime;

use super::*;
use crate::fixtures::{DEAD, KEY_1, KEY_2, NOW, POLICY, days_ago, due, holder, up_to_date, workspace};
use crate::{Decision, KeyName, Move, Observation, Obstacle, decide};

/// Those that nobody but a person can give another key.
const UNKNOWN: [HolderKind; 4] = [
    HolderKind::UnknownDatastore,
    HolderKind::UnknownConnection,
    HolderKind::UnknownSasConnection,
    HolderKind::ConnectionTarget,
];
const SIGNED: [HolderKind; 4] = [
    HolderKind::SasDatastore,
    HolderKind::SasConnection,
    HolderKind::UnknownSasConnection,
    HolderKind::ConnectionTarget,
];
const WEEK: Duration = Duration::days(7);

fn with(kind: HolderKind, held: Held) -> Observation {
    let mut observation = due();
    *observation.holder_mut() = holder("one", held);
    observation.holder_mut().id.kind = kind;
    observation
}

fn nothing() -> [Held; 3] {
    [NoKey::Expired(days_ago(1)), NoKey::Foreign, NoKey::UserDelegation].map(Held::Nothing)
}

#[test]
fn whoever_is_on_the_alternate_is_moved_or_blocks_by_name() {
    for kind in HolderKind::ALL {
        let observation = with(kind, Held::Value(KEY_2));
        let id = observation.survey.holders[0].id.clone();
        let decision = decide(&observation, &POLICY, NOW);
        if UNKNOWN.contains(&kind) {
            assert_eq!(decision, Decision::Blocked(vec![Obstacle::HolderHolds(id, KeyName::Key2)]));
        } else {
            assert!(matches!(decision, Decision::Move(Move { others, .. }) if others == [id]), "{kind}");
        }
    }
}

#[test]
fn a_token_that_its_account_would_turn_away_is_not_signed_anew_and_blocks_by_name() {
    for kind in SIGNED {
        let observation = with(kind, Held::TooLong { value: KEY_2, longest: WEEK });
        let holder = observation.survey.holders[0].id.clone();
        let expected = Obstacle::HolderTooLong { holder, key: KeyName::Key2, longest: WEEK };
        assert_eq!(decide(&observation, &POLICY, NOW), Decision::Blocked(vec![expected]));
        // By the published key it harms nobody that it is turned away.
        let decision = decide(&with(kind, Held::TooLong { value: KEY_1, longest: WEEK }), &POLICY, NOW);
        assert!(matches!(decision, Decision::Regenerate(_)), "{kind}: {decision}");
    }
}

#[test]
fn whoever_is_on_the_published_key_or_a_dead_one_or_none_lets_the_other_die() {
    for kind in HolderKind::ALL {
        for held in [Held::Value(KEY_1), Held::Value(DEAD)].into_iter().chain(nothing()) {
            let mut observation = with(kind, held);
            // Whoever could be moved was.
            observation.run.moved =
                observation.survey.holders.iter().map(|holder| holder.id.clone()).collect();
            let decision = decide(&observation, &POLICY, NOW);
            assert!(matches!(decision, Decision::Regenerate(_)), "{kind}: {decision}");
        }
    }
}

#[test]
fn what_cannot_be_traced_or_read_blocks_with_the_reason() {
    for kind in SIGNED {
        for held in [Held::EitherKey("odd".to_owned()), Held::Unreadable("odd".to_owned())] {
            let Decision::Blocked(obstacles) = decide(&with(kind, held), &POLICY, NOW) else {
                panic!("{kind} does not block");
            };
            let message = obstacles[0].to_string();
            assert!(message.contains("may hold the alternate key") && message.ends_with("odd"), "{message}");
        }
    }
}

#[test]
fn what_holds_nothing_needs_no_rest_and_no_move() {
    for held in nothing() {
        let mut observation = with(HolderKind::SasDatastore, held.clone());
        let just_now = LastWrite { at: NOW, by: "someone".to_owned(), ours: false };
        observation.holder_mut().last_write = Some(just_now);
        assert!(matches!(decide(&observation, &POLICY, NOW), Decision::Regenerate(_)));
        let mut observation = up_to_date();
        observation.holder_mut().held = held;
        assert!(matches!(decide(&observation, &POLICY, NOW), Decision::UpToDate { .. }));
    }
}

#[test]
fn a_signature_of_the_published_key_that_was_just_registered_lets_the_other_rest() {
    let mut observation = with(HolderKind::SasConnection, Held::Value(KEY_1));
    observation.holder_mut().last_write = Some(LastWrite { at: NOW, by: "someone".to_owned(), ours: false });
    assert!(matches!(decide(&observation, &POLICY, NOW), Decision::Wait { .. }));
}

#[test]
fn everything_says_what_it_is() {
    let text = |no_key: NoKey| no_key.to_string();
    assert_eq!(
        text(NoKey::Expired(datetime!(2026-11-01 12:00:00.5 UTC))),
        "its token expired at 2026-11-01T12:00:00Z"
    );
    assert!(text(NoKey::Foreign).contains("neither key"));
    assert!(text(NoKey::UserDelegation).contains("user delegation"));
    let names: std::collections::BTreeSet<String> = HolderKind::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), HolderKind::ALL.len());
    for kind in HolderKind::ALL {
        assert_eq!(
            (kind.is_known(), kind.is_signed()),
            (!UNKNOWN.contains(&kind), SIGNED.contains(&kind)),
            "{kind}"
        );
    }
}

fn any_held() -> impl Strategy<Value = Held> {
    let [expired, foreign, user_delegation] = nothing();
    prop_oneof![
        Just(Held::Value(KEY_1)),
        Just(Held::Value(KEY_2)),
        Just(Held::Value(DEAD)),
        Just(Held::TooLong { value: KEY_1, longest: WEEK }),
        Just(Held::TooLong { value: KEY_2, longest: WEEK }),
        Just(Held::Unreadable("403".to_owned())),
        Just(Held::EitherKey("odd".to_owned())),
        Just(Held::Unseen("503".to_owned())),
        Just(expired),
        Just(foreign),
        Just(user_delegation),
    ]
}

fn any_holder() -> impl Strategy<Value = Holder> {
    let last_write = (2_i64..100, any::<bool>()).prop_map(|(days, ours)| LastWrite {
        at: days_ago(days),
        by: "someone".to_owned(),
        ours,
    });
    let whose = (prop::sample::select(&HolderKind::ALL[..]), "[a-z]{1,8}", any::<bool>());
    (whose, any_held(), prop::option::of(last_write)).prop_map(
        |((kind, name, is_default), held, last_write)| Holder {
            id: HolderId { workspace: workspace("ws"), kind, name },
            is_default,
            held,
            last_write,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_key_dies_only_when_nobody_holds_or_may_hold_it(holders in prop::collection::vec(any_holder(), 0..6)) {
        let mut observation = due();
        let published_at = observation.secret_mut().published_at;
        observation.survey.holders = holders;
        // Whatever could be moved was tried.
        observation.run.moved = observation.survey.holders.iter().map(|holder| holder.id.clone()).collect();
        let may_hold = |holder: &&Holder| match &holder.held {
            Held::Value(value) | Held::TooLong { value, .. } => *value == KEY_2,
            Held::Unreadable(_) => {
                !holder.last_write.as_ref().is_some_and(|write| write.ours && published_at < write.at)
            }
            Held::EitherKey(_) => true,
            // Whoever was not seen is not named: there is nothing for a person to do about that.
            Held::Unseen(_) | Held::Nothing(_) => false,
        };
        let is_unseen = |holder: &Holder| matches!(holder.held, Held::Unseen(_));
        let someone_was_unseen = observation.survey.holders.iter().any(is_unseen);
        let expected: Vec<&HolderId> =
            observation.survey.holders.iter().filter(may_hold).map(|holder| &holder.id).collect();
        match decide(&observation, &POLICY, NOW) {
            Decision::Regenerate(regeneration) => {
                prop_assert_eq!(regeneration.key.name(), KeyName::Key2);
                prop_assert!(expected.is_empty() && !someone_was_unseen, "{:?}", expected);
            }
            Decision::Unfinished(_) => prop_assert!(expected.is_empty() && someone_was_unseen),
            Decision::Blocked(obstacles) => {
                let named: Vec<&HolderId> = obstacles
                    .iter()
                    .filter_map(|obstacle| match obstacle {
                        Obstacle::HolderHolds(id, _)
                        | Obstacle::HolderTooLong { holder: id, .. }
                        | Obstacle::HolderMayHold(id, _)
                        | Obstacle::HolderUnreadable(id, _) => Some(id),
                        _ => None,
                    })
                    .collect();
                prop_assert_eq!(named, expected);
            }
            other => prop_assert!(false, "{}", other),
        }
    }
}
