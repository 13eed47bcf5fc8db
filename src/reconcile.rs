//! The corridor: look, decide one thing, do it, look again, until nothing is left to do.

mod report;
mod stop;
mod warnings;

use std::collections::BTreeSet;

use rotation::{
    Breadth, Decision, Failure, Mode, Observation, Obstacle, Policy, Run, WholeLook, WorkspaceId, decide,
    overdue_since,
};
use tokio::time::{Instant, sleep};
use tracing::{error, info};

use crate::activation::Activation;
use crate::apply::{Step, apply, enrolment};
use crate::lock::Lease;
use crate::observe::observe;
use crate::outcome::{End, Outcome};
use crate::resyncs::Resyncs;
use crate::rotator::Rotator;
use crate::telemetry::shortened;

pub(crate) use self::stop::Stop;

/// More looks than any rotation takes: about four for each of the ways to be interrupted.
const MOST_LOOKS: usize = 40;

/// Brings one target to where nothing is left to do now.
///
/// The first look is only for whether there is anything to do. Whatever goes beyond it happens under the lease of the
/// account, after another look: what was seen without the lease may be about to change.
pub(crate) async fn reconcile(rotator: &Rotator, activation: &Activation) -> Outcome {
    reconcile_until(rotator, activation, &Stop::never()).await
}

/// The same, until somebody asks it to stop: the step that was begun is finished, the lease given back, and the next
/// run goes on.
pub(crate) async fn reconcile_until(rotator: &Rotator, activation: &Activation, stop: &Stop) -> Outcome {
    let (run, resyncs) = (new_run(activation), Resyncs::default());
    let policy = rotator.policy_of(&activation.target);
    let started = Instant::now();
    let mut corridor =
        Corridor { rotator, activation, policy, stop, started, lease: None, run, resyncs, steps: 0 };
    let end = corridor.walk().await;
    if let Some(lease) = corridor.lease {
        lease.release().await;
    }
    Outcome::new(end, corridor.run.failures, corridor.steps)
}

