//! What can go wrong between here and Azure.

use std::error::Error;
use std::time::Duration;

use azure_core::error::ErrorKind;
use azure_core::http::StatusCode;
use azure_core::http::headers::{Headers, RETRY_AFTER};

use super::redaction::{redacted, without_quotations};
use super::refusal::{self, Refusal};
use super::retry::PASSING_STATUSES;

/// What the SDK puts before the cause when it sends nothing again; whether *we* try again is not for it to say.
const SDK_GAVE_UP: [&str; 2] = [
    "retry policy expired and the request will no longer be retried: ",
    "non-transport error occurred which will not be retried: ",
];

/// An operation on Azure that failed, and why. No text in it holds a key value.
#[derive(Debug, thiserror::Error)]
#[error("failed to {operation}")]
pub(crate) struct AzureError {
    operation: String,
    #[source]
    cause: Box<Cause>,
}

/// Why an operation on Azure failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    /// The service refused; sent again at once, the request would be refused again.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// Too many requests, also after the few tries that were made. Nothing was carried out.
    #[error("too many requests")]
    Throttled {
        /// How long the service asked to be left alone.
        after: Option<Duration>,
    },
    /// The service was not able to answer a request that may be sent again.
    #[error("not available: {0}")]
    Unavailable(Refusal),
    /// No connection could be made, so nothing was carried out.
    #[error("not reachable: {0}")]
    Unreachable(String),
    /// The request was sent, and no answer says whether it was carried out.
    #[error("no answer, and so it may or may not have been carried out: {0}")]
    Unanswered(String),
    /// The answer is not what Azure documents.
    #[error("the answer cannot be understood: {0}")]
    Malformed(String),
    /// The answer is not the service's own, which answers in JSON and with another status: something on the way gave it, a
    /// proxy or a gateway, or cut it short.
    #[error("the answer is not from the service itself: {0}")]
    Garbled(String),
    /// The answer leads out of the cloud that we work in.
    #[error("`{host}` is not in the cloud `{cloud}`, and nothing is sent there")]
    OutsideCloud {
        /// Where to.
        host: String,
        /// The cloud that we work in.
        cloud: String,
    },
    /// No access token could be had.
    #[error("no access token: {reason}")]
    Token {
        /// What was said instead.
        reason: String,
        /// Whether another try may succeed.
        is_passing: bool,
    },
    /// The request could not be sent as it is.
    #[error("the request cannot be sent: {0}")]
    Unsendable(String),
    /// A long-running operation ended without success.
    #[error("the operation ended as `{status}`: {code}: {message}")]
    OperationFailed {
        /// `Failed` or `Canceled`.
        status: String,
        /// Azure's error code.
        code: String,
        /// Azure's message.
        message: String,
    },
    /// A long-running operation was started, but its progress may not be read (403): look at its effect instead.
    #[error("the operation was started, but this identity may not watch it: {0}")]
    NotWatchable(Refusal),
    /// A long-running operation was started and goes on for longer than we wait.
    #[error("the operation was started and has not ended within {} s", .0.as_secs())]
    Unfinished(Duration),
}

impl AzureError {
    #[cfg(test)]
    pub(super) const fn cause(&self) -> &Cause {
        &self.cause
    }

    /// What was asked for does not exist (404).
    #[must_use]
    pub(crate) fn is_not_found(&self) -> bool {
        self.is_refusal(|refusal| refusal.status == 404)
    }

    /// The identity lacks a role or a firewall stands between (403); a disabled secret is not meant.
    #[must_use]
    pub(crate) fn is_forbidden(&self) -> bool {
        self.is_refusal(|refusal| refusal.status == 403) && !self.is_secret_disabled()
    }

    /// The secret or this version of it is disabled (Key Vault's 403 with the inner code `SecretDisabled`).
    #[must_use]
    pub(crate) fn is_secret_disabled(&self) -> bool {
        self.is_refusal(|refusal| refusal.status == 403 && refusal.has_inner_code("SecretDisabled"))
    }

