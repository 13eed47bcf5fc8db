//! The one place through which every call passes, whatever service it is for.

mod disclosure;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, Request as HttpRequest, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::calls::{Answered, CallLog};
use crate::clock;
use crate::faces::{Body, Endpoint, Reply, Request};
use crate::world::World;

/// Calls that are answered at the same time.
const AT_ONCE: usize = 256;

/// No body that Azure takes here is anywhere near this.
const BODY_LIMIT: usize = 1024 * 1024;

/// When a request arrived, by the calendar and by the monotonic clock.
#[derive(Clone, Copy)]
struct Arrival {
    at: OffsetDateTime,
    started: Instant,
}

pub(crate) struct Passage {
    world: World,
    log: Arc<CallLog>,
    latency: Duration,
    permits: Semaphore,
}

impl Passage {
    pub(crate) fn new(world: World, log: Arc<CallLog>, latency: Duration) -> Self {
        Self { world, log, latency, permits: Semaphore::new(AT_ONCE) }
    }

    /// Takes a request from the wire, has it answered, and logs both.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        endpoint: &Endpoint,
        origin: &str,
        request: HttpRequest<Incoming>,
    ) -> Response<Full<Bytes>> {
        let arrival = Arrival { at: clock::now(), started: Instant::now() };
        let (parts, body) = request.into_parts();
        let read = Limited::new(body, BODY_LIMIT).collect().await;
        let (body, too_large) = match read {
            Ok(read) => (read.to_bytes(), false),
            Err(_) => (Bytes::new(), true),
        };
        let request = Request {
            method: parts.method,
            origin: origin.to_owned(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
        };
        // A task of its own: a caller that hangs up drops the future of its connection, but Azure goes on.
        let (passage, endpoint) = (Arc::clone(self), endpoint.clone());
        let call = tokio::spawn(async move {
            let reply = if too_large {
                let message = "The request is too large.";
                Reply::error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message)
            } else {
                passage.pass(&endpoint, &request).await
            };
            passage.log(&endpoint, &request, reply, arrival)
        });
        match call.await.map_err(JoinError::try_into_panic) {
            Ok(response) => response,
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            // Nobody aborts the task, so the runtime is shutting down.
            Err(Err(_)) => {
                let message = "The sandbox is shutting down.";
                wire(Reply::error(StatusCode::SERVICE_UNAVAILABLE, "ServerUnavailable", message))
                    .map(Full::new)
            }
        }
    }

    /// Puts a reply on the wire, shows both to the world, and records them.
    fn log(
        &self,
        endpoint: &Endpoint,
        request: &Request,
        reply: Reply,
        arrival: Arrival,
    ) -> Response<Full<Bytes>> {
        let operation = reply.operation;
        let response = wire(reply);
        disclosure::show(&self.world, endpoint, request, operation, &response);
        let response_headers = response.headers().iter();
        self.log.record(Answered {
            operation,
            method: request.method.to_string(),
            url: disclosure::shown_url(endpoint, request),
            api_version: request.parameter("api-version"),
            request_headers: &request.headers,
            request_body: request.body.clone(),
            status: response.status().as_u16(),
            response_headers: response_headers
                .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
                .collect(),
            response_body: response.body().clone(),
            at: arrival.at,
            duration: arrival.started.elapsed(),
        });
        response.map(Full::new)
    }

    /// What lies between a request and the face that answers it. Whatever is to befall calls belongs here.
    async fn pass(&self, endpoint: &Endpoint, request: &Request) -> Reply {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await;
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        endpoint.answer(&self.world, request)
    }
}

fn wire(reply: Reply) -> Response<Bytes> {
    let (media_type, body) = match reply.body {
        Body::Empty => (None, Bytes::new()),
        Body::Json(json) => (Some("application/json; charset=utf-8"), Bytes::from(json.to_string())),
        Body::Text { media_type, text } => (Some(media_type), Bytes::from(text)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    if let Some(media_type) = media_type {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    for (name, value) in reply.headers {
        // What a client sent may come back in a header, and not everything may stand there.
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
