//! `/runtime/webhooks/eventgrid`: where Event Grid delivers.
//!
//! Source: `EventGridExtensionConfigProvider.cs` and `HttpRequestProcessor.cs` of the Event Grid extension, the
//! host's `HostController.cs`, and the answers of the real host.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures::future::join_all;
use serde_json::{Value, json};

use super::function_json::Function;
use super::invocation::{Input, Invoker};

/// The host's own limit for what comes in.
const BODY_LIMIT: usize = 104_857_600;
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
    pub(super) functions: BTreeMap<String, Function>,
    /// The system key `eventgrid_extension`.
    pub(super) key: String,
    pub(super) invoker: Arc<Invoker>,
}

pub(super) fn router(webhook: Webhook) -> Router {
    Router::new()
        .route("/runtime/webhooks/{extension}", any(receive))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(Arc::new(webhook))
}

async fn receive(
    State(webhook): State<Arc<Webhook>>,
    Path(extension): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if !extension.eq_ignore_ascii_case("eventgrid") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let key = query.get("code").map(String::as_str).or_else(|| header("x-functions-key"));
    if key != Some(webhook.key.as_str()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let name = query.get("functionName").map_or("", String::as_str);
    let Some(function) = webhook.functions.get(name) else {
        return (StatusCode::NOT_FOUND, format!("cannot find function: '{name}'")).into_response();
    };
    match method {
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

async fn notification(webhook: &Arc<Webhook>, function: &Function, body: &[u8]) -> Response {
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
    // Tasks of their own: Event Grid hangs up after 30 s, and the invocation goes on.
    let invocations = inputs.into_iter().map(|input| {
        let (webhook, function) = (webhook.clone(), function.clone());
        tokio::spawn(async move { webhook.invoker.invoke(&function, &input).await })
    });
    let all = join_all(invocations).await;
    if all.into_iter().all(|result| matches!(result, Ok(Ok(())))) {
        return StatusCode::ACCEPTED.into_response();
    }
    failed(format!("Exception while executing function: {}", function.display_name()))
}

fn failed(text: impl Into<String>) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, text.into()).into_response()
}
