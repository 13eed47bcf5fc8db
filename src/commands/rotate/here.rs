//! The rotation that this process does, under the same lease as the app.

use std::io::{Write, stderr};
use std::pin::pin;

use futures::poll;
use rotation::{Breadth, Decision, KeyName, Run, SecretId};
use time::Duration;

use super::result::{A_PERSON_FIRST, Ended, Report};
use super::{NoReport, RotateOptions, Seen};
use crate::activation::Activation;
use crate::commands::{connection, target};
use crate::env_vars::USER;
use crate::environment::Environment;
use crate::observe::{observe, observe_whole};
use crate::outcome::{End, Outcome};
use crate::reconcile::{Stop, reconcile_until};
use crate::report::{DAYS_AHEAD, Mend, TargetPlan, Then};
use crate::rotator::Rotator;
use crate::telemetry;

/// Who does it.
pub(super) const BY: &str = "this process";

/// Everything that a rotation here works with.
pub(super) struct Here {
    rotator: Rotator,
    asked_by: String,
}

impl Here {
    /// Connects to Azure as whom the environment says.
    pub(super) async fn connect(environment: &Environment, wanted: &SecretId) -> Result<Self, NoReport> {
        let rotator = connection::rotator(environment).await?;
        target::must_be_allowed(&rotator, wanted)?;
        let who = match rotator.azure.own_ids().await {
            Ok(ids) => ids.who(),
            // Whatever is asked for next says why there is no token.
            Err(_) => environment.get(USER).unwrap_or("nobody known").to_owned(),
        };
        telemetry::narrate(environment);
        Ok(Self { rotator, asked_by: format!("{who} by rotate --local") })
    }

    /// Looks at everything once.
    pub(super) async fn first_look(&self, options: &RotateOptions) -> Result<Seen, NoReport> {
        let mut observation = observe_whole(&self.rotator, &options.target).await?;
        let (version, published) = current(&observation);
        observation.forced = options.forced(version.as_deref(), published)?;
        let (policy, now) = (self.rotator.policy_of(&options.target), self.rotator.clock.now());
        let plan = TargetPlan::of(&observation, &policy, now, Duration::days(DAYS_AHEAD.into()));
        Ok(Seen { forced: observation.forced, version, published, plan })
    }

    /// Does it. Ctrl-C has it stop after the step that was begun; once more, and the process ends at once, which is as
    /// safe: the next run goes on from what it sees.
    pub(super) async fn rotate(&self, target: &SecretId, seen: &Seen) -> Result<Report, NoReport> {
        let activation =
            Activation::new(target.clone(), &self.asked_by).whole(true).forced(seen.forced.clone());
        let (ask, stop) = Stop::new();
        let run = self.run(&activation, &stop);
        let interrupted = async {
            if tokio::signal::ctrl_c().await.is_ok() {
                // It listens from when it is polled, and who reads the notice may press at once.
                let mut once_more = pin!(tokio::signal::ctrl_c());
                let _ = poll!(once_more.as_mut());
                let notice = "stopping after this step; Ctrl-C once more stops at once, which leaves the lease to run \
                              out within a minute";
                writeln!(stderr(), "{notice}").unwrap_or_default();
                ask.send_replace(true);
                if once_more.await.is_ok() {
                    return;
                }
            }
            std::future::pending().await
        };
        let outcome = tokio::select! {
            outcome = run => outcome,
            () = interrupted => {
                let what =
                    format!("in the middle of a step; `rotate {target} --local` goes on from what it sees");
                return Ok(Report::new(BY, Ended::Stopped, seen).saying(what));
            }
        };
        let mut last = Seen { forced: None, plan: seen.plan.clone(), version: None, published: None };
        (last.version, last.published) = self.look_at_the_secret(target).await;
        Ok(report(&outcome, &last, stop.is_asked()))
    }

    /// Runs as often as the app would, for as long as each run gets something done: one run regenerates once.
    async fn run(&self, activation: &Activation, stop: &Stop) -> Outcome {
        let mut steps = 0;
        loop {
            let outcome = reconcile_until(&self.rotator, activation, stop).await;
            steps += outcome.steps;
            if stop.is_asked()
                || outcome.steps == 0
                || !outcome.comes_back()
                || !outcome.needs_operator().is_empty()
            {
                return Outcome { steps, ..outcome };
            }
        }
    }

    /// What the secret holds now; nothing, if that cannot be seen just now.
    async fn look_at_the_secret(&self, target: &SecretId) -> (Option<String>, Option<KeyName>) {
        let (written, mut run) = (std::collections::BTreeSet::new(), Run::default());
        let look = observe(&self.rotator, target, None, Breadth::Narrow, &written, &mut run);
        look.await.as_ref().map_or((None, None), current)
    }
}

/// The current version, and the key that it holds.
fn current(observation: &rotation::Observation) -> (Option<String>, Option<KeyName>) {
    let Ok(secret) = &observation.secret else { return (None, None) };
    let published = observation.account.as_ref().ok().and_then(|account| account.name_of(secret.value));
    (Some(secret.version.clone()), published)
}

/// What the outcome of the run comes to.
fn report(outcome: &Outcome, last: &Seen, was_stopped: bool) -> Report {
    let ended = match &outcome.end {
        End::WouldDo(_) => Ended::Observed,
        End::Decided(Decision::Unfinished(_)) if was_stopped => Ended::Stopped,
        End::Decided(decision) => Ended::of(Then::after(decision), outcome.steps > 0),
    };
    let mends = outcome.needs_operator().into_iter();
    let mends = mends.map(|(reason, hint)| Mend { reason, hint: hint.to_string() }).collect();
    let what = match (ended, &outcome.end) {
        (Ended::Stopped, _) => "a second run goes on, and so does the app's next sweep".to_owned(),
        (Ended::Blocked, _) => A_PERSON_FIRST.to_owned(),
        (Ended::Done | Ended::UpToDate | Ended::LeftAlone, End::Decided(decision)) => decision.short_reason(),
        _ => format!("{outcome:#}"),
    };
    Report::new(BY, ended, last).saying(what).with_mends(mends).with_failures(&outcome.failures)
}
