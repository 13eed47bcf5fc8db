//! Operations that go on after they were answered with 202.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::{Context, StatusCode};
use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout};

use super::{Answer, ArmClient, Call};
use crate::azure::error::{Cause, retry_after};
use crate::azure::redaction::redacted;
use crate::azure::refusal::ErrorSaid;

/// How long an operation is watched.
const WATCH_LIMIT: Duration = Duration::from_secs(600);
/// The first wait between two looks when the service names none, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const USUAL_WAIT: Duration = Duration::from_secs(4);
/// The wait grows to this part of the time that an operation has taken: its end is not noticed much later than that.
const PART_OF_THE_TIME: u32 = 8;
/// What each further operation that is watched adds to the wait: together they ask for less than Azure Resource Manager gives
/// back of its bucket for reads, 25 a second.
const SHARE: Duration = Duration::from_millis(50);
/// The bounds of what the service may ask for.
const SHORTEST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

const STATUS_LINK: HeaderName = HeaderName::from_static("azure-asyncoperation");
const LOCATION: HeaderName = HeaderName::from_static("location");

/// How many operations are watched.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched(Arc<AtomicU32>);

/// One of them, until it is dropped.
struct Watching(Watched);

impl Watched {
    fn one_more(&self) -> Watching {
        self.0.fetch_add(1, Ordering::Relaxed);
        Watching(self.clone())
    }
}

impl Watching {
    /// How long to wait for the next look, where the service names no time.
    fn wait(&self, taken: Duration) -> Duration {
        let all = self.0.0.load(Ordering::Relaxed);
        (taken / PART_OF_THE_TIME).max(SHARE * all).clamp(FIRST_WAIT, USUAL_WAIT)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Where the progress of an operation is read.
enum Watch {
    /// `Azure-AsyncOperation`: a body with a status.
    Status(String),
    /// `Location`: 202 until it is done.
    Location(String),
}

/// The body behind `Azure-AsyncOperation`.
#[derive(Deserialize)]
struct Progress {
    status: String,
    error: Option<ErrorSaid>,
}

impl ArmClient {
    /// Starts an operation that may be started again, and follows it to its end.
    pub(in crate::azure) async fn run(&self, call: Call) -> Result<(), Cause> {
        let mut request = call.into_request(&self.endpoint)?;
        let accepted = self.exchange(&self.resending, &Context::new(), &mut request).await?;
        timeout(WATCH_LIMIT, self.watch(accepted)).await.unwrap_or(Err(Cause::Unfinished(WATCH_LIMIT)))
    }

    async fn watch(&self, accepted: Answer) -> Result<(), Cause> {
        let mut answer = accepted;
        let mut watch = match Watch::of(&answer.headers) {
            Some(watch) => watch,
            None if answer.status == StatusCode::Accepted => {
                return Err(Cause::Malformed(
                    "an operation was accepted without a link to its progress".into(),
                ));
            }
            None => return Ok(()),
        };
        // A plain 200 with a Location has ended; with Azure-AsyncOperation it has not, whatever its status.
        if matches!(watch, Watch::Location(_)) && answer.status != StatusCode::Accepted {
            return Ok(());
        }
        let (started, watching) = (Instant::now(), self.watched.one_more());
        loop {
            let wait = retry_after(&answer.headers).unwrap_or_else(|| watching.wait(started.elapsed()));
            sleep(wait.clamp(SHORTEST_WAIT, LONGEST_WAIT)).await;
            answer = self.follow(watch.link()).await.map_err(not_watchable)?;
            if watch.has_ended(&answer)? {
                return Ok(());
            }
            watch.follow_on(&answer.headers);
        }
    }
}

impl Watch {
    fn of(headers: &Headers) -> Option<Self> {
        let status = headers.get_optional_string(&STATUS_LINK).map(Self::Status);
        status.or_else(|| headers.get_optional_string(&LOCATION).map(Self::Location))
    }

    fn link(&self) -> &str {
        match self {
            Self::Status(link) | Self::Location(link) => link,
        }
    }

    /// An answer on the way may name another link of the same kind.
    fn follow_on(&mut self, headers: &Headers) {
        let (link, header) = match self {
            Self::Status(link) => (link, &STATUS_LINK),
            Self::Location(link) => (link, &LOCATION),
        };
        if let Some(next) = headers.get_optional_string(header) {
            *link = next;
        }
    }

    fn has_ended(&self, answer: &Answer) -> Result<bool, Cause> {
        if matches!(self, Self::Location(_)) {
            return Ok(answer.status != StatusCode::Accepted);
        }
        let Progress { status, error } = answer.json()?;
        let ended = |name: &str| status.eq_ignore_ascii_case(name);
        if ended("Failed") || ended("Canceled") {
            let error = error.unwrap_or_default();
            return Err(Cause::OperationFailed {
                status: redacted(&status),
                code: redacted(error.code.as_deref().unwrap_or("no code")),
                message: redacted(error.message.as_deref().unwrap_or("no message")),
            });
        }
        Ok(ended("Succeeded"))
    }
}

/// Status resources live on the subscription: a role on the workspace alone may start what it cannot watch.
fn not_watchable(cause: Cause) -> Cause {
    match cause {
        Cause::Refused(refusal) if refusal.status == 403 => Cause::NotWatchable(refusal),
        other => other,
    }
}
