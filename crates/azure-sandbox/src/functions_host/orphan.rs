//! A handler whose host is gone.

use std::io;
use std::process::ExitStatus;

use tokio::process::Child;

use super::view::{Folders, View};

/// A handler that lives on after its host was killed, and finishes what it was doing: nobody reads what it answers or
/// writes. Dropping it kills it, and shows the witness the files that it left.
pub struct OrphanedHandler {
    child: Child,
    view: View,
    folders: Folders,
}

impl OrphanedHandler {
    pub(super) fn new(child: Child, view: View, folders: Folders) -> Self {
        Self { child, view, folders }
    }

    /// Its process id, as long as it lives.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until it leaves by itself.
    ///
    /// # Errors
    ///
    /// If the operating system cannot tell.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Sends SIGKILL, and waits until it is gone.
    ///
    /// # Errors
    ///
    /// If the operating system refuses.
    pub async fn kill(mut self) -> io::Result<()> {
        self.child.kill().await
    }
}

impl Drop for OrphanedHandler {
    fn drop(&mut self) {
        // It may be gone already; if not, the runtime reaps it.
        let _ = self.child.start_kill();
        if let Err(error) = self.view.files(&self.folders) {
            tracing::error!(%error, "failed to look at the files that an orphaned handler left");
        }
    }
}
