//! A second deployment with a lease store of its own: nothing keeps it away.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::super::mind::Mind;
use super::super::rules::{Bounds, Lease, Rules};
use super::super::runner::{At, Runner};
use super::super::search::{search, visit};
use super::super::state::State;
use super::super::steps::Step;
use super::super::violation::Violation;
use super::super::world::{Value, World};
use super::{BOUNDS, assert_fails, assert_on_the_page, deeds, rules};

const BOTH: Bounds = Bounds { runs: 2, crashes: 0, ..BOUNDS };

fn two_deployments() -> State {
    State::new(World::new(), vec![Runner::new(0, None), Runner::new(1, None)])
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

/// All that can go wrong first is that what is published is dead, or that the same is published twice: never does a key die
/// that others were on. And after it, whoever of the two looks next brings everybody back to a live key.
#[test]
fn all_that_a_second_deployment_can_do_is_mended_by_the_next_run() {
    let rules = rules(Lease::Perfect);
    let mut names = BTreeSet::new();
    let mut after = BTreeSet::new();
    let found = visit(&[two_deployments()], &rules, &BOTH, &mut |violation, state| {
        names.insert(violation.name());
        after.insert(state.canonical());
        ControlFlow::Continue(())
    });
    println!("two deployments: {} states, {} of which are wrong: {names:?}", found.states, after.len());
    for state in after {
        let mended = after_the_next_run(state, &rules);
        let World { version, datastore, .. } = &mended.world;
        assert!(mended.world.is_live(version.value), "{mended:?}");
        assert_eq!(datastore.holds, version.value, "{mended:?}");
    }
    let all = [
        "a dead key is published",
        "the published key is regenerated",
        "what was asked for once is done twice",
    ];
    assert_eq!(names, all.into());
    assert_on_the_page("two deployments", &BOTH, &found);
}

/// The processes are gone and what they sent has arrived; then one run goes on by itself, and another a day later.
fn after_the_next_run(mut state: State, rules: &Rules) -> State {
    let mut mind = Mind::new(rules);
    state.world.rotations = 0;
    for index in [0, 1] {
        state.take(Step::Crash(index), rules, &mut mind, &mut |_| {}).unwrap();
    }
    while !state.requests.is_empty() {
        // What else goes wrong by that is part of what is to be mended.
        let _what_else = state.take(Step::Arrive(0), rules, &mut mind, &mut |_| {});
    }
    for _ in 0..2 {
        state.leases.iter_mut().for_each(|lease| lease.left = 0);
        let mut step = Step::Begin(0);
        for _ in 0..100 {
            state.take(step, rules, &mut mind, &mut |_| {}).unwrap();
            if state.runners[0].at == At::Idle {
                break;
            }
            step = if state.requests.is_empty() { Step::Call(0) } else { Step::Arrive(0) };
        }
        assert_eq!(state.runners[0].at, At::Idle, "the run comes to no end");
        state.world.hour += 24;
    }
    state
}
