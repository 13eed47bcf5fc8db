//! Tells what the handler does while it does it, from the lines of its own log.

use std::io::{Write, stdout};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use azure_sandbox::functions_host::{HostLogLine, LogSink};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::telemetry::narrated;

/// With more holders than this, moves are counted and not listed.
const MOST_LISTED: usize = 20;

/// The narrator of one run of the demo. Lines go to stdout, the progress bar to stderr, and only to a terminal.
#[derive(Clone)]
pub(super) struct Narrator {
    speaks: bool,
    lists_moves: bool,
    bar: ProgressBar,
    started: Arc<Mutex<Instant>>,
}

impl Narrator {
    /// A narrator for `holders` holders; one that does not speak only hides the progress.
    pub(super) fn new(speaks: bool, holders: usize) -> Self {
        let bar = if speaks { ProgressBar::new(holders as u64) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} holders moved");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self {
            speaks,
            lists_moves: holders <= MOST_LISTED,
            bar,
            started: Arc::new(Mutex::new(Instant::now())),
        }
    }

    /// Starts to count the seconds anew.
    pub(super) fn start_rotation(&self) {
        *self.started.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.bar.reset();
    }

    /// Takes the progress bar away.
    pub(super) fn end_rotation(&self) {
        self.bar.finish_and_clear();
    }

    /// Says a line of the demo's own.
    pub(super) fn say(&self, line: &str) {
        if self.speaks {
            // Whoever stopped reading gets to know by the report, which fails.
            self.bar.suspend(|| writeln!(stdout(), "{line}").unwrap_or_default());
        }
    }

    /// Retells every line of the handler's log.
    pub(super) fn log_sink(&self) -> LogSink {
        let narrator = self.clone();
        Arc::new(move |line: &HostLogLine| narrator.retell(line))
    }

    fn retell(&self, line: &HostLogLine) {
        let Some((step, message)) = step_and_message(&line.text) else {
            return;
        };
        if step == "move" {
            self.bar.inc(1);
            if !self.lists_moves {
                return;
            }
        }
        let seconds = self.started.lock().unwrap_or_else(PoisonError::into_inner).elapsed().as_secs_f64();
        self.say(&narrated(seconds, &step, &message));
    }
}

/// The step and the message of a line of the handler's log.
fn step_and_message(line: &str) -> Option<(String, String)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
    Some((text("step")?, text("message")?))
}
