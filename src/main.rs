//! The one binary: the handler, and the commands around it.

use std::process::ExitCode;

use aml_key_rotator::commands;

fn main() -> ExitCode {
    commands::run()
}