    /// The firewall of the vault or of the storage account lets nobody in from here.
    #[must_use]
    pub(crate) fn is_behind_firewall(&self) -> bool {
        self.is_refusal(|refusal| {
            let of_storage = refusal.code == "AuthorizationFailure";
            refusal.status == 403 && (of_storage || refusal.has_inner_code("ForbiddenByFirewall"))
        })
    }

    /// A lock on the resource, its group or its subscription stands in the way (409 `ScopeLocked`).
    #[must_use]
    pub(crate) fn is_locked(&self) -> bool {
        self.is_refusal(Refusal::is_lock)
    }

    /// The secret was deleted, and keeps its name until it is recovered or purged.
    #[must_use]
    pub(crate) fn is_soft_deleted(&self) -> bool {
        self.is_refusal(Refusal::is_soft_deletion)
    }

    /// No access token could be had: nobody got to know what was asked for.
    #[must_use]
    pub(crate) fn is_without_token(&self) -> bool {
        matches!(*self.cause, Cause::Token { .. })
    }

    /// Azure's answer leads out of the cloud that we work in.
    #[must_use]
    pub(crate) fn is_outside_cloud(&self) -> bool {
        matches!(*self.cause, Cause::OutsideCloud { .. })
    }

    /// A long-running operation was started, but its progress may not be read.
    #[must_use]
    pub(crate) fn is_not_watchable(&self) -> bool {
        matches!(*self.cause, Cause::NotWatchable(_))
    }

    /// It may have been carried out or not; only another look can tell.
    #[must_use]
    pub(crate) fn is_uncertain(&self) -> bool {
        matches!(*self.cause, Cause::Unanswered(_))
    }

    /// Whether another try may succeed without anybody's doing. That goes for a conflict (409) too, which mostly is
    /// another change of the same thing, unless a lock or a deleted secret is behind it. For a write, ask
    /// [`Self::is_uncertain`] first.
    #[must_use]
    pub(crate) fn is_passing(&self) -> bool {
        self.cause.is_passing()
    }

    fn is_refusal(&self, which: impl FnOnce(&Refusal) -> bool) -> bool {
        matches!(&*self.cause, Cause::Refused(refusal) if which(refusal))
    }
}

