//! `plan`: what would be done now and in the days that follow, and why.

use std::error::Error;
use std::io::{self, Write, stderr, stdout};

use clap::Args;
use rotation::{Mode, SecretId};
use serde::Serialize;
use time::Duration;

use super::output::{Colour, Format, Palette, second, write_json};
use super::status::{tell_if_none, with_hint};
use super::target::{TargetOption, must_be_allowed};
use super::{ExitStatus, connection};
use crate::environment::Environment;
use crate::observe::observe_whole;
use crate::report::{DAYS_AHEAD, Mend, TargetPlan};
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
    #[arg(long, default_value_t = DAYS_AHEAD, value_parser = clap::value_parser!(u16).range(0..=366))]
    days: u16,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Report {
    targets: Vec<TargetPlan>,
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
                let policy = rotator.policy_of(&target);
                let plan = TargetPlan::of(&observation, &policy, rotator.clock.now(), ahead);
                status = status.max(exit_status(&plan));
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
            targets.iter().try_for_each(|plan| write(&mut out, plan, palette))?;
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
    let vaults = targets::list(rotator).await;
    tell_if_none(&vaults)?;
    for vault in vaults {
        if let Some(failure) = &vault.unlisted {
            writeln!(stderr(), "{}", with_hint(failure))?;
            status = status.max(ExitStatus::of_failure(failure));
        }
        wanted.extend(vault.targets.into_iter().map(|target| target.id));
    }
    Ok((wanted, status))
}

const fn exit_status(plan: &TargetPlan) -> ExitStatus {
    if !plan.blocked.is_empty() {
        ExitStatus::NeedsOperator
    } else if plan.overdue_since.is_some() {
        ExitStatus::Overdue
    } else {
        ExitStatus::Done
    }
}

/// Writes a plan as text.
pub(super) fn write(out: &mut impl Write, plan: &TargetPlan, palette: Palette) -> io::Result<()> {
    match plan.mode {
        Mode::Rotate => writeln!(out, "{}", plan.target)?,
        Mode::Observe => writeln!(out, "{} (nothing of it is done: the mode is `observe`)", plan.target)?,
    }
    for step in &plan.steps {
        let at = if step.at == plan.planned_at { "now".to_owned() } else { second(step.at) };
        writeln!(out, "  {at:<TIME_WIDTH$}  {}", step.what)?;
    }
    if let Some(since) = plan.overdue_since {
        let word = palette.paint(Colour::Red, "overdue", TIME_WIDTH + 2);
        writeln!(out, "  {word}since {}", second(since))?;
    }
    for broken in &plan.breaks {
        writeln!(out, "  {}{broken}", palette.paint(Colour::Red, "breaks", TIME_WIDTH + 2))?;
    }
    for Mend { reason, hint } in &plan.blocked {
        let word = palette.paint(Colour::Red, "blocked", TIME_WIDTH + 2);
        writeln!(out, "  {word}{reason}; hint: {hint}")?;
    }
    Ok(())
}
