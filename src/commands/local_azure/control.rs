//! What no client of Azure can do: let time pass, wait until the function app has nothing left to do, and ask what was
//! found. Plain HTTP on the loopback address.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use azure_sandbox::Sandbox;
use azure_sandbox::functions_host::FunctionsHost;
use serde::{Deserialize, Serialize};

/// How long the function app may be busy.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// What is controlled.
#[derive(Clone)]
pub(super) struct Controlled {
    pub(super) host: Arc<FunctionsHost>,
    pub(super) sandbox: Arc<Sandbox>,
}

/// What was found so far, in words.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Findings {
    /// What must never happen, and did.
    pub(super) violations: Vec<String>,
    /// Hosts that somebody asked for and that are not of this Azure, and how often.
    pub(super) refused_hosts: BTreeMap<String, u64>,
}

#[derive(Debug, Deserialize)]
struct Passing {
    days: f64,
}

pub(super) fn router(controlled: Controlled) -> Router {
    Router::new()
        .route("/age", post(age))
        .route("/settle", post(settle))
        .route(
            "/findings",
            get(|State(controlled): State<Controlled>| async move { Json(findings(&controlled.sandbox)) }),
        )
        .with_state(controlled)
}

pub(super) fn findings(sandbox: &Sandbox) -> Findings {
    let violations = sandbox.world().violations();
    Findings {
        violations: violations.iter().map(ToString::to_string).collect(),
        refused_hosts: sandbox.refused_hosts(),
    }
}

/// Lets so many days pass.
async fn age(State(controlled): State<Controlled>, Query(passing): Query<Passing>) -> StatusCode {
    let seconds = passing.days * 86_400.0;
    match time::Duration::checked_seconds_f64(seconds) {
        Some(duration) if !duration.is_negative() => {
            controlled.sandbox.world().age(duration);
            StatusCode::NO_CONTENT
        }
        Some(_) | None => StatusCode::BAD_REQUEST,
    }
}

/// Waits until nothing runs and nothing waits to run.
async fn settle(State(controlled): State<Controlled>) -> Result<StatusCode, (StatusCode, String)> {
    let idle = controlled.host.wait_until_idle(LONGEST).await;
    idle.map(|()| StatusCode::NO_CONTENT).map_err(|busy| (StatusCode::GATEWAY_TIMEOUT, busy.to_string()))
}
