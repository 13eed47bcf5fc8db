//! A second deployment with a lease store of its own: nothing keeps it away.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::super::mind::Mind;
use super::super::rules::{Bounds, Lease, Rules};
use super::super::runner::{At, Runner};
use super::super::search::{search, visit};
use super::super::state::{HeldLease, Spent, State};
use super::super::steps::Step;
use super::super::violation::Violation;
use super::super::world::{Value, World};
use super::{
    BOUNDS, assert_fails, assert_on_the_page, deeds, is_deep, rules, starts, with_an_unreadable_cache_of_key2,
};

const NOTHING_ELSE: Bounds = Bounds { runs: 0, crashes: 0, ..BOUNDS };
const BOTH: Bounds = Bounds { runs: 2, crashes: 0, ..BOUNDS };

fn two_deployments() -> State {
    State::new(World::new(), vec![Runner::new(0, None), Runner::new(1, None)])
}

/// Every way in which a search may begin, with a runner of each deployment.
fn starts_of_two_deployments() -> Vec<State> {
    let apart = |State { world, mut runners, .. }: State| {
        runners[1].deployment = 1;
        State::new(world, runners)
    };
    starts().into_iter().map(apart).collect()
}

#[test]
fn a_second_deployment_is_a_rival_that_no_lease_keeps_away() {
    let found = search(&[two_deployments()], &rules(Lease::Perfect), &BOTH);
    let (violation, trace) = assert_fails("two deployments", found);
    assert_eq!(violation, Violation::DeadKeyPublished(Value(3)));
    assert_eq!(
        deeds(&trace),
        [
            "A takes the lease",
            "A sends: regenerate `key2`",
            "B takes the lease",
            "B sends: regenerate `key2`",
            "`key2` is regenerated: v2 is dead, v3 takes its place",
            "A sends: publish `key2`, v3",
            "`key2` is regenerated: v3 is dead, v4 takes its place",
            "version 2 is published: `key2`, v3",
        ]
    );
}

const WRONG: [&str; 4] = [
    "a dead key is published",
    "a workspace is left on a dead key",
    "the published key is regenerated",
    "what was asked for once is done twice",
];

/// What can go wrong after one of these, before it is mended.
const LATER: [&str; 1] = ["a holder is given a dead key"];

/// All that can go wrong first is that what is published is dead, that a workspace's own copy is, or that the same is
/// published twice: never does a key die that others were on. And after it, whoever of the two looks next brings everybody
/// back to a live key, but for what [`is_mended`] says.
#[test]
fn all_that_a_second_deployment_can_do_is_mended_by_the_next_run() {
    let usual = [
        Bounds { runs: 3, ..BOTH },
        Bounds { crashes: 1, ..BOTH },
        Bounds { lost_answers: 1, ..BOTH },
        Bounds { half_days: 1, ..BOTH },
    ];
    let deep = [
        Bounds { hands: 1, ..BOTH },
        Bounds { crashes: 1, lost_answers: 1, ..BOTH },
        Bounds { crashes: 1, hands: 1, ..BOTH },
        Bounds { half_days: 2, ..BOTH },
    ];
    let starts = starts_of_two_deployments();
    for bounds in &usual {
        assert_all_is_mended("two deployments", &starts, bounds);
    }
    // From all of them it takes too long for a run of all tests.
    assert_all_is_mended("two deployments, due", &[two_deployments()], &Bounds { hands: 1, ..BOTH });
    if is_deep() {
        for bounds in &deep {
            assert_all_is_mended("two deployments", &starts, bounds);
        }
        // From all of them it is too much to remember.
        let everything = Bounds { crashes: 1, lost_answers: 1, hands: 1, ..BOTH };
        assert_all_is_mended("two deployments, due", &[two_deployments()], &everything);
    }
}

