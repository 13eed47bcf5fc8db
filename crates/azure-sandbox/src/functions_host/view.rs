//! Shows a witness all that comes out of the handler. What the host sends to the handler is not for it: an HTTP
//! invocation carries the caller's key.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;

use hyper::{HeaderMap, StatusCode};

use super::launch::Launch;
use crate::witness::{PlaceKind, Witness};

/// The witness, if there is one.
#[derive(Clone, Default)]
pub(super) struct View(Option<Arc<dyn Witness>>);

/// Where the handler may leave files: its core too, should it crash.
#[derive(Clone)]
pub(super) struct Folders {
    paths: Vec<PathBuf>,
    executable: PathBuf,
}

impl Folders {
    pub(super) fn of(launch: &Launch) -> Self {
        let mut paths = vec![launch.app_root.clone()];
        if !launch.working_directory.starts_with(&launch.app_root) {
            paths.push(launch.working_directory.clone());
        }
        Self { paths, executable: launch.executable.clone() }
    }
}

impl View {
    pub(super) fn new(witness: Option<Arc<dyn Witness>>) -> Self {
        Self(witness)
    }

    /// The host made a key.
    pub(super) fn key(&self, name: &str, value: &str) {
        if let Some(witness) = &self.0 {
            witness.learn(name, value);
        }
    }

    pub(super) fn log(&self, category: &str, text: &str) {
        self.see(PlaceKind::Log, category, text.as_bytes());
    }

    pub(super) fn answer_head(&self, function: &str, status: StatusCode, headers: &HeaderMap) {
        let mut head = status.to_string();
        for (name, value) in headers {
            // Writing to a `String` does not fail.
            let _ = write!(head, "\n{name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
        self.see(PlaceKind::AnswerHead, function, head.as_bytes());
    }

    pub(super) fn answer_body(&self, function: &str, body: &[u8]) {
        self.see(PlaceKind::AnswerBody, function, body);
    }

    pub(super) fn message(&self, queue: &str, content: &[u8]) {
        self.see(PlaceKind::Message, queue, content);
    }

    pub(super) fn command_line(&self, launch: &Launch) {
        let line = format!("{} {}", launch.executable.display(), launch.arguments.join(" "));
        let name = launch.executable.file_name().unwrap_or_default();
        self.see(PlaceKind::CommandLine, &name.to_string_lossy(), line.as_bytes());
    }

    /// Every file that lies there now, by name and by content, but for the executable.
    pub(super) fn files(&self, folders: &Folders) -> io::Result<()> {
        if self.0.is_none() {
            return Ok(());
        }
        let mut left = folders.paths.clone();
        while let Some(folder) = left.pop() {
            let Some(entries) = unless_gone(fs::read_dir(&folder))? else { continue };
            for entry in entries {
                let Some(entry) = unless_gone(entry)? else { continue };
                let (path, name) = (entry.path(), entry.file_name());
                self.see(PlaceKind::FileName, &folder.to_string_lossy(), name.as_encoded_bytes());
                let Some(kind) = unless_gone(entry.file_type())? else { continue };
                if kind.is_dir() {
                    left.push(path);
                } else if kind.is_file() && path != folders.executable {
                    let Some(content) = unless_gone(fs::read(&path))? else { continue };
                    self.see(PlaceKind::File, &path.to_string_lossy(), &content);
                }
            }
        }
        Ok(())
    }

    fn see(&self, kind: PlaceKind, name: &str, content: &[u8]) {
        if let Some(witness) = &self.0 {
            witness.see(kind, name, content);
        }
    }
}

/// The handler may live, and take away its files while they are looked at.
fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
