//! Operations that go on after they were answered with 202.

mod watched;

use std::time::Duration;

use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::{Context, StatusCode};
use serde::Deserialize;
use tokio::time::{sleep, timeout};

use self::watched::SHORTEST_WAIT;
pub(super) use self::watched::Watched;
use super::{Answer, ArmClient, Call};
use crate::azure::error::{Cause, retry_after};
use crate::azure::redaction::redacted;
use crate::azure::refusal::ErrorSaid;

/// How long an operation is watched.
const WATCH_LIMIT: Duration = Duration::from_secs(600);
/// The most that the service may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

const STATUS_LINK: HeaderName = HeaderName::from_static("azure-asyncoperation");
const LOCATION: HeaderName = HeaderName::from_static("location");

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
        let mut watching = self.watched.one_more();
        loop {
            match retry_after(&answer.headers) {
                Some(wait) => sleep(wait.clamp(SHORTEST_WAIT, LONGEST_WAIT)).await,
                None => watching.wait().await,
            }
            answer = self.follow(watch.link()).await.map_err(not_watchable)?;
            if watch.has_ended(&answer)? {
                watching.ended();
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
