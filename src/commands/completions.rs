//! `completions`: what a shell needs to complete our commands and options.

use std::error::Error;
use std::io::{Write, stdout};

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::ExitStatus;

/// The options of `completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsOptions {
    /// The shell to write for
    #[arg(value_enum)]
    shell: Shell,
}

/// Writes the script for a shell.
///
/// # Errors
///
/// When stdout cannot be written to.
pub(super) fn run(options: &CompletionsOptions, mut command: Command) -> Result<ExitStatus, Box<dyn Error>> {
    let name = command.get_name().to_owned();
    // Written by us: the generator would panic when nobody reads.
    let mut script = Vec::new();
    generate(options.shell, &mut command, name, &mut script);
    stdout().write_all(&script)?;
    Ok(ExitStatus::Done)
}
