//! Secrets in Key Vault's JSON.

use serde_json::{Map, Value, json};
use time::Duration;

use crate::world::{Secret, SecretVersion};

/// How much of a version is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// All of it.
    Value,
    /// All but the value.
    Properties,
}

const RETENTION: Duration = Duration::days(90);

pub(super) fn of(host: &str, name: &str, version: &SecretVersion, detail: Detail) -> Value {
    let mut bundle = Map::new();
    if detail == Detail::Value {
        bundle.insert("value".to_owned(), json!(version.value.expose()));
    }
    bundle.insert("id".to_owned(), json!(format!("https://{host}/secrets/{name}/{}", version.id)));
    complete(&mut bundle, version);
    Value::Object(bundle)
}

/// As the list of all secrets has it: under the name, without a version.
pub(super) fn listed(host: &str, name: &str, version: &SecretVersion) -> Value {
    let mut item = Map::new();
    item.insert("id".to_owned(), json!(format!("https://{host}/secrets/{name}")));
    complete(&mut item, version);
    Value::Object(item)
}

/// A deleted secret; none for one that is not.
pub(super) fn deleted(host: &str, secret: &Secret) -> Option<Value> {
    let since = secret.deleted?;
    let mut bundle = of(host, &secret.name, secret.current()?, Detail::Properties);
    bundle["recoveryId"] = json!(format!("https://{host}/deletedsecrets/{}", secret.name));
    bundle["deletedDate"] = json!(since.unix_timestamp());
    bundle["scheduledPurgeDate"] = json!((since + RETENTION).unix_timestamp());
    Some(bundle)
}

fn complete(bundle: &mut Map<String, Value>, version: &SecretVersion) {
    let mut attributes = json!({
        "enabled": version.enabled,
        "created": version.created.unix_timestamp(),
        "updated": version.updated.unix_timestamp(),
        "recoveryLevel": "Recoverable+Purgeable",
        "recoverableDays": RETENTION.whole_days(),
    });
    for (field, at) in [("exp", version.expires), ("nbf", version.not_before)] {
        if let Some(at) = at {
            attributes[field] = json!(at.unix_timestamp());
        }
    }
    bundle.insert("attributes".to_owned(), attributes);
    if let Some(content_type) = &version.content_type {
        bundle.insert("contentType".to_owned(), json!(content_type));
    }
    if !version.tags.is_empty() {
        bundle.insert("tags".to_owned(), json!(version.tags));
    }
}
