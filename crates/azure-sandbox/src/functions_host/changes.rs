//! Wakes whoever waits for the host or its queues to change.

use tokio::sync::watch;

/// Something that changes.
pub(super) struct Changes(watch::Sender<()>);

impl Default for Changes {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl Changes {
    pub(super) fn note(&self) {
        self.0.send_replace(());
    }

    /// Sees every change from now on.
    pub(super) fn subscribe(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}
