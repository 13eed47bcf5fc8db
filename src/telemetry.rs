//! The log: JSON lines on stdout, which the Functions host passes on.

use std::panic;

use tracing::{Subscriber, error};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

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
