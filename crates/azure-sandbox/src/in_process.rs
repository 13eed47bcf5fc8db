//! This Azure without sockets, for a caller in the same process: so that time can be paused, and a year takes seconds.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt as _, Full};

use crate::calls::{Call, CallLog};
use crate::faces::{Endpoint, lasting_token};
use crate::faults::Faults;
use crate::passage::Passage;
use crate::world::World;

/// A world behind its faces, without sockets and TLS. Calls are not searched for secret values here.
#[derive(Clone)]
pub struct InProcess {
    world: World,
    log: Arc<CallLog>,
    faults: Faults,
    passage: Arc<Passage>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// This Azure has no such host.
    #[error("there is no such host")]
    NoSuchHost,
    /// A fault closed the connection.
    #[error("the connection was closed before an answer")]
    ConnectionDropped,
}

impl InProcess {
    /// Puts faces before a world.
    pub fn over(world: World) -> Self {
        Self::with(world, |passage| passage)
    }

    /// The same with the token buckets of Azure Resource Manager.
    pub fn throttled(world: World) -> Self {
        Self::with(world, Passage::throttled)
    }

    fn with(world: World, changed: impl FnOnce(Passage) -> Passage) -> Self {
        let (log, faults) = (Arc::new(CallLog::default()), Faults::default());
        let passage = Passage::new(world.clone(), Arc::clone(&log), faults.clone(), Duration::ZERO);
        Self { world, log, faults, passage: Arc::new(changed(passage.unwitnessed())) }
    }

    /// Answers a request; its `Host` says which service it is for.
    ///
    /// # Errors
    /// See [`Unanswered`].
    pub async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Unanswered> {
        let host = host(request.headers()).ok_or(Unanswered::NoSuchHost)?.to_owned();
        let endpoint = Endpoint::of_host(&self.world, &host).ok_or(Unanswered::NoSuchHost)?;
        let origin = format!("https://{host}");
        let answer = self.passage.answer(&endpoint, &origin, request.map(Full::new)).await;
        let (parts, body) = answer.map_err(|_| Unanswered::ConnectionDropped)?.into_parts();
        let Ok(body) = body.collect().await;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }

    /// A token of the principal for a resource. It never expires: whoever keeps it goes by another clock than this
    /// world, whose time may be paused.
    pub fn token(&self, resource: &str) -> String {
        lasting_token(&self.world, resource)
    }

    /// What is to befall calls.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.log.calls()
    }
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}
