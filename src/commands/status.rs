//! `status`: what is known of every target, or of one by a look at everything.

use std::error::Error;
use std::io::{self, Write, stderr, stdout};

use clap::Args;
use rotation::{Decision, Failure, SecretId, decide, overdue_since};

use super::output::{Colour, Format, Palette, day, write_json};
use super::target::{TargetOption, must_be_allowed};
use super::{ExitStatus, connection};
use crate::environment::Environment;
use crate::observe::observe_whole;
use crate::report::{LookReport, Overview, State, TargetOverview};
use crate::rotator::Rotator;
use crate::targets::{self, VaultTargets};

/// The longest state is `not enrolled`.
const STATE_WIDTH: usize = 13;

/// The options of `status`.
#[derive(Debug, Args)]
pub(super) struct StatusOptions {
    #[command(flatten)]
    target: TargetOption,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Tells how every target does, by what the vaults list, or one target by a look at everything. Nothing is written to
/// Azure.
///
/// # Errors
///
/// When there is no way to Azure, or stdout or stderr cannot be written to.
pub(super) async fn run(
    options: &StatusOptions,
    environment: &Environment,
) -> Result<ExitStatus, Box<dyn Error>> {
    let rotator = connection::rotator(environment).await?;
    let palette = Palette::of_stdout(environment);
    match &options.target.target {
        Some(target) => one(&rotator, target, options.format, palette).await,
        None => every(&rotator, options.format, palette).await,
    }
}

async fn every(rotator: &Rotator, format: Format, palette: Palette) -> Result<ExitStatus, Box<dyn Error>> {
    let vaults = targets::list(rotator).await;
    let overview = Overview::new(&vaults, &rotator.policy, rotator.clock.now());
    match format {
        Format::Json => write_json(&overview)?,
        Format::Text => {
            let mut out = stdout().lock();
            overview.targets.iter().try_for_each(|target| write_target(&mut out, target, palette))?;
            tell_if_none(&vaults)?;
        }
    }
    let mut status = ExitStatus::Done;
    for failure in vaults.iter().filter_map(|vault| vault.unlisted.as_ref()) {
        writeln!(stderr(), "{}", with_hint(failure))?;
        status = status.max(ExitStatus::of_failure(failure));
    }
    let states = overview.targets.iter().map(|target| match target.state {
        State::Blocked => ExitStatus::NeedsOperator,
        State::Overdue => ExitStatus::Overdue,
        State::UpToDate | State::Due | State::NotEnrolled | State::Unknown | State::LeftAlone => {
            ExitStatus::Done
        }
    });
    Ok(states.fold(status, ExitStatus::max))
}

/// Says that there is no target, where that was to be seen.
pub(super) fn tell_if_none(vaults: &[VaultTargets]) -> io::Result<()> {
    if vaults.iter().all(|vault| vault.targets.is_empty() && vault.unlisted.is_none()) {
        writeln!(
            stderr(),
            "there is no target in the key vaults of `ROTATOR_VAULTS`; hint: `check` says what makes one"
        )?;
    }
    Ok(())
}

/// A failure in one line, with what mends it.
pub(super) fn with_hint(failure: &Failure) -> String {
    match failure.disposition.hint() {
        Some(hint) => format!("{failure}; hint: {hint}"),
        None => failure.to_string(),
    }
}

fn write_target(out: &mut impl Write, target: &TargetOverview, palette: Palette) -> io::Result<()> {
    let colour = match target.state {
        State::UpToDate | State::NotEnrolled | State::LeftAlone => Colour::Green,
        State::Due | State::Unknown => Colour::Yellow,
        State::Overdue | State::Blocked => Colour::Red,
    };
    write!(out, "{}{}", palette.paint(colour, target.state.name(), STATE_WIDTH), target.target)?;
    if let Some(account) = &target.account {
        let name = account.rsplit('/').next().unwrap_or(account);
        match target.key {
            Some(key) => write!(out, ": `{key}` of storage account `{name}`")?,
            None => write!(out, ": storage account `{name}`")?,
        }
    }
    for (what, at) in [("published", target.published), ("due", target.due), ("expires", target.expires)] {
        if let Some(at) = at {
            write!(out, ", {what} {}", day(at))?;
        }
    }
    match &target.blocked {
        Some(blocked) => writeln!(out, ": {}; hint: {}", blocked.reason, blocked.hint),
        None => writeln!(out),
    }
}

async fn one(
    rotator: &Rotator,
    target: &SecretId,
    format: Format,
    palette: Palette,
) -> Result<ExitStatus, Box<dyn Error>> {
    must_be_allowed(rotator, target)?;
    let observation = match observe_whole(rotator, target).await {
        Ok(observation) => observation,
        Err(failure) => {
            writeln!(stderr(), "{}", with_hint(&failure))?;
            return Ok(ExitStatus::of_failure(&failure));
        }
    };
    let (policy, now) = (rotator.policy_of(target), rotator.clock.now());
    let decision = decide(&observation, &policy, now);
    let report = LookReport::new(&observation, &decision);
    match format {
        Format::Json => write_json(&report)?,
        Format::Text => write_look(&mut stdout().lock(), &report, palette)?,
    }
    Ok(match decision {
        Decision::Blocked(_) => ExitStatus::NeedsOperator,
        _ if overdue_since(&observation, &policy, now).is_some() => ExitStatus::Overdue,
        Decision::Unfinished(failures) => {
            failures.iter().map(ExitStatus::of_failure).fold(ExitStatus::Failed, ExitStatus::max)
        }
        _ => ExitStatus::Done,
    })
}

fn write_look(out: &mut impl Write, report: &LookReport, palette: Palette) -> io::Result<()> {
    write!(out, "{}: ", report.target)?;
    match &report.version {
        Some(version) => writeln!(out, "version {version} holds {}", report.published)?,
        None => writeln!(out, "no version is to be seen")?,
    }
    if !report.scopes.is_empty() {
        writeln!(out, "looked in {}: workspaces: {}", report.scopes.join(", "), report.searched_workspaces)?;
    }
    for workspace in &report.workspaces {
        writeln!(out, "  {}: its own copy is of {}", last(&workspace.workspace), workspace.holds)?;
    }
    for holder in &report.holders {
        let default = if holder.is_default { " (default)" } else { "" };
        let because = holder.because.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        let (workspace, kind, name, holds) =
            (last(&holder.workspace), &holder.kind, &holder.name, holder.holds);
        writeln!(out, "  {workspace}: {kind} `{name}`{default} holds {holds}{because}")?;
    }
    for failure in &report.failures {
        writeln!(out, "{}{failure}", palette.paint(Colour::Yellow, "failed", "blocked ".len()))?;
    }
    for blocked in &report.blocked {
        let word = palette.paint(Colour::Red, "blocked", "blocked ".len());
        writeln!(out, "{word}{}; hint: {}", blocked.reason, blocked.hint)?;
    }
    writeln!(out, "what would be done now: {}", report.decision)
}

/// The name at the end of a resource id.
fn last(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}
