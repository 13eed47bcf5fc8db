//! Why a host could not start, or did not come to rest.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why the Functions host could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// A file of the function app could not be read.
    #[error("failed to read `{path}`")]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// `host.json` is wrong, or asks for something that this host does not know.
    #[error("host.json: {reason}")]
    HostJson {
        /// What is wrong.
        reason: String,
    },
    /// A `function.json` is wrong, or asks for something that this host does not know.
    #[error("function `{function}`: {reason}")]
    FunctionJson {
        /// The function's folder.
        function: String,
        /// What is wrong.
        reason: String,
    },
    /// There is no function in the application.
    #[error("no folder of `{app_root}` holds a function.json")]
    NoFunctions {
        /// Where they were looked for.
        app_root: PathBuf,
    },
    /// The handler's executable is not there. The real host stays up without a handler, and every invocation waits
    /// out its timeout; whoever wants to see that takes the file's run bit away.
    #[error("the handler's executable `{path}` does not exist")]
    ExecutableMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// No timer of that name is listened to.
    #[error("the application has no timer `{function}`, or it is switched off")]
    NoTimer {
        /// The name.
        function: String,
    },
    /// No port on loopback could be had.
    #[error("failed to listen on 127.0.0.1")]
    Listen(#[source] io::Error),
    /// The operating system would not start the handler. The host stays up, and every invocation waits out its timeout.
    #[error("the host has no handler: {reason}")]
    NoHandler {
        /// What the operating system said.
        reason: String,
    },
    /// The handler failed so often before it was ready that the host gave up.
    #[error("the host ended before its handler was ready: {reason}")]
    Ended {
        /// What the host said last.
        reason: String,
    },
}

/// The host did not come to rest in time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotIdle {
    /// Something still runs, or waits for its next attempt.
    #[error("the host is not idle after {waited:?}: {running} running, {messages} on trigger queues")]
    Busy {
        /// How long was waited.
        waited: Duration,
        /// Invocations that run.
        running: usize,
        /// Messages that are visible, hidden, or being worked on.
        messages: usize,
    },
    /// The host has ended.
    #[error("the host has ended: {reason}")]
    Ended {
        /// What it said last.
        reason: String,
    },
}
