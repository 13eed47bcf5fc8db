//! The HTTP server that the Functions host calls: one route a function folder, and the host's probe.
//!
//! Source: Azure Functions custom handlers, and what the real host was seen to do. A 2xx with an empty body would hang
//! the host until its time limit; a non-2xx throws away outputs; `GET /` must answer at once.

mod admission;
mod answer;
mod http_request;
mod invocation;
mod message;
mod parked;
mod rotate;
mod rotate_now;
mod secret_near_expiry;
mod status;
mod sweep;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use rotation::Quoted;
use serde_json::json;
use tracing::field::Empty;
use tracing::{Instrument, error, info_span};

use self::admission::Admission;
pub(crate) use answer::Answer;
pub(crate) use invocation::Invocation;

use crate::rotator::Rotator;

/// The folders under `functions/`, each with its door.
pub(crate) const FUNCTIONS: [&str; 5] = [SECRET_NEAR_EXPIRY, SWEEP, ROTATE_NOW, ROTATE, STATUS];
const SECRET_NEAR_EXPIRY: &str = "SecretNearExpiry";
const SWEEP: &str = "Sweep";
const ROTATE_NOW: &str = "RotateNow";
const ROTATE: &str = "Rotate";
const STATUS: &str = "Status";
/// The output binding of the queue that [`ROTATE`] is triggered by.
const ROTATIONS: &str = "rotations";

/// The routes.
pub(crate) fn router(rotator: Arc<Rotator>) -> Router {
    Router::new()
        .route("/", get(|| async { axum::Json(json!({"status": "ready"})) }))
        .route("/{function}", post(invoke))
        .with_state((rotator, Arc::new(Admission::new(&FUNCTIONS))))
}

/// Runs an invocation in a task of its own: the loss of the connection does not end it, and its panic ends nothing else.
async fn invoke(
    State((rotator, admission)): State<(Arc<Rotator>, Arc<Admission>)>,
    Path(function): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let invocation_id =
        headers.get("x-azure-functions-invocationid").and_then(|id| id.to_str().ok()).unwrap_or("none");
    // A path that is no function of ours, like headers and bodies, may hold what does not belong in a log.
    let known = FUNCTIONS.contains(&function.as_str()).then_some(function.as_str());
    let span = info_span!("invocation", invocation_id, function = known, target = Empty);
    let admitted = admission.admit(&function, body).await;
    let task = tokio::spawn(
        async move {
            // The room is kept until the work is done, whatever becomes of the connection.
            let (_room, body) = match admitted {
                Ok(admitted) => admitted,
                Err(not_admitted) => {
                    error!(step = "invocation", "the invocation is not taken in: {not_admitted}");
                    return Answer::failed();
                }
            };
            let invocation = match Invocation::read(&body) {
                Ok(invocation) => invocation,
                Err(unreadable) => {
                    error!(step = "invocation", "{unreadable}");
                    return Answer::failed();
                }
            };
            match function.as_str() {
                SECRET_NEAR_EXPIRY => secret_near_expiry::invoke(&rotator, &invocation),
                SWEEP => sweep::invoke(&rotator, &invocation).await,
                ROTATE_NOW => rotate_now::invoke(&rotator, &invocation),
                STATUS => status::invoke(&rotator, &invocation).await,
                ROTATE => rotate::invoke(&rotator, &invocation).await,
                unknown => {
                    let unknown = Quoted(unknown);
                    error!(
                        step = "invocation",
                        "no function is called {unknown}: functions/ and the handler differ"
                    );
                    Answer::failed()
                }
            }
        }
        .instrument(span),
    );
    // The panic hook has logged where.
    task.await.unwrap_or_else(|_panicked| Answer::failed()).into_response()
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = if self.succeeded() { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
        (status, axum::Json(self.body())).into_response()
    }
}

#[cfg(test)]
mod tests;
