//! The policy that lets a try through when there is room for it.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};
use tokio::sync::Semaphore;

use super::allowance::{Allowance, Room};

/// Calls that are under way at the same time.
const AT_ONCE: usize = 64;

/// Waits before each try until Azure Resource Manager has room for it, and learns from each answer.
#[derive(Debug)]
pub(super) struct Pacing {
    allowance: Arc<Allowance>,
    at_once: Semaphore,
}

/// Room that was taken before, so that the try does not wait.
#[derive(Debug)]
pub(super) struct Taken(Mutex<Option<Room>>);

impl Taken {
    pub(super) const fn new(room: Room) -> Self {
        Self(Mutex::new(Some(room)))
    }
}

impl Pacing {
    pub(super) fn new(allowance: Arc<Allowance>) -> Self {
        Self { allowance, at_once: Semaphore::new(AT_ONCE) }
    }
}

#[async_trait]
impl Policy for Pacing {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let taken = context.value::<Taken>();
        let taken = taken.and_then(|taken| taken.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        // What has its room has waited for it, and waits for nobody else.
        let (room, _permit) = match taken {
            Some(room) => (room, None),
            None => {
                let room = self.allowance.take(request.method(), request.url(), 1).await;
                // The semaphore is never closed.
                (room, self.at_once.acquire().await.ok())
            }
        };
        let answer = next[0].send(context, request, &next[1..]).await;
        if let Ok(answer) = &answer {
            room.answered(request.url(), answer.status(), answer.headers());
        }
        answer
    }
}
