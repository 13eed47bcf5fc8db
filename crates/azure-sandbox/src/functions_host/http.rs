//! `/api/…`: where HTTP functions are called.
//!
//! Source: the host's `FunctionInvocationMiddleware.cs`, `FunctionAuthorizationHandler.cs` and
//! `WebScriptHostHttpRoutesManager.cs`, and the answers of the real host.

mod headers;
mod identity;
mod request;
mod response;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

pub(super) use self::request::HttpRequest;
pub(super) use self::response::HttpResponse;

use super::error::HostError;
use super::function_json::{AuthLevel, Function, HttpTrigger, Trigger};
use super::invocation::Invoker;
use super::keys::{Access, HostKeys};
use super::payload::Input;
use super::route::{Route, RouteValues};

/// The default of host.json's `extensions.http.routePrefix`.
const PREFIX: &str = "/api/";

/// The HTTP functions of an application, in the order of their names.
pub(super) struct HttpFunctions {
    functions: Vec<HttpFunction>,
    keys: HostKeys,
    invoker: Arc<Invoker>,
}

struct HttpFunction {
    function: Arc<Function>,
    auth_level: AuthLevel,
    methods: Option<Vec<String>>,
    route: Route,
}

impl HttpFunctions {
    pub(super) fn new(
        functions: &[Arc<Function>],
        keys: HostKeys,
        invoker: Arc<Invoker>,
    ) -> Result<Self, HostError> {
        let mut known: Vec<HttpFunction> = Vec::new();
        for function in functions {
            let Trigger::Http(trigger) = &function.trigger else { continue };
            let added = HttpFunction::new(function.clone(), trigger);
            if let Some(rival) = known.iter().find(|other| other.conflicts_with(&added)) {
                return Err(HostError::FunctionJson {
                    function: function.name.clone(),
                    reason: format!("its route conflicts with the one of `{}`", rival.function.name),
                });
            }
            known.push(added);
        }
        Ok(Self { functions: known, keys, invoker })
    }

    fn find(&self, method: &str, path: &str) -> Option<(&HttpFunction, RouteValues)> {
        self.functions.iter().filter(|function| function.takes(method)).find_map(|function| {
            let values = function.route.values(path)?;
            Some((function, values))
        })
    }
}

impl HttpFunction {
    fn new(function: Arc<Function>, trigger: &HttpTrigger) -> Self {
        Self {
            auth_level: trigger.auth_level,
            methods: trigger.methods.clone(),
            route: route(&function, trigger),
            function,
        }
    }

    fn takes(&self, method: &str) -> bool {
        self.methods.as_ref().is_none_or(|methods| methods.iter().any(|known| known == method))
    }

    fn conflicts_with(&self, other: &Self) -> bool {
        let share_a_method = match (&self.methods, &other.methods) {
            (Some(ours), Some(theirs)) => ours.iter().any(|method| theirs.contains(method)),
            (None, _) | (_, None) => true,
        };
        share_a_method && self.route.conflicts_with(&other.route)
    }

    fn admits(&self, access: Access) -> bool {
        match self.auth_level {
            AuthLevel::Anonymous => true,
            AuthLevel::Function => matches!(access, Access::Function | Access::Admin),
            AuthLevel::Admin => access == Access::Admin,
        }
    }
}

fn route(function: &Function, trigger: &HttpTrigger) -> Route {
    trigger.route.clone().unwrap_or_else(|| Route::of_function(&function.name))
}

/// The path of a function up to its first parameter; `None` if it has no HTTP trigger.
pub(super) fn path_of(function: &Function) -> Option<String> {
    match &function.trigger {
        Trigger::Http(trigger) => Some(format!("{PREFIX}{}", route(function, trigger).fixed_part())),
        Trigger::EventGrid | Trigger::Queue { .. } | Trigger::Timer(_) => None,
    }
}

/// The key that a caller shows; the header goes before the query.
pub(super) fn shown_key(headers: &HeaderMap, query: Option<&str>) -> Option<String> {
    if let Some(key) = headers.get("x-functions-key") {
        return Some(String::from_utf8_lossy(key.as_bytes()).into_owned());
    }
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(name, _)| name.eq_ignore_ascii_case("code")).map(|(_, key)| key.into_owned())
}

/// Answers whatever is neither for a webhook nor for an admin endpoint.
pub(super) async fn receive(State(http): State<Arc<HttpFunctions>>, parts: Parts, body: Bytes) -> Response {
    let path = parts.uri.path();
    let below_prefix = path.get(..PREFIX.len()).filter(|prefix| prefix.eq_ignore_ascii_case(PREFIX));
    let Some(below_prefix) = below_prefix.map(|prefix| &path[prefix.len()..]) else {
        return unknown(format!("this host does not know what the real one answers at `{path}`"));
    };
    // It decodes a path and encodes it anew, each by rules of its own.
    if path.contains('%') {
        return unknown("this host does not know how the real one passes on an encoded path");
    }
    let Some((function, values)) = http.find(parts.method.as_str(), below_prefix) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let shown = shown_key(&parts.headers, parts.uri.query());
    let access = http.keys.access(shown.as_deref(), Some(&function.function.name));
    if !function.admits(access) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if function.function.is_disabled && access != Access::Admin {
        return StatusCode::NOT_FOUND.into_response();
    }
    let request = match HttpRequest::read(&parts, &body, values, access) {
        Ok(request) => request,
        Err(reason) => return unknown(reason),
    };
    let result = http.invoker.start(function.function.clone(), Input::Request(request)).await;
    match result {
        Ok(Some(response)) => response.into_response(),
        Ok(None) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Refuses a call that the real host may well answer.
pub(super) fn unknown(reason: impl Into<String>) -> Response {
    (StatusCode::NOT_IMPLEMENTED, reason.into()).into_response()
}
