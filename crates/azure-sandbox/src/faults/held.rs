//! Calls that are held until a test releases them.

use tokio::sync::oneshot;

/// A call that is held. It is dropped, with its connection, when this is dropped without a release: what it asks for does
/// not happen any more if it had not happened yet.
#[derive(Debug)]
#[must_use = "a held call is dropped with this"]
pub struct HeldCall {
    operation: &'static str,
    release: oneshot::Sender<()>,
}

impl HeldCall {
    /// A call to be held, and what it waits for.
    pub(super) fn new(operation: &'static str) -> (Self, oneshot::Receiver<()>) {
        let (release, released) = oneshot::channel();
        (Self { operation, release }, released)
    }

    /// The operation, as the log of calls names it.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Lets it go on. Nothing comes of it when its caller hung up long ago and the call was after its effect.
    pub fn release(self) {
        // Nobody waits for it only if the sandbox is ending.
        let _ = self.release.send(());
    }
}
