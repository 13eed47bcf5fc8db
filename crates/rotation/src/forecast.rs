//! What would be done from now on, if nobody else did anything: the decision, run forward.

mod deeds;

use time::{Duration, OffsetDateTime};

use crate::{Decision, NeitherSeen, Observation, Policy, Run, decide};

/// How often every target is looked at.
const SWEEP: Duration = Duration::HOUR;
/// When a run that could not finish is followed by another.
const COMES_BACK: Duration = Duration::minutes(2);
/// More decisions than a year of sweeps and rotations takes.
const MOST_DECISIONS: usize = 10_000;

/// A decision, and when it would be made at the earliest.
#[derive(Debug, PartialEq, Eq)]
pub struct Planned {
    /// When.
    pub at: OffsetDateTime,
    /// What.
    pub decision: Decision,
}

/// What would be decided from `now` until `end`, one after the other, if every step succeeded and nobody else changed
/// anything. A rest that goes on is told once. It ends where a person has to do something first.
#[must_use]
pub fn forecast(
    observation: &Observation,
    policy: &Policy,
    now: OffsetDateTime,
    end: OffsetDateTime,
) -> Vec<Planned> {
    let mut seen = observation.clone();
    let mut at = now;
    let mut planned: Vec<Planned> = Vec::new();
    for number in 0..MOST_DECISIONS {
        let decision = decide(&seen, policy, at);
        let next = match &decision {
            Decision::Wait { .. } | Decision::UpToDate { .. } => {
                let sweep = at.saturating_add(SWEEP);
                let next =
                    decision.until().filter(|until| at < *until).map_or(sweep, |until| sweep.min(until));
                seen.run = Run { looked_whole: true, ..Run::default() };
                Some(next)
            }
            Decision::LookAgain { at: again } => {
                seen.remember_that_it_holds_neither(at);
                Some(*again)
            }
            Decision::LookWhole(_) => {
                seen.look_whole();
                Some(at)
            }
            Decision::Unfinished(failures)
                if failures.iter().all(|failure| failure.disposition.may_pass())
                    && planned.last().is_none_or(|before| before.decision != decision) =>
            {
                seen.run = Run { looked_whole: true, ..Run::default() };
                Some(at.saturating_add(COMES_BACK))
            }
            Decision::Ignore(_) | Decision::Blocked(_) | Decision::Unfinished(_) => None,
            Decision::Amend(_)
            | Decision::Resync(_)
            | Decision::Publish(_)
            | Decision::Move(_)
            | Decision::Regenerate(_) => {
                seen.carry_out(&decision, policy, at, number);
                Some(at)
            }
        };
        let is_news = planned.last().is_none_or(|before| before.decision != decision);
        if is_news && !matches!(decision, Decision::LookWhole(_)) {
            planned.push(Planned { at, decision });
        }
        match next {
            Some(next) if next <= end => at = next,
            Some(_) | None => break,
        }
    }
    planned
}

impl Observation {
    fn remember_that_it_holds_neither(&mut self, since: OffsetDateTime) {
        if let Ok(secret) = &self.secret
            && self.run.neither.is_none()
        {
            self.run.neither = Some(NeitherSeen { version: secret.version.clone(), since });
        }
    }
}

#[cfg(test)]
mod tests;
