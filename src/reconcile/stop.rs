//! How a run that a person watches is asked to stop between two steps.

use rotation::{Decision, Disposition, Failure};
use tokio::sync::watch;

/// Whether somebody wants the run to stop.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Nobody ever does.
    pub(crate) fn never() -> Self {
        Self(watch::channel(false).1)
    }

    /// Whoever has the sender may say so.
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Whether it was asked.
    pub(crate) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is asked; for ever, if nobody can ask.
    pub(super) async fn asked(&self) {
        if self.0.clone().wait_for(|asked| *asked).await.is_err() {
            std::future::pending().await
        }
    }
}

/// What the run ends with.
pub(super) fn before(decision: &Decision) -> Failure {
    Failure::new(format!("stopped; left is to {decision}"), Disposition::Retry)
}
