//! The commands, and how the program ends.

mod check;
mod completions;
mod connection;
#[cfg(feature = "demo")]
mod demo;
mod inventory;
#[cfg(feature = "demo")]
mod local_azure;
mod man;
mod output;
mod plan;
mod rotate;
#[cfg(feature = "demo")]
mod scenario;
mod serve;
mod status;
mod target;

use std::error::Error;
use std::io;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use rotation::{Disposition, Failure};

use crate::azure::NotConnected;
use crate::environment::Environment;
use crate::failure::chain;
use crate::telemetry;

/// Rotates the access keys of Azure Storage accounts and leaves Azure Machine Learning on the new key.
#[derive(Debug, Parser)]
#[command(name = "aml-key-rotator", version, after_help = EXIT_STATUS)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

/// What the exit statuses mean, as [`ExitStatus`] has them.
const EXIT_STATUS: &str = "Exit status: 0 done or nothing to do, 1 failed, 2 usage, 3 overdue, 4 needs a person. docs/commands.md has more.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer the Azure Functions host; the host starts this
    Serve,
    /// List datastores and connections, what each leads to, and which key it holds
    Inventory(inventory::InventoryOptions),
    /// Tell how every target does, or one by a look at everything
    Status(status::StatusOptions),
    /// Tell what would be done now and in the days that follow, and why
    Plan(plan::PlanOptions),
    /// Have a target rotated, by the deployed function app or here, once the plan was shown and agreed to
    Rotate(rotate::RotateOptions),
    /// See whether everything is as a rotation needs it: settings, identity, rights, reach; with the mend of what is not
    Check(check::CheckOptions),
    /// Write what a shell needs to complete these commands and their options
    Completions(completions::CompletionsOptions),
    /// Write a manual page, for `man -l -`
    Man(man::ManOptions),
    /// Watch rotations on a local Azure, step by step, and have them checked from outside
    #[cfg(feature = "demo")]
    Demo(demo::DemoOptions),
    /// Hold a local Azure open, with this program as its function app, for whatever client one has; what that client needs
    /// goes to stdout, for a shell, and the log to stderr
    #[cfg(feature = "demo")]
    LocalAzure(local_azure::LocalAzureOptions),
}

impl Command {
    /// Whether stdout belongs to what it tells, and not to a log.
    const fn has_data(&self) -> bool {
        match self {
            Self::Serve => false,
            #[cfg(feature = "demo")]
            Self::Demo(_) | Self::LocalAzure(_) => false,
            Self::Inventory(_)
            | Self::Status(_)
            | Self::Plan(_)
            | Self::Rotate(_)
            | Self::Check(_)
            | Self::Completions(_)
            | Self::Man(_) => true,
        }
    }
}

/// The exit statuses of the commands, from good to grave; how it was used apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ExitStatus {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Used in a way that makes no sense.
    Usage = 2,
    /// A rotation has been due for more than three days, or a version has expired.
    Overdue = 3,
    /// A person has to do something first.
    NeedsOperator = 4,
}

impl ExitStatus {
    /// What a failure comes to.
    const fn of_failure(failure: &Failure) -> Self {
        match failure.disposition {
            Disposition::NeedsOperator { .. } => Self::NeedsOperator,
            Disposition::Retry | Disposition::LookAgain => Self::Failed,
        }
    }
}

/// Reads the command line and runs the command; usage errors end with status 2.
#[must_use]
pub fn run() -> ExitCode {
    let CommandLine { command } = CommandLine::parse();
    let environment = Environment::of_process();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let has_data = command.has_data();
    if has_data {
        telemetry::start_beside_data(&environment);
    }
    let result = runtime.block_on(async {
        match command {
            Command::Serve => serve::run(&environment).await,
            Command::Inventory(options) => inventory::run(&options, &environment).await,
            Command::Status(options) => status::run(&options, &environment).await,
            Command::Plan(options) => plan::run(&options, &environment).await,
            Command::Rotate(options) => rotate::run(&options, &environment).await,
            Command::Check(options) => check::run(&options, &environment).await,
            Command::Completions(options) => completions::run(&options, CommandLine::command()),
            Command::Man(options) => man::run(&options, CommandLine::command()),
            #[cfg(feature = "demo")]
            Command::Demo(options) => demo::run(&options).await,
            #[cfg(feature = "demo")]
            Command::LocalAzure(options) => local_azure::run(&options).await,
        }
    });
    match result {
        Ok(status) => ExitCode::from(status as u8),
        // Neither settings nor identities mend themselves. The host starts `serve` again for any failure.
        Err(error) if has_data && error.is::<NotConnected>() => {
            failed(error.as_ref());
            ExitCode::from(ExitStatus::NeedsOperator as u8)
        }
        Err(error) => failed(error.as_ref()),
    }
}

#[expect(clippy::print_stderr, reason = "the boundary: the one place where an error chain is printed")]
fn failed(error: &(dyn Error + 'static)) -> ExitCode {
    let reader_is_gone =
        error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
    if reader_is_gone {
        return ExitCode::from(ExitStatus::Failed as u8);
    }
    if let Some(usage) = error.downcast_ref::<clap::Error>() {
        eprint!("{usage}");
        return ExitCode::from(ExitStatus::Usage as u8);
    }
    eprintln!("error: {}", chain(error));
    ExitCode::from(ExitStatus::Failed as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }
}
