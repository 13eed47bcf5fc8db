//! `/runtime/webhooks/eventgrid`: where Event Grid delivers.
//!
//! Source: `EventGridExtensionConfigProvider.cs` and `HttpRequestProcessor.cs` of the Event Grid extension, the
//! host's `HostController.cs`, and the answers of the real host.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::future::join_all;
use serde_json::{Value, json};

use super::function_json::{Function, Trigger};
use super::http::shown_key;
use super::invocation::Invoker;
use super::keys::{Access, HostKeys};
use super::payload::Input;

/// Who may deliver `CloudEvents`, by cloud; whoever else asks is told that the first one may.
const EVENT_GRID_ORIGINS: [&str; 5] = [
    "eventgrid.azure.net",
    "eventgrid.azure.us",
    "eventgrid.azure.eaglex.ic.gov",
    "eventgrid.azure.microsoft.scloud",
    "eventgrid.azure.cn",
];

/// What the webhook needs to know.
pub(super) struct Webhook {
    /// The functions with an Event Grid trigger, by their exact names.
    functions: BTreeMap<String, Arc<Function>>,
    keys: HostKeys,
    invoker: Arc<Invoker>,
}

impl Webhook {
    pub(super) fn new(functions: &[Arc<Function>], keys: HostKeys, invoker: Arc<Invoker>) -> Self {
        let listening =
            functions.iter().filter(|each| each.trigger == Trigger::EventGrid && !each.is_disabled);
        let functions = listening.map(|function| (function.name.clone(), function.clone())).collect();
        Self { functions, keys, invoker }
    }
}

pub(super) async fn receive(
    State(webhook): State<Arc<Webhook>>,
    Path(extension): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    if !extension.eq_ignore_ascii_case("eventgrid") {
        return StatusCode::NOT_FOUND.into_response();
    }
    match webhook.keys.access(shown_key(&parts.headers, parts.uri.query()).as_deref(), None) {
        Access::System | Access::Admin => {}
        Access::Function => return StatusCode::FORBIDDEN.into_response(),
        Access::Anonymous => return StatusCode::UNAUTHORIZED.into_response(),
    }
    let name = query.get("functionName").map_or("", String::as_str);
    let Some(function) = webhook.functions.get(name) else {
        return (StatusCode::NOT_FOUND, format!("cannot find function: '{name}'")).into_response();
    };
    match parts.method {
        Method::OPTIONS => return permission(header("webhook-request-origin")),
        Method::GET | Method::PUT | Method::POST | Method::DELETE => {}
        _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
    match header("aeg-event-type").map(str::to_ascii_lowercase).as_deref() {
        Some("subscriptionvalidation") => validation(&body),
        Some("notification") => notification(&webhook, function, &body).await,
        Some("unsubscribe") => StatusCode::ACCEPTED.into_response(),
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// The abuse protection of `CloudEvents`.
fn permission(origin: Option<&str>) -> Response {
    let known = EVENT_GRID_ORIGINS.into_iter().find(|known| origin == Some(known));
    [("webhook-allowed-origin", known.unwrap_or(EVENT_GRID_ORIGINS[0]))].into_response()
}

fn validation(body: &[u8]) -> Response {
    let events: Value = serde_json::from_slice(body).unwrap_or_default();
    match &events[0]["data"]["validationCode"] {
        Value::String(code) => axum::Json(json!({ "validationResponse": code })).into_response(),
        _ => failed("this host does not know what the real one answers to a validation without a code"),
    }
}

async fn notification(webhook: &Webhook, function: &Arc<Function>, body: &[u8]) -> Response {
    let events = match serde_json::from_slice(body) {
        Ok(Value::Array(events)) => events,
        Ok(event @ Value::Object(_)) => vec![event],
        Ok(_) => return failed("this host does not know what the real one does with such a body"),
        Err(error) => return failed(error.to_string()),
    };
    let mut inputs = Vec::new();
    for event in events {
        let Value::Object(event) = event else {
            return failed("this host does not know what the real one does with an event that is no object");
        };
        inputs.push(Input::Event(event));
    }
    let invocations = inputs.into_iter().map(|input| webhook.invoker.start(function.clone(), input));
    if join_all(invocations).await.iter().all(Result::is_ok) {
        return StatusCode::ACCEPTED.into_response();
    }
    failed(format!("Exception while executing function: {}", function.display_name()))
}

fn failed(text: impl Into<String>) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, text.into()).into_response()
}
