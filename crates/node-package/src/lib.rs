//! Gets a program or a library for tests from npm.
//!
//! It comes in the versions of a lock file, once for each `target/`. No script of a package is run.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What tests get from npm.
#[derive(Debug, Clone, Copy)]
pub struct NodePackage {
    /// The name of its directory under `target/`.
    pub name: &'static str,
    /// Its `package.json`.
    pub manifest: &'static str,
    /// Its `package-lock.json`.
    pub lock: &'static str,
}

/// Why it is not there.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// There is no npm.
    #[error("`npm` cannot be started: the tests need Node.js 20 or later, with npm")]
    NoNpm(#[source] io::Error),
    /// Npm did not install it.
    #[error("`npm ci` for `{name}` failed: is npm's registry within reach?\n{said}")]
    Refused {
        /// The name of its directory.
        name: &'static str,
        /// What npm said.
        said: String,
    },
    /// A file was in the way.
    #[error("failed to lay it out in {}", path.display())]
    Files {
        /// Where.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl NodePackage {
    /// Installs it, if that was not done yet for these versions, and gives the directory that has `node_modules`. Others
    /// who do the same are waited for.
    ///
    /// # Errors
    ///
    /// See [`InstallError`].
    pub fn install(&self) -> Result<PathBuf, InstallError> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(self.name);
        fs::create_dir_all(&directory).map_err(files(&directory))?;
        let others = directory.join("lock");
        // Held until the file is closed.
        let _alone =
            File::create(&others).and_then(|file| file.lock().map(|()| file)).map_err(files(&others))?;
        let done = directory.join("installed.json");
        if fs::read_to_string(&done).ok().as_deref() != Some(self.lock) {
            for (name, text) in [("package.json", self.manifest), ("package-lock.json", self.lock)] {
                let path = directory.join(name);
                fs::write(&path, text).map_err(files(&path))?;
            }
            self.npm_ci(&directory)?;
            // Last, so that what was interrupted is not taken for done.
            fs::write(&done, self.lock).map_err(files(&done))?;
        }
        Ok(directory)
    }

    /// Installs exactly what the lock file says.
    fn npm_ci(&self, directory: &Path) -> Result<(), InstallError> {
        let output = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"])
            .current_dir(directory)
            .output()
            .map_err(InstallError::NoNpm)?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Err(InstallError::Refused { name: self.name, said: said.concat() })
    }
}

fn files(path: &Path) -> impl FnOnce(io::Error) -> InstallError {
    move |source| InstallError::Files { path: path.to_owned(), source }
}
