//! The executable.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{DistError, run};
use super::target::StaticTarget;

/// Builds the executable from the sources in a folder; gives its path.
pub(super) fn build(
    sources: &Path,
    target_directory: &Path,
    target: StaticTarget,
) -> Result<PathBuf, DistError> {
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(sources)
        .args(["build", "--locked", "--profile", "dist", "--package", "aml-key-rotator"])
        .args(["--bin", "aml-key-rotator", "--no-default-features", "--target", target.triple()])
        .arg("--target-dir")
        .arg(target_directory)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(target, target_directory))
        // Whoever sets it for daily work would get an executable that is not optimised as a whole.
        .env("CARGO_INCREMENTAL", "0");
    run(&mut cargo)?;
    Ok(target_directory.join(target.triple()).join("dist/aml-key-rotator"))
}

/// The flags that decide about the bytes, and no others: where the sources lie on this machine must not show.
fn flags(target: StaticTarget, target_directory: &Path) -> OsString {
    let mut flags: Vec<OsString> = target.rust_flags().iter().map(OsString::from).collect();
    let places = [(cargo_home(), "=/cargo"), (Some(target_directory.to_owned()), "=/target")];
    for (place, called) in places {
        if let Some(place) = place {
            let mut flag = OsString::from("--remap-path-prefix=");
            flag.push(place);
            flag.push(called);
            flags.push(flag);
        }
    }
    // What cargo takes for the end of one flag.
    flags.join(&OsString::from("\x1f"))
}

/// Where cargo keeps the sources of dependencies. Paths of our own are relative anyway.
#[expect(clippy::disallowed_methods, reason = "the environment of a build is cargo's, and not a setting")]
fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")))
}
