//! Why there is no package.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use zip::result::ZipError;

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DistError {
    /// Something cannot be done with a file.
    #[error("failed to {action} {path}")]
    File { action: &'static str, path: PathBuf, source: io::Error },
    /// A program is missing.
    #[error("failed to start `{program}`: is it installed, and in `PATH`?")]
    NotStarted { program: String, source: io::Error },
    /// A program failed, and has said why.
    #[error("`{program}` failed with {status}")]
    Failed { program: String, status: ExitStatus },
    /// The target cannot be built for here.
    #[error("failed to get ready to build for {triple}: {reason}; {hint}")]
    NotReady { triple: &'static str, reason: String, hint: &'static str },
    /// The executable cannot be read.
    #[error("failed to read the executable")]
    NoExecutable(#[source] object::Error),
    /// The executable asks for something that another machine may not have.
    #[error("the executable is not static, it needs {0}: build with `--target x86_64-unknown-linux-musl`")]
    NotStatic(String),
    /// The package cannot be made or unpacked.
    #[error("failed to {action} the package")]
    Zip { action: &'static str, source: ZipError },
    /// The second build did nothing, and so shows nothing.
    #[error("the second build took over what the first one had made: remove target/*/dist and try again")]
    NotBuiltAgain,
    /// The second build came to something else.
    #[error("two builds from the same sources differ: their packages have the SHA-256 {first} and {second}")]
    Differs { first: String, second: String },
}

/// Says which file an error is about.
pub(super) trait OnFile<T> {
    fn on_file(self, action: &'static str, path: impl AsRef<Path>) -> Result<T, DistError>;
}

impl<T> OnFile<T> for io::Result<T> {
    fn on_file(self, action: &'static str, path: impl AsRef<Path>) -> Result<T, DistError> {
        self.map_err(|source| DistError::File { action, path: path.as_ref().to_owned(), source })
    }
}

/// Runs a program to its end; what it says goes where ours does.
pub(super) fn run(command: &mut Command) -> Result<(), DistError> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(DistError::Failed { program, status }),
        Err(source) => Err(DistError::NotStarted { program, source }),
    }
}

/// Runs a program to its end and gives what it prints.
pub(super) fn output(command: &mut Command) -> Result<Vec<u8>, DistError> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) if output.status.success() => Ok(output.stdout),
        Ok(output) => Err(DistError::Failed { program, status: output.status }),
        Err(source) => Err(DistError::NotStarted { program, source }),
    }
}
