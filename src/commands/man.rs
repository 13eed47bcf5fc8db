//! `man`: the manual pages, made from the same declaration as `--help`.

use std::error::Error;
use std::io::{Write, stdout};

use clap::error::ErrorKind;
use clap::{Args, Command};
use clap_mangen::Man;

use super::ExitStatus;

/// The options of `man`.
#[derive(Debug, Args)]
pub(super) struct ManOptions {
    /// The command to write the page of; unless given, the page of the whole program
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

/// Writes one page in roff, as `man -l -` reads it.
///
/// # Errors
///
/// When there is no such command, or stdout cannot be written to.
pub(super) fn run(options: &ManOptions, mut program: Command) -> Result<ExitStatus, Box<dyn Error>> {
    program.build();
    let page = match &options.command {
        None => program,
        Some(name) => named(&program, name)?,
    };
    let mut roff = Vec::new();
    Man::new(page).render(&mut roff)?;
    stdout().write_all(&roff)?;
    Ok(ExitStatus::Done)
}

fn named(program: &Command, name: &str) -> Result<Command, clap::Error> {
    let command = program.find_subcommand(name).ok_or_else(|| {
        let names: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
        let message = format!("there is no such command: it is one of {}\n", names.join(", "));
        clap::Error::raw(ErrorKind::InvalidSubcommand, message)
    })?;
    Ok(command.clone())
}
