//! The way from an app to the local Azure: each call passes a watch, before and after.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::Request as HttpRequest;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};
use azure_sandbox::{Call, InProcess};
use time::macros::datetime;
use tokio::sync::Notify;

/// A moment at which a process may die.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before a call reached Azure.
    Before(String),
    /// After it was carried out, before its answer arrived.
    After(String),
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before(call) => write!(formatter, "before {call}"),
            Self::After(call) => write!(formatter, "after {call}"),
        }
    }
}

/// Sees every moment, and says whether the process lives on.
pub(crate) type Watch = Arc<dyn Fn(Moment) -> bool + Send + Sync>;

/// The HTTP client of one process.
#[derive(Clone)]
pub(crate) struct Door {
    azure: InProcess,
    watch: Watch,
    /// Told when the process dies.
    death: Arc<Notify>,
}

impl Door {
    pub(crate) fn new(azure: InProcess, watch: Watch) -> Self {
        Self { azure, watch, death: Arc::default() }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.azure.calls()
    }

    /// Waits until the process dies.
    pub(super) async fn death(&self) {
        self.death.notified().await;
    }

    /// Passes a moment, unless it is the last of the process: then nothing that it does arrives anywhere any more.
    async fn pass(&self, moment: Moment) {
        if !(self.watch)(moment) {
            self.death.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Door")
    }
}

#[async_trait]
impl HttpClient for Door {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let host = request.url().host_str().unwrap();
        let line = format!("{} {host}{}", request.method(), request.url().path());
        let mut http = HttpRequest::builder()
            .method(request.method().to_string().as_str())
            .uri(request.path_and_query())
            .header("host", host);
        for (name, value) in request.headers().iter() {
            http = http.header(name.as_str(), value.as_str());
        }
        let Body::Bytes(body) = request.body() else { panic!("no adapter streams") };
        if !request.headers().iter().any(|(name, _)| name.as_str() == "content-length") {
            http = http.header("content-length", body.len());
        }
        let http = http.body(Bytes::clone(body)).unwrap();
        self.pass(Moment::Before(line.clone())).await;
        let response = self.azure.call(http).await;
        self.pass(Moment::After(line)).await;
        let response = response.map_err(|why| azure_core::Error::new(ErrorKind::Io, why))?;
        let mut headers = Headers::new();
        for (name, value) in response.headers() {
            headers.insert(name.as_str().to_owned(), value.to_str().unwrap().to_owned());
        }
        let status = response.status().as_u16();
        Ok(AsyncRawResponse::from_bytes(status.into(), headers, response.into_body()))
    }
}

/// Tokens of the app's identity.
#[derive(Debug, Clone)]
pub(crate) struct Identity(pub(crate) Door);

#[async_trait]
impl TokenCredential for Identity {
    async fn get_token(
        &self,
        scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let resource = scopes[0].trim_end_matches("/.default");
        Ok(AccessToken::new(self.0.azure.token(resource), datetime!(9999-12-31 0:00 UTC)))
    }
}