struct Corridor<'a> {
    rotator: &'a Rotator,
    activation: &'a Activation,
    policy: Policy,
    stop: &'a Stop,
    started: Instant,
    /// Without it, nothing is written.
    lease: Option<Lease>,
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
            if decision.ends_the_run() && self.resyncs.settle(&mut self.run).await {
                // How a resync ended that nothing waited for still belongs to the answer of this run.
                observation.run = self.run.clone();
                decision = self.decide(&observation);
            }
            if decision.ends_the_run() {
                return End::Decided(decision);
            }
            if self.stop.is_asked() {
                return self.unseen(stop::before(&decision)).await;
            }
            if self.lease.is_none() && self.policy.mode == Mode::Rotate {
                let stop = self.stop;
                let taken = tokio::select! {
                    taken = self.take_lease(&observation) => taken,
                    () = stop.asked() => Err(stop::before(&decision)),
                };
                if let Err(failure) = taken {
                    return self.unseen(failure).await;
                }
                self.run = new_run(self.activation);
                continue;
            }
            let exactly = format!("{decision:?}");
            if done
                .as_ref()
                .is_some_and(|(before, same)| *same == exactly && same_world(before, &observation))
            {
                return End::Decided(Decision::Blocked(vec![Obstacle::NoProgress(decision.to_string())]));
            }
            done = None;
            if decision.writes() {
                let Some(lease) = &self.lease else { return End::WouldDo(decision) };
                if let Err(lost) = lease.check() {
                    return self.unseen(lost).await;
                }
                let failed_before = self.run.failures.len();
                breadth = breadth_after(&decision);
                self.steps += 1;
                let Self { rotator, activation, started, .. } = *self;
                let step = Step { rotator, activation, started, lease, observation: &observation };
                written = apply(step, decision, &mut self.run, &mut self.resyncs).await;
                seen = Some(observation.clone());
                if self.run.failures.len() == failed_before {
                    done = Some((observation, exactly));
                }
            } else {
                written = BTreeSet::new();
                breadth = self.wait_to_look_again(&decision).await;
                seen = Some(observation);
            }
        }
        let target = &self.activation.target;
        self.unseen(Failure::look_again(format!(
            "the rotation of `{target}` was not finished after {MOST_LOOKS} looks"
        )))
        .await
    }

    /// Waits until the next look is to be made, and gives how broad it is to be.
    async fn wait_to_look_again(&mut self, decision: &Decision) -> Breadth {
        match decision {
            Decision::LookAgain { at } => {
                let left = *at - self.rotator.clock.now();
                tokio::select! {
                    () = sleep(left.try_into().unwrap_or_default()) => {}
                    () = self.stop.asked() => {}
                }
                Breadth::Narrow
            }
            Decision::LookWhole(WholeLook::AfterRegenerate) => {
                // The last look is to see what the resyncs did.
                self.resyncs.settle(&mut self.run).await;
                Breadth::Whole
            }
            _ => Breadth::Whole,
        }
    }

    /// Takes the lease of the account that was seen.
    async fn take_lease(&mut self, observation: &Observation) -> Result<(), Failure> {
        let account = enrolment(self.rotator, observation)?.account;
        self.lease = Some(Lease::take(&self.rotator.azure.leases, &account).await?);
        Ok(())
    }

    async fn look(
        &mut self,
        before: Option<&Observation>,
        breadth: Breadth,
        written: &BTreeSet<WorkspaceId>,
    ) -> Result<Observation, Failure> {
        if let Some(lease) = &self.lease {
            lease.check()?;
        }
        if breadth == Breadth::Whole {
            self.run.looked_whole = true;
        }
        let mut observation =
            observe(self.rotator, &self.activation.target, before, breadth, written, &mut self.run).await?;
        observation.forced.clone_from(&self.activation.forced);
        self.check_account(&observation)?;
        let now = self.rotator.clock.now();
        if observation.vault_allowed {
            report::look(before, &observation);
            report::keys(before, &observation, &self.policy, now);
            warnings::of_look(before, &observation);
        }
        if self.lease.is_none() && !self.run.looked_whole {
            warnings::at_the_beginning(&observation, &self.policy, now);
        }
        if let Some(since) = overdue_since(&observation, &self.policy, now) {
            let due = since.date();
            let hint = "the lines of this invocation say what it waits for; mend that";
            error!(
                step = "overdue",
                due = %due,
                hint,
                "the rotation of `{}` is overdue: it was due on {due}; hint: {hint}",
                self.activation.target
            );
        }
        Ok(observation)
    }

    /// The lease is for the account that was seen before it was taken; by now the secret may stand for another.
    fn check_account(&self, observation: &Observation) -> Result<(), Failure> {
        let Some(lease) = &self.lease else { return Ok(()) };
        let leased = lease.account().name();
        match enrolment(self.rotator, observation) {
            Ok(enrolment) if enrolment.account.name() != leased => Err(Failure::look_again(format!(
                "`{}` stands for storage account `{}` now, and the lease is for `{leased}`",
                observation.target,
                enrolment.account.name()
            ))),
            // What is no target any more leads to no write.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn decide(&self, observation: &Observation) -> Decision {
        let decision = decide(observation, &self.policy, self.rotator.clock.now());
        info!(
            step = "decide",
            decision = decision.name(),
            reason = shortened(decision.reason()),
            "decided to {}",
            shortened(decision.to_string())
        );
        decision
    }

    /// Ends the run on a look that failed; what had failed before stays part of the answer.
    async fn unseen(&mut self, failure: Failure) -> End {
        self.resyncs.settle(&mut self.run).await;
        self.run.fail(failure);
        End::Decided(Decision::Unfinished(self.run.failures.clone()))
    }
}

fn new_run(activation: &Activation) -> Run {
    Run { whole_look_asked: activation.whole, ..Run::default() }
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

#[cfg(test)]
mod tests;
