//! What is known of the targets: `GET /api/status`.

use rotation::{SecretId, decide};
use serde_json::{Value, json};
use tracing::error;

use super::http_request::HttpRequest;
use super::{Answer, Invocation};
use crate::observe::observe_whole;
use crate::report::{LookReport, Overview};
use crate::rotator::Rotator;
use crate::targets;

/// The parameter that names one target.
const TARGET: &str = "target";

/// Every target by what the vaults list; with `?target=vault/secret` one of them by a whole look. Nothing is written.
pub(super) async fn invoke(rotator: &Rotator, invocation: &Invocation<'_>) -> Answer {
    let Some(request) = HttpRequest::read(invocation) else {
        error!(step = "invocation", "the invocation holds no HTTP request");
        return Answer::failed();
    };
    let parameters = request.parameters();
    let unknown = parameters.keys().find(|name| **name != TARGET).is_some();
    let (status, body) = match parameters.get(TARGET) {
        _ if unknown => (400, problem(&format!("the one parameter is `{TARGET}`, as vault/secret"))),
        Some(target) => one(rotator, target).await,
        None => (200, every(rotator).await),
    };
    Answer::Replied { status, body, messages: Vec::new() }
}

async fn every(rotator: &Rotator) -> Value {
    let vaults = targets::list(rotator).await;
    json!(Overview::new(&vaults, &rotator.policy, rotator.clock.now()))
}

async fn one(rotator: &Rotator, target: &str) -> (u16, Value) {
    let named = target.split_once('/').map(|(vault, secret)| SecretId::new(vault, secret));
    let target = match named {
        Some(Ok(target)) => target,
        Some(Err(invalid)) => return (400, problem(&invalid.to_string())),
        None => return (400, problem(&format!("`{TARGET}` is not of the form vault/secret"))),
    };
    if !rotator.allows(target.vault()) {
        return (404, problem(&format!("`{}` is not one of `ROTATOR_VAULTS`", target.vault())));
    }
    match observe_whole(rotator, &target).await {
        Ok(observation) => {
            let decision = decide(&observation, &rotator.policy_of(&target), rotator.clock.now());
            (200, json!(LookReport::new(&observation, &decision)))
        }
        Err(failure) => (503, problem(&failure.to_string())),
    }
}

fn problem(reason: &str) -> Value {
    json!({"error": reason})
}
