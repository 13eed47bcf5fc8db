//! Each thing that keeps holders, readers and jobs off dead keys, left out: the search finds what it was good for, and
//! nothing without the mutation.

use time::Duration;

use super::super::rules::{Bounds, Lease, Mutant, Rules};
use super::super::search::search;
use super::super::state::State;
use super::super::violation::Violation;
use super::super::world::{Value, World};
use super::{
    BOUNDS, assert_fails, assert_holds, hidden, mutant, published_an_hour_ago, registered_by_hand, rules,
    two_runners, two_runners_that_are_asked, with_an_unreadable_cache, with_an_unreadable_cache_of_key2,
};
use crate::Policy;
use crate::fixtures::POLICY;

const V2: Value = Value(2);
const V3: Value = Value(3);
/// Time enough for every rest.
const A_DAY: Bounds = Bounds { half_days: 2, ..BOUNDS };

/// Searches from that state with the mutant, and without it; what it does.
fn caught(start: State, mutated: &Rules, bounds: &Bounds) -> Violation {
    let starts = [start];
    let (violation, _) = assert_fails("mutated", search(&starts, mutated, bounds));
    let found = search(&starts, &rules(Lease::Perfect), bounds);
    println!("as it is: {found}");
    assert!(found.violation.is_none(), "{found}");
    violation
}

#[test]
fn without_the_overlap_readers_are_cut_off() {
    let mutated = Rules { policy: Policy { overlap: Duration::ZERO, ..POLICY }, ..rules(Lease::Perfect) };
    let start = two_runners(published_an_hour_ago());
    assert_eq!(caught(start.clone(), &mutated, &A_DAY), Violation::ReaderCutOff(V2));
    assert_holds("a day later", &search(&[start], &rules(Lease::Perfect), &A_DAY));
}

#[test]
fn without_the_drain_jobs_are_cut_off() {
    let mutated = Rules { policy: Policy { drain: Duration::ZERO, ..POLICY }, ..rules(Lease::Perfect) };
    let start = two_runners(registered_by_hand());
    assert_eq!(caught(start.clone(), &mutated, &A_DAY), Violation::JobCutOff(V2));
    assert_holds("a day later", &search(&[start], &rules(Lease::Perfect), &A_DAY));
}

#[test]
fn without_the_safety_check_holders_are_cut_off() {
    let start = two_runners(registered_by_hand());
    let violation = caught(start, &mutant(Mutant::NoSafetyCheck), &A_DAY);
    assert_eq!(violation, Violation::HolderCutOff(V2));
}

#[test]
fn without_the_lease_a_dead_key_is_published() {
    let violation = caught(two_runners(World::new()), &rules(Lease::None), &BOUNDS);
    assert_eq!(violation, Violation::DeadKeyPublished(V3));
}

#[test]
fn without_the_proof_of_reach_hidden_holders_are_cut_off() {
    let violation = caught(two_runners(hidden()), &mutant(Mutant::NoProofOfReach), &A_DAY);
    assert_eq!(violation, Violation::HolderCutOff(V2));
}

#[test]
fn with_the_keys_read_before_the_secret_a_dead_key_is_taken_for_live() {
    let bounds = Bounds { hands: 1, ..BOUNDS };
    let violation = caught(two_runners(World::new()), &mutant(Mutant::KeysBeforeTheSecret), &bounds);
    assert_eq!(violation, Violation::TakenForLive(Value(1)));
}

#[test]
fn without_the_resync_before_a_publish_a_workspace_is_left_on_a_dead_key() {
    let start = two_runners(with_an_unreadable_cache());
    let violation = caught(start, &mutant(Mutant::NoResyncBeforeThePublish), &BOUNDS);
    assert_eq!(violation, Violation::WorkspaceLeftBehind(V2));
}

#[test]
fn forced_by_the_clock_instead_of_the_version_it_is_rotated_twice() {
    let violation = caught(two_runners_that_are_asked(), &mutant(Mutant::ForcedByTheClock), &A_DAY);
    assert_eq!(violation, Violation::RotatedTwice);
}

#[test]
fn without_reading_the_key_again_what_somebody_made_useless_is_published() {
    let bounds = Bounds { hands: 1, ..BOUNDS };
    let violation = caught(two_runners(World::new()), &mutant(Mutant::KeyNotReadAgain), &bounds);
    assert_eq!(violation, Violation::DeadKeyPublished(V3));
}

#[test]
fn without_outlasting_what_is_on_its_way_a_run_makes_useless_what_it_publishes() {
    let bounds = Bounds { lost_answers: 1, hands: 1, ..BOUNDS };
    let start = two_runners(World::new());
    let violation = caught(start, &mutant(Mutant::DoesNotOutlastWhatIsOnItsWay), &bounds);
    assert_eq!(violation, Violation::DeadKeyPublished(V3));
}

#[test]
fn without_a_resync_after_an_uncertain_regeneration_a_workspace_is_left_on_a_dead_key() {
    let bounds = Bounds { lost_answers: 1, ..BOUNDS };
    let start = two_runners(with_an_unreadable_cache_of_key2());
    let violation = caught(start, &mutant(Mutant::ResyncsOnce), &bounds);
    assert_eq!(violation, Violation::WorkspaceLeftBehind(V2));
}
