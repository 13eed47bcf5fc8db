//! What is done to the repository and not by the program: `cargo xtask dist`, `cargo xtask generate`,
//! `cargo xtask infra`.

mod dist;
mod infra;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The root of the repository.
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct CommandLine {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Make the deployment package: a static executable, and a zip with the same bytes from the same commit and toolchain
    Dist(dist::DistOptions),
    /// Write the documents that are made from the code
    Generate,
    /// Format the Bicep sources, and write the compiled templates, the snapshots and the digests of the sources
    Infra(infra::InfraOptions),
}

fn main() -> ExitCode {
    let CommandLine { task } = CommandLine::parse();
    let result = match task {
        Task::Dist(options) => dist::run(&options).map_err(Into::into),
        Task::Generate => generate(),
        Task::Infra(options) => infra::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

fn generate() -> Result<(), Box<dyn Error>> {
    let docs = Path::new(REPOSITORY).join("docs");
    fs::write(docs.join("configuration.md"), aml_key_rotator::configuration::page())?;
    Ok(fs::write(docs.join("log.md"), aml_key_rotator::log_reference::page())?)
}

#[expect(clippy::print_stderr, reason = "the boundary: the one place where an error chain is printed")]
fn failed(error: &dyn Error) -> ExitCode {
    eprint!("error: {error}");
    let mut source = error.source();
    while let Some(error) = source {
        eprint!(": {error}");
        source = error.source();
    }
    eprintln!();
    ExitCode::FAILURE
}
