//! How long listeners take what comes.

use tokio::sync::watch;

use super::process::HandlerState;

/// Tells a listener when to stop.
#[derive(Clone)]
pub(super) struct Listening {
    /// False as soon as the host is to end in order.
    pub(super) goes_on: watch::Receiver<bool>,
    pub(super) state: watch::Receiver<HandlerState>,
}

impl Listening {
    /// Waits until nothing more is to be taken.
    pub(super) async fn halted(&mut self) {
        let ended = self.state.wait_for(|state| matches!(state, HandlerState::Ended(_)));
        let halted = self.goes_on.wait_for(|goes_on| !goes_on);
        // Also when a sender is gone: then so is the host.
        tokio::select! {
            _ = ended => {}
            _ = halted => {}
        }
    }

    /// Waits until the host has ended, and with it what still runs.
    pub(super) async fn ended(&mut self) {
        let _ = self.state.wait_for(|state| matches!(state, HandlerState::Ended(_))).await;
    }
}
