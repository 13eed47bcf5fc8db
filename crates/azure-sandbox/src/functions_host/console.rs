//! The handler's stdout and stderr, line by line.
//!
//! Source: the host's `WorkerProcess.cs` and `HttpWorkerDescription.cs`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use super::log::{HostLog, LogLevel};

const CATEGORY: &str = "Host.Function.Console";
/// The exception about an exit repeats that many lines of stderr.
const LAST_LINES: usize = 3;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
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

/// Logs every line until the other end is closed.
pub(super) async fn log_lines(
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
