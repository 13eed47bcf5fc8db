//! For tests: the lines of the log, kept.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::Dispatch;
use tracing::dispatcher::with_default;
use tracing_subscriber::fmt::MakeWriter;

/// Keeps what is logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// What was logged so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Keeps what is logged by one deed after the other.
pub(crate) struct Recorder {
    log: Log,
    lines: Dispatch,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        let log = Log::default();
        let lines = Dispatch::new(super::subscriber("info", log.clone()));
        Self { log, lines }
    }

    /// Does something, and gives what came of it with the lines that it logged.
    pub(crate) fn of<T>(&self, done: impl FnOnce() -> T) -> (T, String) {
        let outcome = with_default(&self.lines, done);
        let bytes = std::mem::take(&mut *self.log.0.lock().unwrap());
        (outcome, String::from_utf8(bytes).unwrap())
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