/// Searches within these bounds; whatever goes wrong is mended by the next run, whether both go on by themselves or are
/// killed.
fn assert_all_is_mended(name: &str, starts: &[State], bounds: &Bounds) {
    let rules = rules(Lease::Perfect);
    let mut names = BTreeSet::new();
    let mut after = BTreeSet::new();
    let found = visit(starts, &rules, bounds, &mut |violation, state| {
        names.insert(violation.name());
        after.insert(state.canonical());
        ControlFlow::Continue(())
    });
    println!("{name}, {bounds:?}: {} states, {} of which are wrong: {names:?}", found.states, after.len());
    assert!(names.is_subset(&WRONG.into()), "{names:?}");
    let mut later = BTreeSet::new();
    for wrong in after {
        for is_killed in [false, true] {
            let mut state = wrong.clone();
            (state.world.rotations, state.spent) = (0, Spent::default());
            if is_killed {
                later.extend(kill(&mut state, &rules));
            } else {
                later.extend(run_on(&mut state, &rules));
            }
            later.extend(sweep(&mut state, &rules));
            later.extend(sweep(&mut state, &rules));
            assert!(is_mended(&state.world, wrong.spent, is_killed), "{wrong:?} {is_killed} {state:?}");
        }
    }
    println!("after that, as each goes on by itself: {later:?}");
    assert!(later.is_subset(&LATER.into()), "{later:?}");
    assert_on_the_page(name, bounds, &found);
}

/// Whether everybody is on a live key, but for a copy that nobody may read and whose resync was not to be had, for a copy that
/// a person made useless; or else whether a person has made useless all that showed whose secret it is, which blocks it.
fn is_mended(world: &World, spent: Spent, is_killed: bool) -> bool {
    let by_hand = 0 < spent.hands;
    if !world.is_live(world.version.value) {
        return by_hand && !world.earlier.iter().any(|value| world.is_live(*value));
    }
    let may_be_stale =
        !world.cache_is_readable && (is_killed || by_hand || 0 < spent.crashes || 0 < spent.lost_answers);
    world.datastore.holds == world.version.value && (may_be_stale || world.is_live(world.cache))
}

/// How a copy stays stale: whoever regenerated is killed before its resync, and the other publishes the live key all the same.
#[test]
fn a_copy_that_nobody_may_read_may_be_left_on_a_dead_key_by_a_second_deployment() {
    let start = State::new(with_an_unreadable_cache_of_key2(), two_deployments().runners);
    let rules = rules(Lease::Perfect);
    let bounds = Bounds { crashes: 1, ..BOTH };
    let mut stale = 0;
    visit(&[start], &rules, &bounds, &mut |_, mut state| {
        (state.world.rotations, state.spent) = (0, Spent::default());
        kill(&mut state, &rules);
        sweep(&mut state, &rules);
        stale += usize::from(!state.world.is_live(state.world.cache));
        ControlFlow::Continue(())
    });
    assert!(0 < stale, "the page says otherwise");
}

/// The processes are gone, and what they sent has arrived.
fn kill(state: &mut State, rules: &Rules) -> BTreeSet<&'static str> {
    let mut mind = Mind::new(rules);
    for index in [0, 1] {
        state.take(Step::Crash(index), rules, &mut mind, &mut |_| {}).unwrap();
    }
    run_on(state, rules)
}

/// Both go on until neither has a run, and everything that was sent has arrived. What else goes wrong by that is part of
/// what is to be mended.
fn run_on(state: &mut State, rules: &Rules) -> BTreeSet<&'static str> {
    let mut mind = Mind::new(rules);
    let mut what_else = BTreeSet::new();
    for _ in 0..400 {
        let steps = state.steps(rules, &NOTHING_ELSE);
        let is_over = state.requests.is_empty() && state.runners.iter().all(|runner| runner.at == At::Idle);
        let goes_on = |step: &&Step| matches!(step, Step::Arrive(_) | Step::Call(_));
        let Some(step) = steps.iter().find(goes_on).or(steps.first()).filter(|_| !is_over) else {
            return what_else;
        };
        what_else.extend(state.take(*step, rules, &mut mind, &mut |_| {}).err().map(Violation::name));
    }
    panic!("the runs come to no end: {state:?}");
}

/// A day later one of the two looks.
fn sweep(state: &mut State, rules: &Rules) -> BTreeSet<&'static str> {
    state.leases.fill(HeldLease::default());
    state.take(Step::Begin(0), rules, &mut Mind::new(rules), &mut |_| {}).unwrap();
    let what_else = run_on(state, rules);
    state.world.hour += 24;
    what_else
}
