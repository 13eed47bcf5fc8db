//! Refusals in Key Vault's words.

use axum::http::StatusCode;
use serde_json::json;

use crate::faces::request::Reply;

pub(super) fn bad_parameter(message: &str) -> Reply {
    Reply::error(StatusCode::BAD_REQUEST, "BadParameter", message)
}

pub(super) fn not_found(name: &str) -> Reply {
    let message = format!(
        "A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command."
    );
    Reply::error(StatusCode::NOT_FOUND, "SecretNotFound", message)
}

pub(super) fn disabled() -> Reply {
    forbidden("Operation get is not allowed on a disabled secret.", "SecretDisabled")
}

pub(super) fn forbidden(message: &str, inner: &str) -> Reply {
    Reply::json(
        StatusCode::FORBIDDEN,
        json!({ "error": { "code": "Forbidden", "message": message, "innererror": { "code": inner } } }),
    )
}

pub(super) fn deleted_but_recoverable(name: &str) -> Reply {
    let message = format!(
        "Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused."
    );
    Reply::json(
        StatusCode::CONFLICT,
        json!({ "error": {
            "code": "Conflict",
            "message": message,
            "innererror": { "code": "ObjectIsDeletedButRecoverable" },
        } }),
    )
}
