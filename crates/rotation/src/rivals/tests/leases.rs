//! Two runners of one deployment, with each kind of lease.

use super::super::rules::{Bounds, Lease, Pause};
use super::super::search::search;
use super::super::violation::Violation;
use super::super::world::{Value, World};
use super::{
    BOUNDS, assert_fails, assert_holds, assert_on_the_page, deeds, is_deep, rules, starts, two_runners,
};

/// Searches from every start, within each of these bounds, and within the deep ones where somebody has the time.
fn assert_all_hold(name: &str, lease: Lease, usual: &[Bounds], deep: &[Bounds]) {
    let deep = if is_deep() { deep } else { &[] };
    for bounds in usual.iter().chain(deep) {
        let found = search(&starts(), &rules(lease), bounds);
        assert_holds(&format!("{name}, {bounds:?}"), &found);
        assert_on_the_page(name, bounds, &found);
    }
}

#[test]
fn with_a_perfect_lease_nobody_is_ever_on_a_dead_key() {
    let usual = [Bounds { lost_answers: 1, hands: 1, ..BOUNDS }, Bounds { half_days: 2, ..BOUNDS }];
    let deep = [
        Bounds { runs: 4, crashes: 2, lost_answers: 2, ..BOUNDS },
        Bounds { lost_answers: 1, hands: 1, half_days: 1, ..BOUNDS },
    ];
    assert_all_hold("perfect", Lease::Perfect, &usual, &deep);
}

#[test]
fn with_a_lease_that_is_lost_by_a_pause_the_send_rule_keeps_everybody_off_dead_keys() {
    let two = Bounds { runs: 2, crashes: 0, ..BOUNDS };
    let usual = [
        Bounds { crashes: 1, ..two },
        Bounds { lost_answers: 1, ..two },
        Bounds { hands: 1, ..two },
        Bounds { half_days: 2, ..two },
    ];
    let deep = [
        BOUNDS,
        Bounds { crashes: 1, half_days: 2, ..two },
        Bounds { crashes: 1, lost_answers: 1, ..two },
        Bounds { crashes: 1, lost_answers: 1, hands: 1, ..two },
    ];
    assert_all_hold("lost by a pause", Lease::LostByPause(Pause::WithTheSendRule), &usual, &deep);
}

const V3: Value = Value(3);

/// Both look before either has regenerated, and what one of them publishes is dead by the other.
#[test]
fn without_a_lease_a_dead_key_is_published() {
    let found = search(&[two_runners(World::new())], &rules(Lease::None), &BOUNDS);
    let (violation, trace) = assert_fails("no lease", found);
    assert_eq!(violation, Violation::DeadKeyPublished(V3));
    assert_eq!(
        deeds(&trace),
        [
            "A sends: regenerate `key2`",
            "B sends: regenerate `key2`",
            "`key2` is regenerated: v2 is dead, v3 takes its place",
            "A sends: publish `key2`, v3",
            "`key2` is regenerated: v3 is dead, v4 takes its place",
            "version 2 is published: `key2`, v3",
        ]
    );
}

/// What was sent with 15 s left of the lease is still on its way when another has it.
#[test]
fn without_the_send_rule_a_pause_has_a_dead_key_published() {
    let found =
        search(&[two_runners(World::new())], &rules(Lease::LostByPause(Pause::WithoutTheSendRule)), &BOUNDS);
    let (violation, trace) = assert_fails("lost by a pause, without the rule", found);
    assert_eq!(violation, Violation::DeadKeyPublished(V3));
    assert_eq!(
        deeds(&trace),
        [
            "A takes the lease",
            "15 s pass, and the lease of A is not renewed",
            "15 s pass, and the lease of A is not renewed",
            "15 s pass, and the lease of A is not renewed",
            "A sends: regenerate `key2`",
            "15 s pass, and the lease of A is not renewed",
            "B takes the lease",
            "B sends: regenerate `key2`",
            "`key2` is regenerated: v2 is dead, v3 takes its place",
            "B sends: publish `key2`, v3",
            "`key2` is regenerated: v3 is dead, v4 takes its place",
            "version 2 is published: `key2`, v3",
        ]
    );
}

/// Searches with a lease that is lost by such a pause; what is written on the shortest way to a dead key.
fn fails_by(pause: Pause) -> Vec<String> {
    let found = search(&[two_runners(World::new())], &rules(Lease::LostByPause(pause)), &BOUNDS);
    let (violation, trace) = assert_fails(&format!("{pause:?}"), found);
    assert_eq!(violation, Violation::DeadKeyPublished(V3));
    deeds(&trace).into_iter().map(str::to_owned).collect()
}

/// What no rule of ours can know: it is among the assumptions on the page.
#[test]
fn a_process_that_stands_still_between_the_check_and_the_send_is_not_kept_away() {
    assert_eq!(
        fails_by(Pause::BetweenTheCheckAndTheSend)[..7],
        [
            "A takes the lease",
            "A finds enough left of its lease",
            "15 s pass, and the lease of A is not renewed",
            "15 s pass, and the lease of A is not renewed",
            "15 s pass, and the lease of A is not renewed",
            "A sends: regenerate `key2`",
            "15 s pass, and the lease of A is not renewed",
        ]
    );
}

#[test]
fn a_machine_whose_clock_stands_still_with_it_is_not_kept_away() {
    let deeds = fails_by(Pause::WithItsClock);
    assert_eq!(
        deeds[..7],
        [
            "A takes the lease",
            "15 s pass, and the lease of A is not renewed",
            "15 s pass, and the lease of A is not renewed",
            "15 s pass, and the lease of A is not renewed",
            "A sends: regenerate `key2`",
            "15 s pass, and the lease of A is not renewed",
            "B takes the lease",
        ]
    );
    // By its clock the lease is still its own.
    assert!(deeds.contains(&"A sends: publish `key2`, v3".to_owned()), "{deeds:?}");
}
