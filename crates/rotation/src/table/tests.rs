//! A test for every row, for what it needs to apply, and for the order of the rows.

use super::*;
use crate::fixtures::{NOW, POLICY};
use crate::{Disposition, Failure, Heading, Obstacle};

mod amending;
mod ending;
mod enrolling;
mod entitling;
mod following;
mod forcing;
mod healing;
mod moving;
mod opening;
mod order;
mod publishing;
mod regenerating;
mod resting;
mod retiring;
mod rivals;

fn decision(observation: &Observation) -> Decision {
    decide(observation, &POLICY, NOW)
}

fn obstacles(observation: &Observation) -> Vec<Obstacle> {
    match decision(observation) {
        Decision::Blocked(obstacles) => obstacles,
        other => panic!("not blocked: {other:?}"),
    }
}

fn regenerates(observation: &Observation) -> bool {
    matches!(decision(observation), Decision::Regenerate(_))
}

fn refused(what: &str) -> Failure {
    Failure::new(what, Disposition::needs_operator("a role", Heading::Role))
}
