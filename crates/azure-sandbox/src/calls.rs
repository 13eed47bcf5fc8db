//! The log of every call, kept in memory, and written out only with its secret values masked.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::world::World;

/// Request headers that are kept: the contract, and no credentials.
const KEPT: [&str; 7] =
    ["accept", "content-type", "content-length", "user-agent", "x-ms-date", "x-ms-version", "if-match"];

/// One call that was answered. `Debug` leaves the bodies out: they may hold keys.
#[derive(Clone)]
pub struct Call {
    /// Counts from 1.
    pub sequence: u64,
    /// The operation, as the specifications call it; `Refused` when the request reached none.
    pub operation: &'static str,
    /// Whether a [fault](crate::Fault) ended it, or changed its answer.
    pub is_faulty: bool,
    /// The HTTP method.
    pub method: String,
    /// The address, with the production host.
    pub url: String,
    /// `api-version`, where it was given.
    pub api_version: Option<String>,
    /// Those request headers that belong to the contract; never credentials.
    pub request_headers: BTreeMap<String, String>,
    /// The status of the answer; 0 where a fault left it without one.
    pub status: u16,
    /// The headers of the answer.
    pub response_headers: BTreeMap<String, String>,
    /// When it arrived.
    pub at: OffsetDateTime,
    /// How long it took, added latency included.
    pub duration: Duration,
    request_body: Bytes,
    response_body: Bytes,
}

impl Call {
    /// The body of the request, where it was JSON. May hold keys.
    pub fn request_body(&self) -> Option<Value> {
        serde_json::from_slice(&self.request_body).ok()
    }

    /// The body of the answer, where it was JSON. May hold keys.
    pub fn response_body(&self) -> Option<Value> {
        serde_json::from_slice(&self.response_body).ok()
    }

    /// One line for a validator of specifications, secret values included.
    fn line(&self) -> String {
        let mut line = Map::new();
        line.insert("method".to_owned(), json!(self.method));
        line.insert("url".to_owned(), json!(self.url));
        line.insert("requestHeaders".to_owned(), json!(self.request_headers));
        if let Some(body) = self.request_body() {
            line.insert("requestBody".to_owned(), body);
        }
        line.insert("status".to_owned(), json!(self.status));
        line.insert("responseHeaders".to_owned(), json!(self.response_headers));
        if let Some(body) = self.response_body() {
            line.insert("responseBody".to_owned(), body);
        }
        Value::Object(line).to_string()
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("sequence", &self.sequence)
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("url", &self.url)
            .field("status", &self.status)
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}

/// What is known of a call when its answer is ready.
pub(crate) struct Answered<'a> {
    pub(crate) operation: &'static str,
    pub(crate) is_faulty: bool,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) api_version: Option<String>,
    pub(crate) request_headers: &'a HeaderMap,
    pub(crate) request_body: Bytes,
    pub(crate) status: u16,
    pub(crate) response_headers: BTreeMap<String, String>,
    pub(crate) response_body: Bytes,
    pub(crate) at: OffsetDateTime,
    pub(crate) duration: Duration,
}

#[derive(Default)]
pub(crate) struct CallLog {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    calls: Vec<Call>,
    /// How many of them are not told of any more.
    forgotten: usize,
    last_sequence: u64,
    refused_hosts: BTreeMap<String, u64>,
}

impl Entries {
    fn told(&self) -> &[Call] {
        &self.calls[self.forgotten..]
    }
}

impl CallLog {
    pub(crate) fn record(&self, answered: Answered<'_>) {
        let request_headers = answered
            .request_headers
            .iter()
            .filter(|(name, _)| KEPT.contains(&name.as_str()))
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        let mut entries = self.entries();
        entries.last_sequence += 1;
        let sequence = entries.last_sequence;
        entries.calls.push(Call {
            sequence,
            operation: answered.operation,
            is_faulty: answered.is_faulty,
            method: answered.method,
            url: answered.url,
            api_version: answered.api_version,
            request_headers,
            status: answered.status,
            response_headers: answered.response_headers,
            at: answered.at,
            duration: answered.duration,
            request_body: answered.request_body,
            response_body: answered.response_body,
        });
    }

    pub(crate) fn refuse_host(&self, host: &str) {
        *self.entries().refused_hosts.entry(host.to_owned()).or_default() += 1;
    }

    pub(crate) fn refused_hosts(&self) -> BTreeMap<String, u64> {
        self.entries().refused_hosts.clone()
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.entries().told().to_vec()
    }

    pub(crate) fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for call in self.entries().told() {
            *counts.entry(call.operation).or_default() += 1;
        }
        counts
    }

    /// Tells no more of the calls so far.
    pub(crate) fn forget(&self) {
        let mut entries = self.entries();
        entries.forgotten = entries.calls.len();
    }

    /// Writes the calls as JSON lines, forgotten ones too, but for those that are not the service's own doing. Secret values
    /// become others of the same length.
    pub(crate) fn write(&self, world: &World, path: &Path) -> io::Result<()> {
        let mut file = io::BufWriter::new(std::fs::File::create(path)?);
        let calls = self.entries().calls.clone();
        for call in calls.iter().filter(|call| !call.is_faulty) {
            let line = world.masked(&call.line());
            if let Some(leak) = world.leak_in(&line) {
                return Err(io::Error::other(format!("a call of {} gives away {leak}", call.operation)));
            }
            writeln!(file, "{line}")?;
        }
        file.flush()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