impl Cause {
    /// See [`AzureError::is_passing`].
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Throttled { .. }
            | Self::Unavailable(_)
            | Self::Unreachable(_)
            | Self::Unanswered(_)
            | Self::Garbled(_)
            | Self::Unfinished(_) => true,
            Self::Token { is_passing, .. } => *is_passing,
            Self::Refused(refusal) => refusal.is_passing_conflict(),
            // As behind `Location`, where the same failure is a status: a server error passes.
            Self::OperationFailed { code, .. } => !refusal::names_a_right_or_a_bad_request(code),
            Self::Malformed(_) | Self::OutsideCloud { .. } | Self::Unsendable(_) | Self::NotWatchable(_) => {
                false
            }
        }
    }

    /// How long the service asked to be left alone.
    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { after } => *after,
            _ => None,
        }
    }

    /// What an answer without success means for a request that may be sent again.
    pub(super) fn of_answer(status: StatusCode, headers: &Headers, body: &[u8]) -> Self {
        let refusal = Refusal::of_answer(status, headers, body);
        match status {
            StatusCode::TooManyRequests => Self::Throttled { after: retry_after(headers) },
            StatusCode::RequestTimeout => Self::Unavailable(refusal),
            status if status.is_server_error() => Self::Unavailable(refusal),
            // A success, and not the one that the operation has.
            status if status.is_success() => Self::Garbled(refusal.to_string()),
            _ => Self::Refused(refusal),
        }
    }

    /// The same cause for a write that was sent: whatever the service did not decide is uncertain.
    pub(super) fn of_write(self) -> Self {
        match self {
            Self::Unavailable(refusal) => Self::Unanswered(refusal.to_string()),
            // It was answered with success, so it was carried out; only the details are missing.
            Self::Malformed(reason) => Self::Unanswered(format!("the answer cannot be understood: {reason}")),
            Self::Garbled(reason) => {
                Self::Unanswered(format!("the answer is not from the service itself: {reason}"))
            }
            other => other,
        }
    }

    /// What an error of the SDK means.
    pub(super) fn of_sdk(error: &azure_core::Error) -> Self {
        let reason = SDK_GAVE_UP.iter().fold(error_chain(error), |text, words| text.replace(words, ""));
        let reason = redacted(&reason);
        match error.kind() {
            ErrorKind::HttpResponse { status, raw_response: Some(response), .. } => {
                Self::of_answer(*status, response.headers(), response.body())
            }
            ErrorKind::HttpResponse { status, raw_response: None, .. } => {
                Self::of_answer(*status, &Headers::new(), &[])
            }
            ErrorKind::Connection => Self::Unreachable(reason),
            ErrorKind::Io => Self::Unanswered(reason),
            ErrorKind::Credential => Self::Token { reason, is_passing: is_passing_fault(error) },
            ErrorKind::DataConversion => {
                let reason = redacted(&without_quotations(&error_chain(error)));
                if is_no_json(error) { Self::Garbled(reason) } else { Self::Malformed(reason) }
            }
            ErrorKind::Other if was_sent(error) => Self::Unanswered(reason),
            _ => Self::Unsendable(reason),
        }
    }

    /// An answer whose JSON is not the expected one.
    pub(super) fn of_json(error: &serde_json::Error) -> Self {
        let reason = redacted(&without_quotations(&error.to_string()));
        if is_no_json(error) { Self::Garbled(reason) } else { Self::Malformed(reason) }
    }
}

/// Names the operation in an error.
pub(super) trait Attempting<T> {
    /// Adds what was attempted, as in "list the keys of storage account `x`".
    fn attempting(self, operation: impl FnOnce() -> String) -> Result<T, AzureError>;
}

impl<T> Attempting<T> for Result<T, Cause> {
    fn attempting(self, operation: impl FnOnce() -> String) -> Result<T, AzureError> {
        self.map_err(|cause| AzureError { operation: operation(), cause: Box::new(cause) })
    }
}

/// How long the service asks to be left alone; a date is not understood and counts as nothing said.
pub(super) fn retry_after(headers: &Headers) -> Option<Duration> {
    headers.get_optional_str(&RETRY_AFTER)?.trim().parse().ok().map(Duration::from_secs)
}

/// Whether an answer was no JSON at all, or not the whole of it, rather than JSON of another shape.
fn is_no_json(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<serde_json::Error>() {
            return error.is_syntax() || error.is_eof();
        }
        next = error.source();
    }
    false
}

/// Whether an error of the SDK comes of a connection that broke after something was sent.
fn was_sent(error: &azure_core::Error) -> bool {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if error.downcast_ref().map(azure_core::Error::kind) == Some(&ErrorKind::Io) {
            return true;
        }
        next = error.source();
    }
    false
}

/// Whether there is something in an error of the SDK that passes by itself. What it says of a token that could not be
/// had has its own kind, and the fault inside.
fn is_passing_fault(error: &azure_core::Error) -> bool {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        let passes = match error.downcast_ref().map(azure_core::Error::kind) {
            // What is no JSON did not come from the token service, but from something on the way to it; the SDK
            // drops its status.
            Some(ErrorKind::Io | ErrorKind::Connection | ErrorKind::DataConversion) => true,
            Some(ErrorKind::HttpResponse { status, .. }) => PASSING_STATUSES.contains(status),
            _ => false,
        };
        if passes {
            return true;
        }
        next = error.source();
    }
    false
}

/// An error with its sources, each once; the top of an error of the SDK alone says next to nothing.
pub(crate) fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let said = source.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests;
