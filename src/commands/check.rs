//! `check`: whether everything is as a rotation needs it, one line each, with its mend.

use std::error::Error;
use std::io::{Write, stderr, stdout};

use clap::Args;
use rotation::{Heading, Hint};
use serde::Serialize;

use super::ExitStatus;
use super::connection;
use super::output::{Colour, Format, Palette, write_json};
use crate::azure::NotConnected;
use crate::check::{self, Finding, Status};
use crate::environment::Environment;
use crate::failure::chain;
use crate::settings::Settings;

/// The longest status is `warning`, or `blocked`.
const STATUS_WIDTH: usize = 8;

/// The options of `check`.
#[derive(Debug, Args)]
pub(super) struct CheckOptions {
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Report {
    findings: Vec<Finding>,
}

/// Checks everything and writes what was found. Nothing is written to Azure.
///
/// # Errors
///
/// When stdout or stderr cannot be written to.
pub(super) async fn run(
    options: &CheckOptions,
    environment: &Environment,
) -> Result<ExitStatus, Box<dyn Error>> {
    let (status, findings) = findings(environment).await;
    match options.format {
        Format::Text => write_text(&findings, Palette::of_stdout(environment))?,
        Format::Json => write_json(&Report { findings })?,
    }
    Ok(status)
}

async fn findings(environment: &Environment) -> (ExitStatus, Vec<Finding>) {
    let settings = match Settings::from_environment(environment) {
        Ok(settings) => settings,
        Err(invalid) => {
            let hint =
                || Hint::new("correct this application setting, and restart the app", Heading::Setting);
            let findings =
                invalid.problems().iter().map(|problem| Finding::blocked("settings", problem, hint()));
            return (ExitStatus::Usage, findings.collect());
        }
    };
    let credentials = connection::credentials(environment);
    let rotator = match connection::connect(&settings, &credentials).await {
        Ok(rotator) => rotator,
        Err(error) => return (ExitStatus::NeedsOperator, vec![unconnected(&error)]),
    };
    let mut findings = vec![check::settings(&settings, &rotator)];
    match credentials.kind() {
        Ok(kind) => findings.extend(check::check(&rotator, kind).await),
        Err(error) => findings.push(unconnected(&NotConnected::Credential(error))),
    }
    let gravest = findings.iter().map(|finding| finding.status).max().unwrap_or(Status::Ok);
    (exit_status(gravest), findings)
}

fn unconnected(error: &NotConnected) -> Finding {
    let (subject, mend, heading) = match error {
        NotConnected::HttpClient(_) => {
            ("connection", "set `SSL_CERT_FILE` to certificates that can be read", Heading::Setting)
        }
        NotConnected::Credential(_) => {
            ("identity", "give the app a managed identity, or correct these settings", Heading::Identity)
        }
        NotConnected::Cloud(_) => {
            ("cloud", "correct `ARM_CLOUD_METADATA_URL`, or see that it can be reached", Heading::OtherCloud)
        }
        NotConnected::Client(_) => {
            ("cloud", "correct `AZURE_CLOUD` or `ARM_CLOUD_METADATA_URL`", Heading::OtherCloud)
        }
    };
    Finding::blocked(subject, chain(error), Hint::new(mend, heading))
}

const fn exit_status(gravest: Status) -> ExitStatus {
    match gravest {
        Status::Ok | Status::Warning => ExitStatus::Done,
        Status::Failed => ExitStatus::Failed,
        Status::Blocked => ExitStatus::NeedsOperator,
    }
}

fn write_text(findings: &[Finding], palette: Palette) -> std::io::Result<()> {
    let mut out = stdout().lock();
    for Finding { status, subject, what, hint } in findings {
        let colour = match status {
            Status::Ok => Colour::Green,
            Status::Warning => Colour::Yellow,
            Status::Failed | Status::Blocked => Colour::Red,
        };
        write!(out, "{}{subject}: {what}", palette.paint(colour, status.name(), STATUS_WIDTH))?;
        match hint {
            Some(hint) => writeln!(out, "; hint: {hint}")?,
            None => writeln!(out)?,
        }
    }
    out.flush()?;
    let count = |status| findings.iter().filter(|finding| finding.status == status).count();
    let numbered = [Status::Ok, Status::Warning, Status::Failed, Status::Blocked]
        .map(|status| format!("{} {}", count(status), status.name()));
    writeln!(stderr(), "checked: {}", numbered.join(", "))
}
