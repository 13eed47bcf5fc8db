//! The handler's stdout and stderr, line by line.
//!
//! Source: the host's `WorkerProcess.cs` and `HttpWorkerDescription.cs`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::task::JoinHandle;

use super::log::{HostLog, LogLevel};

const CATEGORY: &str = "Host.Function.Console";
/// The exception about an exit repeats that many lines of stderr.
const LAST_LINES: usize = 3;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Output,
    Error,
}

/// The last lines of stderr of one process.
#[derive(Clone, Default)]
pub(super) struct LastErrors(Arc<Mutex<VecDeque<String>>>);

impl LastErrors {
    fn push(&self, line: &str) {
        let mut lines = self.0.lock().expect("nobody panics while keeping a line");
        lines.push_back(line.to_owned());
        if lines.len() > LAST_LINES {
            lines.pop_front();
        }
    }

    pub(super) fn text(&self) -> String {
        let lines = self.0.lock().expect("nobody panics while keeping a line");
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// Reads both streams of one process, to their ends unless it is closed before.
pub(super) struct Console(Vec<JoinHandle<()>>);

impl Console {
    pub(super) fn read(child: &mut Child, log: &Arc<HostLog>, last_errors: &LastErrors) -> Self {
        let mut readers = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            readers.push(tokio::spawn(log_lines(stdout, Stream::Output, log.clone(), last_errors.clone())));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.push(tokio::spawn(log_lines(stderr, Stream::Error, log.clone(), last_errors.clone())));
        }
        Self(readers)
    }

    /// Closes the host's ends: who writes from now on gets an error.
    pub(super) async fn close(self) {
        for reader in self.0 {
            reader.abort();
            // It was aborted, or had ended.
            let _ = reader.await;
        }
    }
}

/// Logs every line until the other end is closed.
async fn log_lines(
    source: impl AsyncRead + Unpin,
    stream: Stream,
    log: Arc<HostLog>,
    last_errors: LastErrors,
) {
    let mut source = BufReader::new(source);
    let mut line = Vec::new();
    while let Ok(1..) = source.read_until(b'\n', &mut line).await {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        if stream == Stream::Error {
            last_errors.push(text);
        }
        log.write(level(stream, text), CATEGORY, text.to_owned());
        line.clear();
    }
}

fn level(stream: Stream, line: &str) -> LogLevel {
    match stream {
        Stream::Output => LogLevel::Information,
        Stream::Error if line.to_lowercase().contains("warn") => LogLevel::Warning,
        Stream::Error => LogLevel::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stderr_is_an_error_unless_it_warns() {
        assert_eq!(level(Stream::Output, "ERROR"), LogLevel::Information);
        assert_eq!(level(Stream::Error, "a Warning"), LogLevel::Warning);
        assert_eq!(level(Stream::Error, "panicked"), LogLevel::Error);
    }
}
