//! `plan`: what would be done now and in the days that follow, and why.

use std::error::Error;
use std::io::{self, Write, stderr, stdout};

use clap::Args;
use rotation::{Decision, Mode, Observation, Planned, Policy, SecretId, forecast, overdue_since};
use serde::{Serialize, Serializer};
use time::serde::rfc3339;
use time::{Duration, OffsetDateTime};

use super::output::{Colour, Format, Palette, second, write_json};
use super::status::with_hint;
use super::target::{TargetOption, must_be_allowed};
use super::{ExitStatus, connection};
use crate::environment::Environment;
use crate::observe::observe_whole;
use crate::rotator::Rotator;
use crate::targets;

/// As wide as a point in time.
const TIME_WIDTH: usize = "2026-11-24T12:00:00Z".len();

/// The options of `plan`.
#[derive(Debug, Args)]
pub(super) struct PlanOptions {
    #[command(flatten)]
    target: TargetOption,
    /// How many days to look ahead
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(0..=366))]
    days: u16,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Report {
    targets: Vec<TargetPlan>,
}

/// What is planned for one target.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TargetPlan {
    target: String,
    #[serde(serialize_with = "mode_name")]
    mode: Mode,
    steps: Vec<Step>,
    /// What a person has to mend.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocked: Vec<Mend>,
    /// Since when it is overdue.
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    overdue_since: Option<OffsetDateTime>,
    #[serde(skip)]
    now: OffsetDateTime,
}

#[derive(Debug, Serialize)]
struct Step {
    #[serde(with = "rfc3339")]
    at: OffsetDateTime,
    /// The kind of decision.
    decision: &'static str,
    /// What is done, after "to".
    what: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Mend {
    reason: String,
    hint: String,
}

/// Looks at everything, and runs the decision forward. Nothing is written to Azure.
///
/// # Errors
///
/// When there is no way to Azure, or stdout or stderr cannot be written to.
pub(super) async fn run(
    options: &PlanOptions,
    environment: &Environment,
) -> Result<ExitStatus, Box<dyn Error>> {
    let rotator = connection::rotator(environment).await?;
    let ahead = Duration::days(options.days.into());
    let (wanted, mut status) = targets_of(&rotator, &options.target).await?;
    let mut targets = Vec::new();
    for target in wanted {
        match observe_whole(&rotator, &target).await {
            Ok(observation) => {
                let plan = TargetPlan::of(&rotator, &observation, ahead);
                status = status.max(plan.exit_status());
                targets.push(plan);
            }
            Err(failure) => {
                writeln!(stderr(), "no plan for {target}: {}", with_hint(&failure))?;
                status = status.max(ExitStatus::of_failure(&failure));
            }
        }
    }
    match options.format {
        Format::Json => write_json(&Report { targets })?,
        Format::Text => {
            let palette = Palette::of_stdout(environment);
            let mut out = stdout().lock();
            targets.iter().try_for_each(|plan| plan.write(&mut out, palette))?;
        }
    }
    Ok(status)
}

/// The target that was named, or all; and how the list of them went.
async fn targets_of(
    rotator: &Rotator,
    option: &TargetOption,
) -> Result<(Vec<SecretId>, ExitStatus), Box<dyn Error>> {
    if let Some(target) = &option.target {
        must_be_allowed(rotator, target)?;
        return Ok((vec![target.clone()], ExitStatus::Done));
    }
    let (mut wanted, mut status) = (Vec::new(), ExitStatus::Done);
    for vault in targets::list(rotator).await {
        if let Some(failure) = &vault.unlisted {
            writeln!(stderr(), "{}", with_hint(failure))?;
            status = status.max(ExitStatus::of_failure(failure));
        }
        wanted.extend(vault.targets.into_iter().map(|target| target.id));
    }
    Ok((wanted, status))
}

impl TargetPlan {
    /// Plans for what was seen.
    pub(super) fn of(rotator: &Rotator, observation: &Observation, ahead: Duration) -> Self {
        let (policy, now) = (rotator.policy_of(&observation.target), rotator.clock.now());
        Self::at(observation, &policy, now, now.saturating_add(ahead))
    }

    fn at(observation: &Observation, policy: &Policy, now: OffsetDateTime, end: OffsetDateTime) -> Self {
        let planned = forecast(observation, policy, now, end);
        let blocked = planned.iter().flat_map(|planned| mends(&planned.decision)).collect();
        Self {
            target: observation.target.to_string(),
            mode: policy.mode,
            steps: planned.into_iter().map(Step::from).collect(),
            blocked,
            overdue_since: overdue_since(observation, policy, now),
            now,
        }
    }

    fn exit_status(&self) -> ExitStatus {
        if !self.blocked.is_empty() {
            ExitStatus::NeedsOperator
        } else if self.overdue_since.is_some() {
            ExitStatus::Overdue
        } else {
            ExitStatus::Done
        }
    }

    /// Writes it as text.
    pub(super) fn write(&self, out: &mut impl Write, palette: Palette) -> io::Result<()> {
        match self.mode {
            Mode::Rotate => writeln!(out, "{}", self.target)?,
            Mode::Observe => writeln!(out, "{} (nothing of it is done: the mode is `observe`)", self.target)?,
        }
        for Step { at, what, .. } in &self.steps {
            let at = if *at == self.now { "now".to_owned() } else { second(*at) };
            writeln!(out, "  {at:<TIME_WIDTH$}  {what}")?;
        }
        if let Some(since) = self.overdue_since {
            writeln!(
                out,
                "  {}since {}",
                palette.paint(Colour::Red, "overdue", TIME_WIDTH + 2),
                second(since)
            )?;
        }
        for Mend { reason, hint } in &self.blocked {
            let word = palette.paint(Colour::Red, "blocked", TIME_WIDTH + 2);
            writeln!(out, "  {word}{reason}; hint: {hint}")?;
        }
        Ok(())
    }
}

fn mode_name<S: Serializer>(mode: &Mode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(mode.as_str())
}

impl From<Planned> for Step {
    fn from(Planned { at, decision }: Planned) -> Self {
        Self { at, decision: decision.name(), what: decision.to_string(), reason: decision.reason() }
    }
}

/// What a person has to mend before it goes on.
fn mends(decision: &Decision) -> Vec<Mend> {
    match decision {
        Decision::Blocked(obstacles) => obstacles
            .iter()
            .map(|obstacle| Mend { reason: obstacle.to_string(), hint: obstacle.hint().to_string() })
            .collect(),
        Decision::Unfinished(failures) => failures
            .iter()
            .filter_map(|failure| {
                Some(Mend { reason: failure.to_string(), hint: failure.disposition.hint()?.to_string() })
            })
            .collect(),
        Decision::Ignore(_)
        | Decision::LookWhole(_)
        | Decision::LookAgain { .. }
        | Decision::Amend(_)
        | Decision::Resync(_)
        | Decision::Publish(_)
        | Decision::Move(_)
        | Decision::Wait { .. }
        | Decision::Regenerate(_)
        | Decision::UpToDate { .. } => Vec::new(),
    }
}
