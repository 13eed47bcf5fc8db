//! What the executable is built for: a target whose executables need nothing of the machine that they run on.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ValueEnum;

use super::error::{DistError, output, run};

/// The C compilers that the build of the crypto library looks for: musl's wrapper, and a cross compiler.
const MUSL_COMPILERS: [&str; 2] = ["musl-gcc", "x86_64-linux-musl-gcc"];

/// A target, linked statically. Azure Functions runs on `x86_64` only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum StaticTarget {
    /// The C library musl.
    #[value(name = "x86_64-unknown-linux-musl")]
    Musl,
    /// The C library glibc.
    #[value(name = "x86_64-unknown-linux-gnu")]
    Glibc,
}

impl StaticTarget {
    /// Its name for cargo.
    pub(super) const fn triple(self) -> &'static str {
        match self {
            Self::Musl => "x86_64-unknown-linux-musl",
            Self::Glibc => "x86_64-unknown-linux-gnu",
        }
    }

    /// The flags that make rustc link statically.
    pub(super) const fn rust_flags(self) -> &'static [&'static str] {
        match self {
            // It does so by itself.
            Self::Musl => &[],
            Self::Glibc => &["-Ctarget-feature=+crt-static"],
        }
    }

    /// Sees to it that a build can begin.
    fn get_ready(self, repository: &Path) -> Result<(), DistError> {
        let triple = self.triple();
        if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
            let reason = "this machine is no x86_64 Linux".to_owned();
            return Err(DistError::NotReady { triple, reason, hint: "build on one, or in a container" });
        }
        if !self.standard_library(repository)?.is_dir() {
            let mut rustup = Command::new("rustup");
            rustup.current_dir(repository).args(["target", "add", triple]);
            run(&mut rustup).map_err(|error| DistError::NotReady {
                triple,
                reason: format!(
                    "its standard library is missing, and `rustup target add` did not get it: {error}"
                ),
                hint: "install it",
            })?;
        }
        if self == Self::Musl && !MUSL_COMPILERS.into_iter().any(starts) {
            let reason = "there is no C compiler for musl".to_owned();
            return Err(DistError::NotReady {
                triple,
                reason,
                hint: "install `musl-gcc` (`musl-tools` on Debian)",
            });
        }
        Ok(())
    }

    /// Where rustc looks for the target's standard library, whether it is there or not.
    fn standard_library(self, repository: &Path) -> Result<PathBuf, DistError> {
        let mut rustc = Command::new("rustc");
        rustc.current_dir(repository).args(["--print", "target-libdir", "--target", self.triple()]);
        let printed = output(&mut rustc)?;
        Ok(PathBuf::from(OsString::from_vec(printed.trim_ascii().to_vec())))
    }
}

/// The target that is wanted; unless one is, musl, and glibc where musl cannot be had.
pub(super) fn choose(wanted: Option<StaticTarget>, repository: &Path) -> Result<StaticTarget, DistError> {
    if let Some(target) = wanted {
        target.get_ready(repository)?;
        return Ok(target);
    }
    match StaticTarget::Musl.get_ready(repository) {
        Ok(()) => Ok(StaticTarget::Musl),
        Err(reason) => {
            say_that_glibc_is_taken(&reason);
            StaticTarget::Glibc.get_ready(repository)?;
            Ok(StaticTarget::Glibc)
        }
    }
}

#[expect(clippy::print_stderr, reason = "a note to whoever runs it; stdout says where the package is")]
fn say_that_glibc_is_taken(reason: &DistError) {
    eprintln!("note: {reason}. Building for {} instead.", StaticTarget::Glibc.triple());
}

fn starts(program: &str) -> bool {
    let status = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
