//! What is made from `infra/*.bicep`: formatted sources, compiled templates, snapshots, and the digests of all sources.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use sha2::{Digest, Sha256};

use crate::REPOSITORY;

/// Where a snapshot's deployment goes to, in a tenant that does not exist.
const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000003";
const TENANT: &str = "00000000-0000-0000-0000-000000000004";

/// The options of `infra`.
#[derive(Debug, Args)]
pub(crate) struct InfraOptions {
    /// The Bicep compiler
    #[arg(long, env = "BICEP", default_value = "bicep")]
    bicep: PathBuf,
}

/// Writes all of it.
pub(crate) fn run(options: &InfraOptions) -> Result<(), Box<dyn Error>> {
    let infra = Path::new(REPOSITORY).join("infra");
    let mut sources = Vec::new();
    find(&infra, &mut sources)?;
    sources.sort();
    for source in sources.iter().filter(|source| is_bicep(source)) {
        bicep(options, &["format"], source, &[])?;
    }
    let compiled = infra.join("compiled");
    fs::create_dir_all(&compiled)?;
    let template = compiled.join("main.json");
    let to_template = ["--no-restore", "--outfile", text(&template)?];
    bicep(options, &["build"], &infra.join("main.bicep"), &to_template)?;
    let place = ["--subscription-id", SUBSCRIPTION, "--tenant-id", TENANT, "--location", "westeurope"];
    for source in sources.iter().filter(|source| source.starts_with(infra.join("tests"))) {
        bicep(options, &["snapshot", "--mode", "overwrite"], source, &place)?;
    }
    let mut digests = String::new();
    for source in &sources {
        let digest = Sha256::digest(fs::read(source)?);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(digests, "{digest}  infra/{}", text(source.strip_prefix(&infra)?)?)?;
    }
    Ok(fs::write(compiled.join("sources.sha256"), digests)?)
}

/// Whatever the templates and snapshots are made from.
fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_made = path.ends_with("compiled") || path.to_string_lossy().ends_with(".snapshot.json");
        let is_read = ["bicep", "bicepparam", "json", "kql"].iter().any(|kind| has_extension(&path, kind));
        if path.is_dir() && !is_made {
            find(&path, found)?;
        } else if is_read && !is_made {
            found.push(path);
        }
    }
    Ok(())
}

fn is_bicep(path: &Path) -> bool {
    has_extension(path, "bicep") || has_extension(path, "bicepparam")
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn text(path: &Path) -> Result<&str, Box<dyn Error>> {
    path.to_str().ok_or_else(|| format!("`{}` is no Unicode", path.display()).into())
}

fn bicep(options: &InfraOptions, verb: &[&str], file: &Path, rest: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new(&options.bicep);
    let status = command.args(&verb[..1]).arg(file).args(&verb[1..]).args(rest).status();
    let status = status.map_err(|error| format!("cannot start `{}`: {error}", options.bicep.display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`bicep {}` refused `{}`", verb[0], file.display()).into())
    }
}
