//! The search: whatever can happen next, shortest first, until everything was seen or something is as it must never be.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::ops::ControlFlow;

use super::mind::Mind;
use super::rules::{Bounds, Rules};
use super::runner::At;
use super::state::State;
use super::steps::Step;
use super::violation::Violation;

/// What a search found.
#[derive(Debug)]
pub(super) struct Found {
    /// Different states, up to the names of runners and values.
    pub(super) states: usize,
    /// Steps that were taken from one to the next.
    pub(super) steps: usize,
    /// Different observations that `decide` was asked about.
    pub(super) decisions: usize,
    /// States in which nobody has a run, and a rotation is done: the key is published and the datastore is on it.
    pub(super) rotated: usize,
    /// The first violation, and the shortest way to it.
    pub(super) violation: Option<(Violation, Vec<String>)>,
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, steps, decisions, rotated, violation } = self;
        write!(
            formatter,
            "{states} states, {steps} steps, {decisions} decisions, rotated in {rotated} states"
        )?;
        let Some((violation, trace)) = violation else { return formatter.write_str(": nothing is wrong") };
        writeln!(formatter, ": {violation}")?;
        trace.iter().enumerate().try_for_each(|(index, line)| writeln!(formatter, "{:>4}. {line}", index + 1))
    }
}

/// Searches everything that can happen from these states on, until something is wrong.
pub(super) fn search(starts: &[State], rules: &Rules, bounds: &Bounds) -> Found {
    visit(starts, rules, bounds, &mut |_, _| ControlFlow::Break(()))
}

/// Searches everything that can happen from these states on, and hands over whatever is wrong and the state that it left;
/// what comes after that is not searched. The trace is that of the first one.
pub(super) fn visit(
    starts: &[State],
    rules: &Rules,
    bounds: &Bounds,
    wrong: &mut dyn FnMut(Violation, State) -> ControlFlow<()>,
) -> Found {
    let mut mind = Mind::new(rules);
    let mut seen = HashSet::new();
    // From which node each state was reached first, and how; a start has none.
    let mut nodes: Vec<(usize, Option<Step>)> = Vec::new();
    let mut frontier = VecDeque::new();
    for (index, start) in starts.iter().enumerate() {
        if seen.insert(start.canonical()) {
            nodes.push((index, None));
            frontier.push_back((nodes.len() - 1, start.clone()));
        }
    }
    let mut found = Found { states: 0, steps: 0, decisions: 0, rotated: 0, violation: None };
    'search: while let Some((node, state)) = frontier.pop_front() {
        found.rotated += usize::from(is_rotated(&state));
        for step in state.steps(rules, bounds) {
            let mut next = state.clone();
            found.steps += 1;
            if let Err(violation) = next.take(step, rules, &mut mind, &mut |_| {}) {
                if found.violation.is_none() {
                    nodes.push((node, Some(step)));
                    found.violation = Some((violation, trace(starts, &nodes, rules)));
                }
                if wrong(violation, next).is_break() {
                    break 'search;
                }
                continue;
            }
            if seen.insert(next.canonical()) {
                nodes.push((node, Some(step)));
                frontier.push_back((nodes.len() - 1, next));
            }
        }
    }
    (found.states, found.decisions) = (seen.len(), mind.questions());
    found
}

fn is_rotated(state: &State) -> bool {
    let world = &state.world;
    state.runners.iter().all(|runner| runner.at == At::Idle)
        && world.rotations == 1
        && world.is_live(world.version.value)
        && world.datastore.holds == world.version.value
}

/// What happened on the way to the last node, in words.
fn trace(starts: &[State], nodes: &[(usize, Option<Step>)], rules: &Rules) -> Vec<String> {
    let mut steps = Vec::new();
    let mut node = nodes.len() - 1;
    let start = loop {
        match nodes[node] {
            (parent, Some(step)) => {
                steps.push(step);
                node = parent;
            }
            (start, None) => break &starts[start],
        }
    };
    let (mut state, mut lines, mut mind) = (start.clone(), Vec::new(), Mind::new(rules));
    for step in steps.into_iter().rev() {
        let done = state.take(step, rules, &mut mind, &mut |line| lines.push(line.to_string()));
        if done.is_err() {
            break;
        }
    }
    lines
}
