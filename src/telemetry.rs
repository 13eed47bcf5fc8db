//! The log: JSON lines on stdout, which the Functions host passes on.

#[cfg(test)]
mod captured;
mod narration;

use std::panic;
use std::time::Duration;

use tracing::{Subscriber, error};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

#[cfg(test)]
pub(crate) use self::captured::{Log, Recorder};
#[cfg(feature = "demo")]
pub(crate) use self::narration::narrated;
use crate::env_vars::ROTATOR_LOG;
use crate::environment::Environment;

/// Our own lines, and of the libraries what is out of the ordinary.
const DEFAULT_FILTER: &str = "warn,aml_key_rotator=info";

/// Starts the log of the process, and has panics logged with their place.
pub(crate) fn start(environment: &Environment) {
    let filter = environment.get(ROTATOR_LOG).unwrap_or(DEFAULT_FILTER);
    // stdout, because the host takes every line of stderr for an error.
    let subscriber = subscriber(filter, std::io::stdout);
    // A second start in one process, as tests may do, leaves the first in force.
    let _ = tracing::subscriber::set_global_default(subscriber);
    panic::set_hook(Box::new(|panicked| {
        // The message stays out: nobody can vouch for what a panic quotes.
        let place = panicked.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        error!(step = "panic", "panicked at {place}");
    }));
}

/// Starts the log of a command whose data goes to stdout: nothing, unless somebody asks for it, and then on stderr.
pub(crate) fn start_beside_data(environment: &Environment) {
    if let Some(filter) = environment.get(ROTATOR_LOG) {
        let _ = tracing::subscriber::set_global_default(subscriber(filter, std::io::stderr));
    }
}

/// Tells on stderr what a run does while it does it, for whoever watches; as JSON lines, where somebody asks for the log.
pub(crate) fn narrate(environment: &Environment) {
    if environment.get(ROTATOR_LOG).is_none() {
        let _ = tracing::subscriber::set_global_default(narration::subscriber(std::io::stderr));
    }
}

/// A duration as a field of a line.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The longest text of a field that grows with the number of holders. Application Insights cuts a message at 32,768
/// characters, and what is cut is no JSON any more.
const LONGEST_TEXT: usize = 4_000;

/// A text that grows with the number of holders, short enough for one line of the log.
pub(crate) fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        None => text,
        Some((end, _)) => format!("{}… ({} bytes in all)", &text[..end], text.len()),
    }
}

/// What writes the lines that `filter` lets through; a filter that makes no sense is as good as none.
pub(crate) fn subscriber<W>(filter: &str, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        // The field `target` is the secret that a line is about, and not a module of ours.
        .with_target(false)
        .with_span_list(false)
        // A host that was killed leaves nobody to read stdout or stderr. To complain there would be a panic, which would
        // end the rotation that goes on.
        .log_internal_errors(false)
        .with_env_filter(EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER)))
        .with_writer(writer)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        assert_eq!(shortened("a short one".to_owned()), "a short one");
        let cut = shortened("é".repeat(LONGEST_TEXT + 1));
        assert_eq!(cut, format!("{}… (8002 bytes in all)", "é".repeat(LONGEST_TEXT)));
    }
}
