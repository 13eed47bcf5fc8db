//! For tests: an Azure without sockets, so that time can be paused.

mod lease_store;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body as HttpBody;
use axum::extract::Request as HttpRequest;
use axum::http::{HeaderMap, StatusCode as HttpStatus};
use axum::response::{IntoResponse, Response};
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};
use azure_core::{Error, base64};
use futures::TryStreamExt;
use http_body_util::BodyExt;
use serde_json::Value;
use time::macros::datetime;
use tower::ServiceExt;

pub(crate) use self::lease_store::LeaseStore;
use super::bounded::Bounded;
use super::storage_account::ListedKey;
use super::{AccessKey, AccessKeys, Azure, Cloud};

/// The base64 of the bytes 00 to 3f.
pub(crate) const KEY1: &str =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
/// The base64 of the bytes 3f to 00.
pub(crate) const KEY2: &str =
    "Pz49PDs6OTg3NjU0MzIxMC8uLSwrKikoJyYlJCMiISAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAA==";

/// The two keys of an account.
pub(crate) fn keys(key1: &str, key2: &str) -> AccessKeys {
    let listed = |value: &str| ListedKey { value: AccessKey::new(value), created: None };
    AccessKeys { key1: listed(key1), key2: listed(key2) }
}

/// A header of an answer: it comes so many seconds later.
const DELAY: &str = "x-test-delay";

/// One request as the service received it.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Method, host, path and query, as in `GET management.azure.com/a?b=c`.
    pub(crate) line: String,
    /// Whether there was a token.
    pub(crate) is_authorized: bool,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: String,
}

/// An HTTP client that calls a router in process.
#[derive(Debug, Clone)]
pub(crate) struct InProcess {
    router: Router,
}

/// An Azure, and what it received.
pub(crate) struct Served {
    pub(crate) azure: Azure,
    /// What it keeps its leases in.
    pub(crate) leases: LeaseStore,
    received: Arc<Mutex<Vec<Received>>>,
}

impl InProcess {
    /// A client of a service that gets each request with its number, from 0; and what the service received.
    pub(crate) fn answering<F>(answer: F) -> (Self, Arc<Mutex<Vec<Received>>>)
    where
        F: Fn(usize, &Received) -> Response + Clone + Send + Sync + 'static,
    {
        let received = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&received);
        let router = Router::new().fallback(move |request: HttpRequest| {
            let (answer, seen) = (answer.clone(), Arc::clone(&seen));
            async move {
                let one = Received::read(request).await;
                let number = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(one.clone());
                    seen.len() - 1
                };
                answer(number, &one)
            }
        });
        (Self { router }, received)
    }
}

impl Served {
    /// The public cloud, answered by `answer`.
    pub(crate) fn by<F>(answer: F) -> Self
    where
        F: Fn(usize, &Received) -> Response + Clone + Send + Sync + 'static,
    {
        Self::in_cloud(Cloud::public(), answer)
    }

    /// A cloud, answered by `answer`.
    pub(crate) fn in_cloud<F>(cloud: Cloud, answer: F) -> Self
    where
        F: Fn(usize, &Received) -> Response + Clone + Send + Sync + 'static,
    {
        let (http, received) = InProcess::answering(answer);
        let leases = LeaseStore::default();
        let credential = Arc::new(FakeCredential);
        let http = Arc::new(Bounded::new(Arc::new(http)));
        let azure = Azure::over(cloud, http, credential, leases.leases()).unwrap();
        Self { azure, leases, received }
    }

    /// Tells the lines of what was received, also when the rest of this is gone.
    pub(crate) fn receiver(&self) -> impl Fn() -> Vec<String> + Send + Sync + use<> {
        let received = Arc::clone(&self.received);
        move || received.lock().unwrap().iter().map(|one| one.line.clone()).collect()
    }

    /// What was received so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The lines of what was received so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.received().into_iter().map(|one| one.line).collect()
    }
}

impl Received {
    async fn read(request: HttpRequest) -> Self {
        let (parts, body) = request.into_parts();
        let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        Self {
            line: format!("{} {host}{}", parts.method, parts.uri),
            is_authorized: parts.headers.contains_key("authorization"),
            headers: parts.headers,
            body: String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap(),
        }
    }
}

/// An answer with a JSON body.
pub(crate) fn json(status: u16, body: &Value) -> Response {
    answer(status, &[("content-type", "application/json")], &body.to_string())
}

/// An answer with headers.
pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Response {
    let mut response = (HttpStatus::from_u16(status).unwrap(), body.to_owned()).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

/// The connection is lost after the request was carried out.
pub(crate) fn lost() -> Response {
    answer(200, &[("x-test-fault", "lost")], "")
}

/// The connection is never made, though the router saw the request.
pub(crate) fn refused() -> Response {
    answer(200, &[("x-test-fault", "refused")], "")
}

/// No answer ever comes.
pub(crate) fn silence() -> Response {
    answer(200, &[("x-test-fault", "silence")], "")
}

#[async_trait]
impl HttpClient for InProcess {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let mut http = HttpRequest::builder()
            .method(request.method().to_string().as_str())
            .uri(request.path_and_query())
            .header("host", request.url().host_str().unwrap());
        for (name, value) in request.headers().iter() {
            http = http.header(name.as_str(), value.as_str());
        }
        let Body::Bytes(body) = request.body() else { panic!("no adapter streams") };
        let response =
            self.router.clone().oneshot(http.body(HttpBody::from(body.clone())).unwrap()).await.unwrap();
        if let Some(delay) = response.headers().get(DELAY) {
            let seconds = delay.to_str().unwrap().parse().unwrap();
            tokio::time::sleep(tokio::time::Duration::from_secs(seconds)).await;
        }
        match response.headers().get("x-test-fault").and_then(|fault| fault.to_str().ok()) {
            Some("lost") => return Err(Error::with_message(ErrorKind::Io, "connection reset")),
            Some("refused") => return Err(Error::with_message(ErrorKind::Connection, "connection refused")),
            Some(_) => std::future::pending().await,
            None => {}
        }
        let mut headers = Headers::new();
        for (name, value) in response.headers() {
            headers.insert(name.as_str().to_owned(), value.to_str().unwrap().to_owned());
        }
        let status = response.status().as_u16();
        let broken = |error| Error::new(ErrorKind::Io, error);
        let body = TryStreamExt::map_err(response.into_body().into_data_stream(), broken);
        Ok(AsyncRawResponse::new(status.into(), headers, Box::pin(body)))
    }
}

/// A credential whose tokens never end.
#[derive(Debug)]
pub(crate) struct FakeCredential;

#[async_trait]
impl TokenCredential for FakeCredential {
    async fn get_token(
        &self,
        scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let claims = serde_json::json!({ "oid": "our-object", "appid": "our-application", "scp": scopes });
        let token = format!("e30.{}.signature", base64::encode_url_safe(claims.to_string()));
        Ok(AccessToken::new(token, datetime!(2999-01-01 0:00 UTC)))
    }
}
