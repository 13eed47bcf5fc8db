//! What is done to the repository and not by the program: `cargo xtask generate`.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct CommandLine {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write the documents that are made from the code
    Generate,
}

fn main() -> io::Result<()> {
    let CommandLine { task } = CommandLine::parse();
    match task {
        Task::Generate => generate(),
    }
}

fn generate() -> io::Result<()> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    fs::write(root.join("docs/configuration.md"), aml_key_rotator::configuration::page())?;
    fs::write(root.join("docs/log.md"), aml_key_rotator::log_reference::page())
}
