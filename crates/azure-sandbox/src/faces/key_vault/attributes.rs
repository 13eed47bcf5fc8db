//! What a client sends of a secret besides its value.

use std::collections::BTreeMap;

use serde_json::Value;
use time::OffsetDateTime;

use super::bad_parameter;
use crate::faces::request::Reply;
use crate::world::SecretAttributes;

/// Reads them, and refuses what Key Vault refuses.
pub(super) fn read(body: &Value) -> Result<SecretAttributes, Reply> {
    let attributes = body.get("attributes").unwrap_or(&Value::Null);
    let tags = match body.get("tags") {
        None | Some(Value::Null) => None,
        Some(tags) => Some(
            serde_json::from_value::<BTreeMap<String, String>>(tags.clone())
                .map_err(|_| bad_parameter("tags must be an object of texts"))?,
        ),
    };
    if tags.as_ref().is_some_and(|tags| tags.len() > 15) {
        return Err(bad_parameter("No more than 15 tags are allowed"));
    }
    let content_type = body.get("contentType").and_then(Value::as_str);
    if content_type.is_some_and(|content_type| content_type.len() > 255) {
        return Err(bad_parameter("contentType must have no more than 255 characters"));
    }
    Ok(SecretAttributes {
        content_type: content_type.map(str::to_owned),
        tags,
        enabled: attributes.get("enabled").and_then(Value::as_bool),
        expires: unix_time(attributes, "exp")?,
        not_before: unix_time(attributes, "nbf")?,
    })
}

fn unix_time(attributes: &Value, field: &str) -> Result<Option<OffsetDateTime>, Reply> {
    match attributes.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_i64()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .map(Some)
            .ok_or_else(|| bad_parameter(&format!("{field} must be a number of seconds since 1970"))),
    }
}
