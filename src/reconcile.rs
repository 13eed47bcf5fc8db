//! The corridor: look, decide one thing, do it, look again, until nothing is left to do.

use rotation::{
    Breadth, Decision, Disposition, Failure, Mode, Observation, Obstacle, Run, Survey, decide, overdue_since,
};
use tracing::{error, info};

use crate::apply::{Written, apply};
use crate::observe::observe;
use crate::resyncs::Resyncs;
use crate::{Activation, End, Outcome, Rotator};

/// More looks than any rotation takes: about four for each of the ways to be interrupted.
const MOST_LOOKS: usize = 40;

/// Brings one target to where nothing is left to do now.
///
/// Only one may run for an account at a time; it is up to the caller to see to that.
pub async fn reconcile(rotator: &Rotator, activation: &Activation) -> Outcome {
    let mut corridor =
        Corridor { rotator, activation, run: Run::default(), resyncs: Resyncs::default(), steps: 0 };
    let end = corridor.walk().await;
    Outcome { end, steps: corridor.steps }
}

struct Corridor<'a> {
    rotator: &'a Rotator,
    activation: &'a Activation,
    run: Run,
    resyncs: Resyncs,
    steps: usize,
}

impl Corridor<'_> {
    async fn walk(&mut self) -> End {
        let mut breadth = Breadth::Narrow;
        let mut written = Written::default();
        let mut seen: Option<Observation> = None;
        let mut done: Option<(Observation, String)> = None;
        for _ in 0..MOST_LOOKS {
            let mut observation = match self.look(seen.as_ref(), breadth, &written).await {
                Ok(observation) => observation,
                Err(failure) => return self.unseen(failure).await,
            };
            let mut decision = self.decide(&observation);
            if ends_the_run(&decision) && self.resyncs.settle(&mut self.run).await {
                // How a resync ended that nothing waited for still belongs to the answer of this run.
                observation.run = self.run.clone();
                decision = self.decide(&observation);
            }
            if ends_the_run(&decision) {
                return End::Decided(decision);
            }
            let exactly = format!("{decision:?}");
            if done
                .as_ref()
                .is_some_and(|(before, same)| *same == exactly && same_world(before, &observation))
            {
                return End::Decided(Decision::Blocked(vec![Obstacle::NoProgress(decision.to_string())]));
            }
            if self.rotator.policy.mode == Mode::Observe && decision.writes() {
                return End::WouldDo(decision);
            }
            done = None;
            if decision.writes() {
                let failed_before = self.run.failures.len();
                breadth = breadth_after(&decision, &self.run);
                written = self.apply(&observation, decision).await;
                seen = Some(observation.clone());
                if self.run.failures.len() == failed_before {
                    done = Some((observation, exactly));
                }
            } else {
                written = Written::default();
                breadth = Breadth::Whole;
                seen = Some(observation);
            }
        }
        let what =
            format!("the rotation of `{}` was not finished after {MOST_LOOKS} looks", self.activation.target);
        self.unseen(Failure { what, disposition: Disposition::LookAgain }).await
    }

    async fn look(
        &mut self,
        before: Option<&Observation>,
        breadth: Breadth,
        written: &Written,
    ) -> Result<Observation, Failure> {
        if breadth == Breadth::Whole {
            self.run.looked_whole = true;
        }
        let observation =
            observe(self.rotator, &self.activation.target, before, breadth, written, &self.run).await?;
        report_look(&observation);
        let now = self.rotator.clock.now();
        if let Some(since) = overdue_since(&observation, &self.rotator.policy, now) {
            error!(
                step = "overdue",
                "the rotation of `{}` is overdue: it was due on {since}", self.activation.target
            );
        }
        Ok(observation)
    }

    fn decide(&self, observation: &Observation) -> Decision {
        let decision = decide(observation, &self.rotator.policy, self.rotator.clock.now());
        info!(step = "decide", "decided to {decision}");
        decision
    }

    async fn apply(&mut self, observation: &Observation, decision: Decision) -> Written {
        self.steps += 1;
        apply(self.rotator, self.activation, observation, decision, &mut self.run, &mut self.resyncs).await
    }

    /// Ends the run on a look that failed; what had failed before stays part of the answer.
    async fn unseen(&mut self, failure: Failure) -> End {
        self.resyncs.settle(&mut self.run).await;
        self.run.fail(failure);
        End::Decided(Decision::Unfinished(std::mem::take(&mut self.run.failures)))
    }
}

/// Whether nothing is left to do in this run after it.
const fn ends_the_run(decision: &Decision) -> bool {
    !decision.writes() && !matches!(decision, Decision::LookWhole(_))
}

/// The moves are the last step of a run that regenerated: the whole look that is owed at its end can come at once.
fn breadth_after(decision: &Decision, run: &Run) -> Breadth {
    match decision {
        Decision::Move(_) if run.regeneration_sent.is_some() => Breadth::Whole,
        _ => Breadth::Narrow,
    }
}

/// Whether two observations saw the same, apart from what the run remembers of itself and how far it looked.
fn same_world(one: &Observation, other: &Observation) -> bool {
    one.secret == other.secret
        && one.account == other.account
        && one.survey.workspaces == other.survey.workspaces
        && one.survey.holders == other.survey.holders
}

fn report_look(observation: &Observation) {
    let Survey { breadth, scopes, workspaces, holders } = &observation.survey;
    let scopes: Vec<String> = scopes.iter().map(|seen| seen.scope.to_string()).collect();
    info!(
        step = "look",
        scopes = scopes.join(", "),
        workspaces = workspaces.len(),
        holders = holders.len(),
        "looked at {}",
        match breadth {
            Breadth::Narrow => "the secret, the keys and what was written last".to_owned(),
            Breadth::Whole => format!(
                "everything in {}: {} of this account, {} of its keys",
                scopes.join(", "),
                count(workspaces.len(), "workspace"),
                count(holders.len(), "holder")
            ),
        }
    );
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
