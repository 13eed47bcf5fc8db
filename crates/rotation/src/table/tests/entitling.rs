//! Row 9: who is not given a key.

use super::{decision, obstacles};
use crate::fixtures::{DEAD, KEY_1, KEY_2, days_ago, due, holder, up_to_date, workspace};
use crate::{Decision, Held, Holder, HolderKind, LastWrite, Observation, Obstacle};

/// A holder in a workspace that works with another account.
fn elsewhere(held: Held) -> Holder {
    let mut holder = holder("elsewhere", held);
    holder.id.workspace = workspace("other");
    holder
}

fn with(observation: Observation, holder: Holder) -> Observation {
    let mut observation = observation;
    observation.survey.holders.push(holder);
    observation
}

#[test]
fn whoever_names_an_account_in_a_datastore_of_theirs_is_not_given_its_key() {
    for kind in [HolderKind::Datastore, HolderKind::Connection] {
        for held in [Held::Value(DEAD), Held::Unreadable("403".to_owned())] {
            let mut holder = elsewhere(held);
            holder.id.kind = kind;
            let observation = with(up_to_date(), holder.clone());
            assert!(!observation.is_entitled(&holder));
            assert!(matches!(decision(&observation), Decision::UpToDate { .. }), "{holder:?}");
            // In a workspace of the account itself it is moved: whoever works there reads the key in any case.
            holder.id.workspace = workspace("ws");
            let observation = with(up_to_date(), holder.clone());
            assert!(matches!(decision(&observation), Decision::Move(_)), "{holder:?}");
        }
    }
}

#[test]
fn whoever_has_a_live_key_or_what_we_wrote_is_given_the_next_one_anywhere() {
    assert!(matches!(decision(&with(up_to_date(), elsewhere(Held::Value(KEY_2)))), Decision::Move(_)));
    let mut stale = elsewhere(Held::Value(DEAD));
    stale.last_write = Some(LastWrite { at: days_ago(50), by: "us".to_owned(), ours: true });
    assert!(matches!(decision(&with(up_to_date(), stale.clone())), Decision::Move(_)));
    stale.last_write = None;
    assert!(matches!(decision(&with(up_to_date(), stale)), Decision::UpToDate { .. }));
    let settled = with(up_to_date(), elsewhere(Held::Value(KEY_1)));
    assert!(matches!(decision(&settled), Decision::UpToDate { .. }));
}

/// It has no key that could die; one that cannot be read may have the alternate.
#[test]
fn a_holder_that_is_not_given_a_key_stands_in_the_way_only_where_it_may_have_one() {
    assert!(matches!(decision(&with(due(), elsewhere(Held::Value(DEAD)))), Decision::Regenerate(_)));
    let unreadable = elsewhere(Held::Unreadable("403".to_owned()));
    let named = Obstacle::HolderUnreadable(unreadable.id.clone(), "403".to_owned());
    assert_eq!(obstacles(&with(due(), unreadable)), [named]);
}
