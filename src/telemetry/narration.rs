//! The log as people watch it: how long it has been, the step, and what it says.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

use super::DEFAULT_FILTER;

/// The step of which there are as many as holders.
const MOVE: &str = "move";
/// So many moves are told one by one; after that, one in as many.
const MOVES_TOLD: usize = 20;

/// The longest message that is told, in characters; the log has the whole.
const LONGEST: usize = 400;

/// One line of a narration.
pub(crate) fn narrated(seconds: f64, step: &str, message: &str) -> String {
    format!("  {seconds:6.2} s  {step:10} {message}")
}

/// What narrates to `writer`.
pub(super) fn subscriber<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .event_format(Narration {
            started: Instant::now(),
            moves: AtomicUsize::new(0),
            told: Mutex::default(),
        })
        .with_env_filter(EnvFilter::new(DEFAULT_FILTER))
        .with_writer(writer)
        .finish()
}

struct Narration {
    started: Instant,
    moves: AtomicUsize,
    /// What each step said last: a look after a look mostly says the same.
    told: Mutex<HashMap<String, String>>,
}

impl Narration {
    fn is_news(&self, Line { step, message }: &Line) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(step.clone(), message.clone()).as_ref() != Some(message)
    }
}

#[derive(Default)]
struct Line {
    step: String,
    message: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let kept = match field.name() {
            "step" => &mut self.step,
            "message" => &mut self.message,
            _ => return,
        };
        // To a text nothing can fail to be written.
        let _ = write!(kept, "{value:?}");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "step" => value.clone_into(&mut self.step),
            "message" => value.clone_into(&mut self.message),
            _ => {}
        }
    }
}

impl<S, N> FormatEvent<S, N> for Narration
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Line::default();
        event.record(&mut line);
        if line.step == MOVE {
            let moves = self.moves.fetch_add(1, Ordering::Relaxed) + 1;
            if moves > MOVES_TOLD {
                if !moves.is_multiple_of(MOVES_TOLD) {
                    return Ok(());
                }
                line.message = format!("moved {moves} holders so far");
            }
        }
        if !self.is_news(&line) {
            return Ok(());
        }
        if let Some((end, _)) = line.message.char_indices().nth(LONGEST) {
            line.message.truncate(end);
            line.message.push('…');
        }
        writeln!(writer, "{}", narrated(self.started.elapsed().as_secs_f64(), &line.step, &line.message))
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::info;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_line_has_its_step_what_is_no_news_is_left_out_and_many_moves_are_counted() {
        let written = Written::default();
        let writer = written.clone();
        tracing::subscriber::with_default(subscriber(move || writer.clone()), || {
            info!(step = "decide", decision = "move", "decided to move");
            info!(step = "decide", decision = "move", "decided to move");
            for number in 1..=45 {
                info!(step = "move", "moved `holder-{number}`");
            }
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = text.lines().map(|line| line.split_once(" s  ").unwrap().1).collect();
        assert_eq!((lines.len(), lines[0]), (22, "decide     decided to move"));
        assert_eq!(
            (lines[20], lines[21]),
            ("move       moved `holder-20`", "move       moved 40 holders so far")
        );
    }
}
