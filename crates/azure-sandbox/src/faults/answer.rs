//! Answers that a fault puts in the place of the service's own.

use axum::http::StatusCode;

use crate::faces::Reply;

/// An answer in the place of the service's own.
#[derive(Debug, Clone)]
pub struct FaultAnswer {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: Option<(&'static str, String)>,
}

impl FaultAnswer {
    /// A status and nothing else.
    ///
    /// # Panics
    ///
    /// When there is no such status.
    #[track_caller]
    pub fn status(status: u16) -> Self {
        let Ok(status) = StatusCode::from_u16(status) else { panic!("{status} is no HTTP status") };
        Self { status, headers: Vec::new(), body: None }
    }

    /// A status with an error in the form that Resource Manager and Key Vault share.
    ///
    /// # Panics
    ///
    /// When there is no such status.
    #[track_caller]
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({ "error": { "code": code, "message": message } });
        Self::status(status).body("application/json; charset=utf-8", body.to_string())
    }

    /// Too many requests (429), with `Retry-After` as it is given here.
    pub fn throttled(retry_after: impl Into<String>) -> Self {
        Self::error(429, "TooManyRequests", "The request was throttled.").header("retry-after", retry_after)
    }

    /// With a header; its name in lower case.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a body of some media type, whatever it is.
    #[must_use]
    pub fn body(mut self, media_type: &'static str, text: impl Into<String>) -> Self {
        self.body = Some((media_type, text.into()));
        self
    }

    pub(super) fn reply(&self) -> Reply {
        let reply = match &self.body {
            Some((media_type, text)) => Reply::text(self.status, media_type, text.clone()),
            None => Reply::empty(self.status),
        };
        let reply = Reply { is_faulty: true, ..reply };
        self.headers.iter().fold(reply, |reply, (name, value)| reply.with(name, value))
    }
}

impl From<u16> for FaultAnswer {
    /// A status and nothing else.
    #[track_caller]
    fn from(status: u16) -> Self {
        Self::status(status)
    }
}
