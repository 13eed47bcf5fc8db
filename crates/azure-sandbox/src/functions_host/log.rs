//! The host's log: its own lines, and those of the handler.

use std::sync::{Arc, Mutex};

use time::OffsetDateTime;
use tokio::sync::broadcast;

use super::view::View;

/// Is called with every line of the host's log, in order.
pub type LogSink = Arc<dyn Fn(&HostLogLine) + Send + Sync>;

/// How many lines a slow subscriber may lag behind.
const SUBSCRIPTION_CAPACITY: usize = 4096;

/// The level of a line, as Application Insights shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Also every line that the handler writes to stdout.
    Information,
    /// Also a line of stderr that contains "warn".
    Warning,
    /// Also every other line of stderr.
    Error,
}

/// One line of the host's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostLogLine {
    /// Its level.
    pub level: LogLevel,
    /// Who speaks: `Host.Function.Console` is the handler's stdout and stderr, `Function.<Name>` the host about an
    /// invocation, `Function.<Name>.User` the `Logs` of an answer.
    pub category: String,
    /// What it says; exceptions have several lines.
    pub text: String,
    /// When the host heard it.
    pub at: OffsetDateTime,
}

/// All that was logged, kept and handed on.
pub(super) struct HostLog {
    lines: Mutex<Vec<HostLogLine>>,
    live: broadcast::Sender<HostLogLine>,
    sink: Option<LogSink>,
    view: View,
}

impl HostLog {
    pub(super) fn new(sink: Option<LogSink>, view: View) -> Self {
        let live = broadcast::Sender::new(SUBSCRIPTION_CAPACITY);
        Self { lines: Mutex::default(), live, sink, view }
    }

    pub(super) fn information(&self, category: &str, text: impl Into<String>) {
        self.write(LogLevel::Information, category, text.into());
    }

    pub(super) fn error(&self, category: &str, text: impl Into<String>) {
        self.write(LogLevel::Error, category, text.into());
    }

    pub(super) fn write(&self, level: LogLevel, category: &str, text: String) {
        self.view.log(category, &text);
        let line = HostLogLine { level, category: category.to_owned(), text, at: crate::clock::now() };
        // One lock around all three, so that everybody sees the lines in the same order.
        let mut lines = self.lines.lock().expect("nobody panics while writing a line");
        if let Some(sink) = &self.sink {
            sink(&line);
        }
        // Nobody may be listening.
        let _ = self.live.send(line.clone());
        lines.push(line);
    }

    pub(super) fn lines(&self) -> Vec<HostLogLine> {
        self.lines.lock().expect("nobody panics while writing a line").clone()
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<HostLogLine> {
        self.live.subscribe()
    }
}
