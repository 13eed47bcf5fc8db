//! The corridor: look, decide one thing, do it, look again, until nothing is left to do.

mod report;

use std::collections::BTreeSet;

use rotation::{
    Breadth, Decision, Failure, Mode, Observation, Obstacle, Run, WorkspaceId, decide, overdue_since,
};
use tracing::{error, info, warn};

use crate::activation::Activation;
use crate::apply::apply;
use crate::observe::observe;
use crate::outcome::{End, Outcome};
use crate::resyncs::Resyncs;
use crate::rotator::Rotator;

/// More looks than any rotation takes: about four for each of the ways to be interrupted.
const MOST_LOOKS: usize = 40;

/// Brings one target to where nothing is left to do now.
///
/// Only one may run for an account at a time. Within a process [`Rotator::corridor`] sees to that; over several, it is
/// up to `host.json` until there is a lease.
pub(crate) async fn reconcile(rotator: &Rotator, activation: &Activation) -> Outcome {
    let _alone = rotator.corridor.lock().await;
    let run = Run { whole_look_asked: activation.whole, ..Run::default() };
    let resyncs = Resyncs::default();
    let mut corridor = Corridor { rotator, activation, run, resyncs, steps: 0 };
    let end = corridor.walk().await;
    Outcome::new(end, corridor.run.failures, corridor.steps)
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
        let mut written = BTreeSet::new();
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
                breadth = breadth_after(&decision);
                written = self.apply(&observation, decision).await;
                seen = Some(observation.clone());
                if self.run.failures.len() == failed_before {
                    done = Some((observation, exactly));
                }
            } else {
                written = BTreeSet::new();
                breadth = Breadth::Whole;
                seen = Some(observation);
            }
        }
        let target = &self.activation.target;
        self.unseen(Failure::look_again(format!(
            "the rotation of `{target}` was not finished after {MOST_LOOKS} looks"
        )))
        .await
    }

    async fn look(
        &mut self,
        before: Option<&Observation>,
        breadth: Breadth,
        written: &BTreeSet<WorkspaceId>,
    ) -> Result<Observation, Failure> {
        if breadth == Breadth::Whole {
            self.run.looked_whole = true;
        }
        let observation =
            observe(self.rotator, &self.activation.target, before, breadth, written, &mut self.run).await?;
        if observation.vault_allowed {
            report::look(before, &observation);
        }
        self.warn_of_a_short_validity(&observation);
        let now = self.rotator.clock.now();
        if let Some(since) = overdue_since(&observation, &self.rotator.policy, now) {
            let since = since.date();
            let hint = "the lines of this invocation say what it waits for; mend that";
            error!(
                step = "overdue",
                hint,
                "the rotation of `{}` is overdue: it was due on {since}; hint: {hint}",
                self.activation.target
            );
        }
        Ok(observation)
    }

    /// Once a run: the first look has nothing before it.
    fn warn_of_a_short_validity(&self, observation: &Observation) {
        let policy = &self.rotator.policy;
        let enrolment =
            observation.secret.as_ref().ok().and_then(|secret| secret.tags.enrolment(policy).ok());
        if let Some(warning) = enrolment.and_then(|enrolment| enrolment.warning(policy))
            && !self.run.looked_whole
        {
            warn!(step = "look", "{warning}");
        }
    }

    fn decide(&self, observation: &Observation) -> Decision {
        let decision = decide(observation, &self.rotator.policy, self.rotator.clock.now());
        info!(step = "decide", "decided to {decision}");
        decision
    }

    async fn apply(&mut self, observation: &Observation, decision: Decision) -> BTreeSet<WorkspaceId> {
        self.steps += 1;
        apply(self.rotator, self.activation, observation, decision, &mut self.run, &mut self.resyncs).await
    }

    /// Ends the run on a look that failed; what had failed before stays part of the answer.
    async fn unseen(&mut self, failure: Failure) -> End {
        self.resyncs.settle(&mut self.run).await;
        self.run.fail(failure);
        End::Decided(Decision::Unfinished(self.run.failures.clone()))
    }
}

/// Whether nothing is left to do in this run after it.
const fn ends_the_run(decision: &Decision) -> bool {
    !decision.writes() && !matches!(decision, Decision::LookWhole(_))
}

/// What a move did is only seen by a whole look: who is still there, what each holds, and who wrote it last.
const fn breadth_after(decision: &Decision) -> Breadth {
    match decision {
        Decision::Move(_) => Breadth::Whole,
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
