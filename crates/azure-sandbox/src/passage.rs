//! The one place through which every call passes, whatever service it is for.

mod disclosure;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, Request as HttpRequest, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Body as HttpBody;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::task::JoinError;
use tokio::time::Instant;

use crate::buckets::{Taken, TokenBuckets};
use crate::calls::{Answered, CallLog};
use crate::clock;
use crate::faces::{Body, Endpoint, Reply, Request};
use crate::faults::{End, Faults, Lost, Moment, Passing};
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

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("a fault rule closed the connection")]
pub(crate) struct ConnectionDropped;

pub(crate) struct Passage {
    world: World,
    log: Arc<CallLog>,
    faults: Faults,
    latency: Duration,
    permits: Semaphore,
    is_witnessed: bool,
    buckets: Option<TokenBuckets>,
}

impl Passage {
    pub(crate) fn new(world: World, log: Arc<CallLog>, faults: Faults, latency: Duration) -> Self {
        Self {
            world,
            log,
            faults,
            latency,
            permits: Semaphore::new(AT_ONCE),
            is_witnessed: true,
            buckets: None,
        }
    }

    /// The same with the token buckets of Azure Resource Manager.
    pub(crate) fn throttled(self) -> Self {
        Self { buckets: Some(TokenBuckets::default()), ..self }
    }

    /// The same without the search of every call for secret values, which takes longer than all the rest.
    pub(crate) fn unwitnessed(self) -> Self {
        Self { is_witnessed: false, ..self }
    }

    /// Takes a request from the wire, has it answered, and logs both. Where a fault says so, there is never an answer, or
    /// the connection is to be closed without one.
    pub(crate) async fn answer<B>(
        self: &Arc<Self>,
        endpoint: &Endpoint,
        origin: &str,
        request: HttpRequest<B>,
    ) -> Result<Response<Full<Bytes>>, ConnectionDropped>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let arrival = Arrival { at: clock::now(), started: Instant::now() };
        let (parts, body) = request.into_parts();
        let read = Limited::new(body, BODY_LIMIT).collect().await;
        let (body, too_large) = match read {
            Ok(read) => (read.to_bytes(), false),
            Err(_) => (Bytes::new(), true),
        };
        let request = Request::of(parts, origin, body);
        // A task of its own: a caller that hangs up drops the future of its connection, but Azure goes on.
        let (passage, endpoint) = (Arc::clone(self), endpoint.clone());
        let call = tokio::spawn(async move {
            let end = if too_large {
                let message = "The request is too large.";
                let refusal = Reply::error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message);
                End::Answered(refusal)
            } else {
                passage.pass(&endpoint, &request).await
            };
            passage.log(&endpoint, &request, end, arrival)
        });
        match call.await.map_err(JoinError::try_into_panic) {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(Lost::Dropped)) => Err(ConnectionDropped),
            Ok(Err(Lost::Silent)) => std::future::pending().await,
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            // Nobody aborts the task, so the runtime is shutting down.
            Err(Err(_)) => {
                let message = "The sandbox is shutting down.";
                Ok(wire(Reply::error(StatusCode::SERVICE_UNAVAILABLE, "ServerUnavailable", message))
                    .map(Full::new))
            }
        }
    }

    /// Puts a reply on the wire, shows both to the world, and records them.
    fn log(
        &self,
        endpoint: &Endpoint,
        request: &Request,
        end: End,
        arrival: Arrival,
    ) -> Result<Response<Full<Bytes>>, Lost> {
        let (operation, is_faulty, response) = match end {
            End::Answered(reply) => (reply.operation, reply.is_faulty, Ok(wire(reply))),
            End::Lost(lost) => (self.operation(endpoint, request), true, Err(lost)),
        };
        let answer = response.as_ref().ok();
        if self.is_witnessed {
            disclosure::show(&self.world, endpoint, request, operation, answer);
        }
        let headers = answer.into_iter().flat_map(|answer| answer.headers());
        self.log.record(Answered {
            operation,
            is_faulty,
            method: request.method.to_string(),
            url: disclosure::shown_url(endpoint, request),
            api_version: request.api_version.clone(),
            request_headers: &request.headers,
            request_body: request.body.clone(),
            status: answer.map_or(0, |answer| answer.status().as_u16()),
            response_headers: headers
                .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
                .collect(),
            response_body: answer.map(|answer| answer.body().clone()).unwrap_or_default(),
            at: arrival.at,
            duration: arrival.started.elapsed(),
        });
        response.map(|response| response.map(Full::new))
    }

    /// What lies between a request and the face that answers it. Whatever is to befall calls belongs here.
    async fn pass(&self, endpoint: &Endpoint, request: &Request) -> End {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await;
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let operation = self.operation(endpoint, request);
        let taken = self.buckets.as_ref().and_then(|buckets| buckets.take(endpoint, request));
        if let Some(refusal) = taken.as_ref().and_then(Taken::refusal) {
            return End::Answered(refusal.of(operation));
        }
        let mut call = Passing { world: &self.world, operation, request, reply: None };
        if let Some(end) = self.faults.befall(Moment::Before, &mut call).await {
            return end;
        }
        let mut reply = endpoint.route(&self.world, request).carry_out();
        if let Some(taken) = taken {
            reply = taken.told(reply);
        }
        let mut call = Passing { world: &self.world, operation, request, reply: Some(&mut reply) };
        match self.faults.befall(Moment::After, &mut call).await {
            Some(end) => end,
            None => End::Answered(reply),
        }
    }

    /// The operation that a request is for, which is not carried out by this.
    fn operation(&self, endpoint: &Endpoint, request: &Request) -> &'static str {
        endpoint.route(&self.world, request).operation
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
