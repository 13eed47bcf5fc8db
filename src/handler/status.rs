//! What is known of the targets: `GET /api/status`.

use std::collections::BTreeMap;

use rotation::{NotATarget, SecretId, decide};
use serde::Serialize;
use serde_json::{Value, json};
use time::Duration;
use tracing::error;

use super::http_request::HttpRequest;
use super::{Answer, Invocation};
use crate::activation::forced;
use crate::observe::observe_whole;
use crate::report::{DAYS_AHEAD, LookReport, Overview, TargetPlan};
use crate::rotator::Rotator;
use crate::targets;

/// The parameter that names one target.
const TARGET: &str = "target";
/// The version that is to be taken as asked to be replaced, and the key as leaked, as `RotateNow` takes them.
const VERSION: &str = "version";
const COMPROMISED: &str = "compromised";
const FORM: &str = "the parameters are `target` as vault/secret, and with it `version` and `compromised` (key1 or key2), \
                    to have told what a rotation before its time would do";

/// One target by a whole look, and what would be done from now on.
#[derive(Serialize)]
struct OneTarget {
    #[serde(flatten)]
    look: LookReport,
    plan: TargetPlan,
}

/// Every target by what the vaults list; with `?target=vault/secret` one of them by a whole look, with what would be done,
/// were this asked of `RotateNow`. Nothing is written.
pub(super) async fn invoke(rotator: &Rotator, invocation: &Invocation<'_>) -> Answer {
    let Some(request) = HttpRequest::read(invocation) else {
        error!(step = "invocation", "the invocation holds no HTTP request");
        return Answer::failed();
    };
    let parameters = request.parameters();
    let (status, body) = match parameters.get(TARGET) {
        _ if parameters.keys().any(|name| ![TARGET, VERSION, COMPROMISED].contains(name)) => {
            (400, problem(FORM))
        }
        Some(target) => one(rotator, target, &parameters).await,
        None if parameters.is_empty() => (200, every(rotator).await),
        None => (400, problem(FORM)),
    };
    Answer::Replied { status, body, messages: Vec::new() }
}

async fn every(rotator: &Rotator) -> Value {
    let vaults = targets::list(rotator).await;
    json!(Overview::new(&vaults, &rotator.policy, rotator.clock.now()))
}

async fn one(rotator: &Rotator, target: &str, parameters: &BTreeMap<&str, &str>) -> (u16, Value) {
    let target: SecretId = match target.parse() {
        Ok(target) => target,
        Err(invalid) => return (400, problem(&NotATarget::to_string(&invalid))),
    };
    let version = parameters.get(VERSION).map(|version| (*version).to_owned());
    let forced = match forced(version, parameters.get(COMPROMISED).copied()) {
        Ok(forced) => forced,
        Err(invalid) => return (400, problem(&format!("{invalid}: {FORM}"))),
    };
    if !rotator.allows(target.vault()) {
        return (404, problem(&format!("`{}` is not one of `ROTATOR_VAULTS`", target.vault())));
    }
    match observe_whole(rotator, &target).await {
        Ok(mut observation) => {
            observation.forced = forced;
            let (policy, now) = (rotator.policy_of(&target), rotator.clock.now());
            let decision = decide(&observation, &policy, now);
            let ahead = Duration::days(DAYS_AHEAD.into());
            let (look, plan) =
                (LookReport::new(&observation, &decision), TargetPlan::of(&observation, &policy, now, ahead));
            (200, json!(OneTarget { look, plan }))
        }
        Err(failure) => {
            let mut body = problem(&failure.to_string());
            if let Some(hint) = failure.disposition.hint() {
                body["hint"] = json!(hint.to_string());
            }
            (503, body)
        }
    }
}

fn problem(reason: &str) -> Value {
    json!({"error": reason})
}
