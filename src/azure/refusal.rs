//! Answers that are no success, and the error bodies in them.

use azure_core::http::StatusCode;
use azure_core::http::headers::{HeaderName, Headers};
use serde::Deserialize;

use super::redaction::redacted;

/// An answer that is no success.
#[derive(Debug, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Azure's error code, or the name of the status.
    pub(crate) code: String,
    /// The code inside of the error, which Key Vault uses to tell apart what `Forbidden` means.
    inner_code: Option<String>,
    /// Azure's message, cut, without anything that looks like a key.
    message: String,
}

impl Refusal {
    /// Reads a refusal out of an answer.
    pub(super) fn of_answer(status: StatusCode, headers: &Headers, body: &[u8]) -> Self {
        let header = |name| headers.get_optional_str(&HeaderName::from_static(name)).map(redacted);
        let said = serde_json::from_slice::<ErrorBody>(body).ok().map(|body| body.error).unwrap_or_default();
        let inner_code = said.inner.and_then(|inner| inner.code);
        Self {
            status: status.into(),
            code: said
                .code
                .map(|code| redacted(&code))
                .or_else(|| header("x-ms-error-code"))
                .unwrap_or_else(|| status.canonical_reason().into_owned()),
            inner_code: inner_code.map(|code| redacted(&code)),
            message: redacted(said.message.as_deref().unwrap_or("no message")),
        }
    }

    /// A lock on the resource, its group or its subscription stands in the way.
    pub(super) fn is_lock(&self) -> bool {
        self.status == 409 && self.code == "ScopeLocked"
    }

    /// The secret was deleted, and can be recovered.
    pub(super) fn is_soft_deletion(&self) -> bool {
        self.status == 409 && self.has_inner_code("ObjectIsDeletedButRecoverable")
    }

    pub(super) fn has_inner_code(&self, code: &str) -> bool {
        self.inner_code.as_deref() == Some(code)
    }

    /// Another change of the same thing is under way; no other conflict ends without anybody's doing.
    pub(super) fn is_passing_conflict(&self) -> bool {
        self.status == 409 && !self.is_lock() && !self.is_soft_deletion()
    }
}

/// Parts of the error codes by which an operation that ended as `Failed` says that somebody has to mend something.
const OF_A_RIGHT_OR_A_BAD_REQUEST: [&str; 10] = [
    "authorization",
    "unauthorized",
    "forbidden",
    "accessdenied",
    "permission",
    "badrequest",
    "badargument",
    "invalid",
    "validation",
    // Machine Learning's word for what its caller has to mend; its own faults are `ServiceError`.
    "usererror",
];

/// Whether the error code of an operation that ended without success names a right that is missing or a request that
/// cannot be carried out. What codes a failed resync has is documented nowhere: any other may pass.
pub(super) fn names_a_right_or_a_bad_request(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    OF_A_RIGHT_OR_A_BAD_REQUEST.iter().any(|part| code.contains(part))
}

/// The error body of Azure Resource Manager and of Key Vault.
#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    error: ErrorSaid,
}

#[derive(Default, Deserialize)]
pub(super) struct ErrorSaid {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    #[serde(rename = "innererror", alias = "innerError")]
    inner: Option<Box<Self>>,
}
