//! The sources once more, somewhere else: what is built from there must not differ.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::error::{DistError, OnFile, output};

/// A copy of all files of the repository that git knows of or would take, removed when dropped.
pub(super) struct SourceCopy {
    folder: TempDir,
}

impl SourceCopy {
    /// Makes the copy.
    pub(super) fn of(repository: &Path) -> Result<Self, DistError> {
        let folder = TempDir::with_prefix("aml-key-rotator-").on_file("make", "a temporary folder")?;
        let mut git = Command::new("git");
        git.current_dir(repository).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let listed = output(&mut git)?;
        for name in listed.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let name = Path::new(OsStr::from_bytes(name));
            let (from, to) = (repository.join(name), folder.path().join(name));
            // git lists what was deleted and is not committed yet.
            if from.is_file() {
                if let Some(parent) = to.parent() {
                    fs::create_dir_all(parent).on_file("make", parent)?;
                }
                fs::copy(&from, &to).on_file("copy", &from)?;
            }
        }
        Ok(Self { folder })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}
