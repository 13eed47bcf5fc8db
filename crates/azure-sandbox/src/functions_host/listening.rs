//! How long listeners take what comes.

use tokio::sync::watch;

use super::process::HandlerState;

/// Tells a listener when it is to stop. The default of the sender's value is `true`: take what comes.
#[derive(Clone)]
pub(super) struct Listening {
    pub(super) goes_on: watch::Receiver<bool>,
    pub(super) state: watch::Receiver<HandlerState>,
}

/// What becomes of the invocations that run when a listener stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// They are waited for, and their outcome counts.
    Drain,
    /// The host has ended, and they with it.
    AtOnce,
}

impl Listening {
    /// Waits until nothing more is to be taken.
    pub(super) async fn halted(&mut self) -> Halt {
        let ended = self.state.wait_for(|state| matches!(state, HandlerState::Ended(_)));
        tokio::select! {
            biased;
            // Also when its sender is gone: then so is the host.
            _ = ended => Halt::AtOnce,
            halted = self.goes_on.wait_for(|goes_on| !goes_on) => match halted {
                Ok(_) => Halt::Drain,
                Err(_) => Halt::AtOnce,
            },
        }
    }

    /// Waits until the host has ended.
    pub(super) async fn ended(&mut self) {
        let _ = self.state.wait_for(|state| matches!(state, HandlerState::Ended(_))).await;
    }
}
