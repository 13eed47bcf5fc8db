//! A request as the faces see it, and their replies.

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use crate::percent;

/// A request, read to its end.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Scheme and host, as the caller addressed them.
    pub(crate) origin: String,
    /// As sent, still encoded.
    pub(crate) path: String,
    /// As sent, still encoded.
    pub(crate) query: String,
    /// The query parameter of that name, decoded.
    pub(crate) api_version: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A request whose body was read.
    pub(crate) fn of(parts: Parts, origin: &str, body: Bytes) -> Self {
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Self {
            method: parts.method,
            origin: origin.to_owned(),
            path: parts.uri.path().to_owned(),
            api_version: parameter(&query, "api-version"),
            query,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) fn url(&self) -> String {
        let separator = if self.query.is_empty() { "" } else { "?" };
        format!("{}{}{separator}{}", self.origin, self.path, self.query)
    }

    /// The segments of the path, decoded; empty ones (a trailing slash) left out.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|segment| !segment.is_empty()).map(percent::decode).collect()
    }

    /// A query parameter; their names do not depend on case.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        parameter(&self.query, name)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Azure's front door wants a length with every method that may have a body.
    pub(crate) fn lacks_length(&self) -> bool {
        let may_have_body = [Method::POST, Method::PUT, Method::PATCH].contains(&self.method);
        let has_length = ["content-length", "transfer-encoding"].map(|name| self.headers.contains_key(name));
        may_have_body && has_length == [false, false]
    }

    /// The body as JSON; none when there is no body.
    pub(crate) fn json(&self) -> Result<Option<Value>, serde_json::Error> {
        if self.body.is_empty() { Ok(None) } else { serde_json::from_slice(&self.body).map(Some) }
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = percent::query_pairs(query).into_iter();
    pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// What a reply carries.
pub(crate) enum Body {
    Empty,
    Json(Value),
    Text { media_type: &'static str, text: String },
}

impl Body {
    pub(crate) fn as_json(&mut self) -> Option<&mut Value> {
        match self {
            Self::Json(json) => Some(json),
            Self::Empty | Self::Text { .. } => None,
        }
    }
}

/// What a face answers.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    /// The operation, as the specifications call it.
    pub(crate) operation: &'static str,
    /// Whether it is not what the service answered.
    pub(crate) is_faulty: bool,
}

/// The operation of a request that reached none.
pub(crate) const REFUSED: &str = "Refused";

impl Reply {
    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(body), operation: REFUSED, is_faulty: false }
    }

    pub(crate) fn ok(body: Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty, operation: REFUSED, is_faulty: false }
    }

    pub(crate) fn text(status: StatusCode, media_type: &'static str, text: String) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Text { media_type, text },
            operation: REFUSED,
            is_faulty: false,
        }
    }

    /// An error in the form that Resource Manager and Key Vault share.
    pub(crate) fn error(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self::json(status, json!({ "error": { "code": code, "message": message.into() } }))
    }

    pub(crate) fn length_required() -> Self {
        let page = "<h2>Length Required</h2><p>HTTP Error 411. The request must be chunked or have a content length.</p>";
        Self::text(StatusCode::LENGTH_REQUIRED, "text/html; charset=us-ascii", page.to_owned())
    }

    /// The sandbox's own refusal: it never approximates in silence.
    pub(crate) fn unknown(request: &Request) -> Self {
        let message =
            format!("the sandbox does not know {} {}{}", request.method, request.origin, request.path);
        Self::error(StatusCode::NOT_IMPLEMENTED, "SandboxDoesNotKnow", message)
    }

    /// The sandbox's own refusal of something that a known operation asks for.
    pub(crate) fn unsupported(what: &str) -> Self {
        let message = format!("the sandbox does not know how to {what}");
        Self::error(StatusCode::NOT_IMPLEMENTED, "SandboxDoesNotKnow", message)
    }

    pub(crate) fn with(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }

    pub(crate) fn of(mut self, operation: &'static str) -> Self {
        self.operation = operation;
        self
    }
}
