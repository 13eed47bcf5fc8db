//! Refusals in Resource Manager's words.

use axum::http::StatusCode;
use serde_json::json;

use crate::faces::request::Reply;
use crate::world::{Principal, State, resource_name, segment_after};

pub(super) fn unauthorized(state: &State, code: &str, message: &str) -> Reply {
    let (login, tenant) = (state.cloud.login, &state.access.principal.tenant_id);
    let challenge = format!(
        "Bearer authorization_uri=\"https://{login}/{tenant}\", error=\"invalid_token\", error_description=\"{message}\""
    );
    Reply::error(StatusCode::UNAUTHORIZED, code, message).with("www-authenticate", challenge)
}

pub(super) fn missing_api_version() -> Reply {
    let message = "The api-version query parameter (?api-version=) is required for all requests.";
    Reply::error(StatusCode::BAD_REQUEST, "MissingApiVersionParameter", message)
}

pub(super) fn unknown_api_version(version: &str, resource_type: &str, known: &[&str]) -> Reply {
    let message = format!(
        "No registered resource provider found for location '' and API version '{version}' for type '{resource_type}'. The supported api-versions are '{}'.",
        known.join(", ")
    );
    Reply::error(StatusCode::BAD_REQUEST, "NoRegisteredProviderFound", message)
}

pub(super) fn authorization_failed(caller: &Principal, action: &str, scope: &str) -> Reply {
    let message = format!(
        "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        caller.client_id, caller.object_id
    );
    Reply::error(StatusCode::FORBIDDEN, "AuthorizationFailed", message)
}

pub(super) fn resource_not_found(resource_type: &str, id: &str) -> Reply {
    let group = segment_after(id, "resourceGroups").unwrap_or_default();
    let message = format!(
        "The Resource '{resource_type}/{}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        resource_name(id)
    );
    Reply::error(StatusCode::NOT_FOUND, "ResourceNotFound", message)
}

pub(super) fn invalid_content(message: &str) -> Reply {
    Reply::error(StatusCode::BAD_REQUEST, "InvalidRequestContent", message)
}

pub(super) fn scope_locked(scope: &str) -> Reply {
    let message = format!(
        "The scope '{scope}' cannot perform write operation because following scope(s) are locked: '{scope}'. Please remove the lock and try again."
    );
    Reply::error(StatusCode::CONFLICT, "ScopeLocked", message)
}

/// A refusal of Machine Learning's own: the status says what it is, the code only whose fault.
pub(super) fn machine_learning(status: StatusCode, message: &str, inner: &str) -> Reply {
    let code = if status.is_server_error() { "ServiceError" } else { "UserError" };
    let additional = json!([
        { "type": "ComponentName", "info": { "value": "managementfrontend" } },
        { "type": "InnerError", "info": { "value": { "code": inner, "innerError": null } } },
    ]);
    Reply::json(
        status,
        json!({ "error": { "code": code, "message": message, "details": [], "additionalInfo": additional } }),
    )
}
