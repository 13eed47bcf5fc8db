//! This program as a function app on this machine: the deployment package, laid out for a Functions host. The demo and
//! the tests start it so.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::package::{EXECUTABLE, FILES};

/// The root of a function app, removed when dropped.
#[derive(Debug)]
pub struct LocalApp {
    root: TempDir,
}

impl LocalApp {
    /// Lays the app out with `executable` as its handler.
    ///
    /// # Errors
    ///
    /// When the files cannot be written.
    pub fn lay_out(executable: &Path) -> io::Result<Self> {
        let root = TempDir::with_prefix("aml-key-rotator-")?;
        for (path, text) in FILES {
            let file = root.path().join(path);
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(file, text)?;
        }
        let handler = root.path().join(EXECUTABLE);
        // A link costs nothing, but cannot leave its file system.
        fs::hard_link(executable, &handler).or_else(|_| fs::copy(executable, &handler).map(|_| ()))?;
        Ok(Self { root })
    }

    /// Where the app is.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.root.path().to_owned()
    }
}
