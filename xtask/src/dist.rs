//! `dist`: the deployment package.

mod archive;
mod build;
mod error;
mod linkage;
mod source_copy;
mod target;

use std::fs;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest, Sha256};

use self::error::{DistError, OnFile};
use self::source_copy::SourceCopy;
use self::target::StaticTarget;
use crate::REPOSITORY;

/// The zip's name.
const PACKAGE: &str = "aml-key-rotator.zip";

/// The options of `dist`.
#[derive(Debug, Args)]
pub(crate) struct DistOptions {
    /// Also lay the package out as a folder, for `func start` there
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Build for this target or not at all; unless given, musl where that can be had, else glibc, either linked statically
    #[arg(long, value_enum, value_name = "TARGET")]
    target: Option<StaticTarget>,
    /// Build a second time, from a copy of the sources somewhere else, and see that the bytes are the same
    #[arg(long)]
    check: bool,
}

/// Builds and packs; says where the package is.
pub(crate) fn run(options: &DistOptions) -> Result<(), DistError> {
    let repository = fs::canonicalize(REPOSITORY).on_file("find", REPOSITORY)?;
    let target = target::choose(options.target, &repository)?;
    let target_directory = repository.join("target");
    let executable = build::build(&repository, &target_directory, target)?;
    let built_at = modified(&executable)?;
    let bytes = fs::read(&executable).on_file("read", &executable)?;
    linkage::must_be_static(&bytes)?;
    let package = archive::pack(&bytes)?;
    if options.check {
        let copy = SourceCopy::of(&repository)?;
        let executable = build::build(copy.path(), &target_directory, target)?;
        if modified(&executable)? == built_at {
            return Err(DistError::NotBuiltAgain);
        }
        let again = archive::pack(&fs::read(&executable).on_file("read", &executable)?)?;
        if again != package {
            return Err(DistError::Differs { first: digest(&package), second: digest(&again) });
        }
    }
    let folder = target_directory.join("function-app");
    fs::create_dir_all(&folder).on_file("make", &folder)?;
    let zip = folder.join(PACKAGE);
    fs::write(&zip, &package).on_file("write", &zip)?;
    let digest = digest(&package);
    // As `sha256sum --check` reads it.
    let checksum = folder.join(format!("{PACKAGE}.sha256"));
    fs::write(&checksum, format!("{digest}  {PACKAGE}\n")).on_file("write", &checksum)?;
    let summary = format!(
        "{}\n{} bytes, with an executable of {} bytes for {}\nSHA-256 {digest}\n",
        zip.display(),
        package.len(),
        bytes.len(),
        target.triple()
    );
    if let Some(dir) = &options.dir {
        archive::unpack(&package, dir)?;
    }
    stdout().write_all(summary.as_bytes()).on_file("write to", "stdout")
}

fn modified(file: &Path) -> Result<std::time::SystemTime, DistError> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).on_file("read", file)
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
