//! `POST /admin/functions/<Name>`: runs a function that has no HTTP trigger.
//!
//! Source: the host's `FunctionsController.cs`, and the answers of the real host.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::function_json::{Function, Trigger};
use super::http::{shown_key, unknown};
use super::invocation::Invoker;
use super::keys::{Access, HostKeys};
use super::payload::Input;
use super::timer_status::TimerStatuses;

/// What the endpoint needs to know.
pub(super) struct AdminEndpoint {
    functions: BTreeMap<String, Arc<Function>>,
    keys: HostKeys,
    timers: TimerStatuses,
    invoker: Arc<Invoker>,
}

impl AdminEndpoint {
    pub(super) fn new(
        functions: &[Arc<Function>],
        keys: HostKeys,
        timers: TimerStatuses,
        invoker: Arc<Invoker>,
    ) -> Self {
        // Names are looked up without regard to case.
        let by_name = |function: &Arc<Function>| (function.name.to_ascii_uppercase(), function.clone());
        Self { functions: functions.iter().map(by_name).collect(), keys, timers, invoker }
    }
}

pub(super) async fn invoke(
    State(admin): State<Arc<AdminEndpoint>>,
    Path(name): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    if parts.method != Method::POST {
        return unknown("this host knows only how to invoke by an admin endpoint");
    }
    match admin.keys.access(shown_key(&parts.headers, parts.uri.query()).as_deref(), None) {
        Access::Admin => {}
        Access::Anonymous => return StatusCode::UNAUTHORIZED.into_response(),
        Access::Function | Access::System => return StatusCode::FORBIDDEN.into_response(),
    }
    if body.is_empty() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let Some(function) = admin.functions.get(&name.to_ascii_uppercase()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if matches!(function.trigger, Trigger::Http(_)) {
        return unknown("this host does not know what an admin call makes of an HTTP function");
    }
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let input = media_type.eq_ignore_ascii_case("application/json").then(|| serde_json::from_slice(&body));
    let text = match input {
        Some(Ok(Value::Object(mut members))) => members.remove("input"),
        _ => None,
    };
    let Some(Value::String(text)) = text else {
        return unknown(
            "this host knows only admin calls with `{\"input\": \"…\"}` and the type application/json",
        );
    };
    let status = admin.timers.get(&function.name);
    let (invoker, function, announced) =
        (admin.invoker.clone(), function.clone(), admin.invoker.records.announce());
    admin.invoker.background.spawn(async move {
        // The caller learns nothing of it: it stands in the log.
        let _ = invoker.invoke(function, Input::Admin { text, status }).await;
        drop(announced);
    });
    StatusCode::ACCEPTED.into_response()
}
