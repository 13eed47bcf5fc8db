//! Gets Azurite from npm.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{AzuriteError, files};

const PACKAGE: &str = include_str!("../package.json");
const LOCK: &str = include_str!("../package-lock.json");

/// Installs it under `target/`, if that was not done yet for these versions, and gives its program. Others who do the
/// same are waited for.
pub(super) fn install() -> Result<PathBuf, AzuriteError> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/azurite");
    fs::create_dir_all(&directory).map_err(files(directory.clone()))?;
    let others = directory.join("lock");
    // Held until the file is closed.
    let _alone = File::create(&others).and_then(|file| file.lock().map(|()| file)).map_err(files(others))?;
    let (wanted, done) = (directory.join("package-lock.json"), directory.join("installed.json"));
    if fs::read_to_string(&done).ok().as_deref() != Some(LOCK) {
        fs::write(directory.join("package.json"), PACKAGE).map_err(files(directory.clone()))?;
        fs::write(&wanted, LOCK).map_err(files(wanted))?;
        npm_ci(&directory)?;
        // Last, so that what was interrupted is not taken for done.
        fs::write(&done, LOCK).map_err(files(done))?;
    }
    Ok(directory.join("node_modules/azurite/dist/src/blob/main.js"))
}

/// Installs exactly what the lock file says. No script of a package is run.
fn npm_ci(directory: &Path) -> Result<(), AzuriteError> {
    let output = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"])
        .current_dir(directory)
        .output()
        .map_err(|source| AzuriteError::NotInstalled { program: "npm", source })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Err(AzuriteError::Install { said: said.concat() })
}
