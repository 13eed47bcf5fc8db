//! What a client puts as a datastore, and whether Machine Learning would take it.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::errors;
use crate::faces::request::Reply;
use crate::world::State;

/// A datastore as put, in the parts in which the world keeps it.
pub(super) struct DatastoreBody {
    pub(super) properties: Map<String, Value>,
    pub(super) credentials: Map<String, Value>,
    pub(super) secrets: Value,
}

/// Fields that a type must have.
const TYPES: [(&str, &[&str]); 5] = [
    ("AzureBlob", &[]),
    ("AzureFile", &["accountName", "fileShareName"]),
    ("AzureDataLakeGen2", &["accountName", "filesystem"]),
    ("AzureDataLakeGen1", &["storeName"]),
    ("OneLake", &["artifact", "oneLakeWorkspaceName"]),
];

/// Fields that credentials must have, and the secret in them.
const CREDENTIALS: [(&str, &[&str], Option<&str>); 5] = [
    ("AccountKey", &[], Some("key")),
    ("Sas", &[], Some("sasToken")),
    ("ServicePrincipal", &["clientId", "tenantId"], Some("clientSecret")),
    ("Certificate", &["clientId", "tenantId", "thumbprint"], Some("certificate")),
    ("None", &[], None),
];

pub(super) fn check_name(name: &str) -> Result<(), Reply> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let starts_well = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if starts_well && name.len() <= 255 && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(invalid("The datastore name is not valid."))
}

pub(super) fn read(body: &Value) -> Result<DatastoreBody, Reply> {
    let properties = body.get("properties").and_then(Value::as_object);
    let mut properties = properties.ok_or_else(|| missing("properties"))?.clone();
    let kind = text(&properties, "datastoreType")?;
    let (_, required) = TYPES.iter().find(|(known, _)| *known == kind).ok_or_else(|| {
        invalid(&format!("Datastores of type `{kind}` cannot be created with this api-version."))
    })?;
    require(&properties, required)?;
    // Read-only: the service decides, whatever is sent.
    properties.shift_remove("isDefault");
    let Some(Value::Object(mut credentials)) = properties.shift_remove("credentials") else {
        return Err(missing("credentials"));
    };
    let kind = text(&credentials, "credentialsType")?;
    let (_, required, secret) = CREDENTIALS
        .iter()
        .find(|(known, ..)| *known == kind)
        .ok_or_else(|| invalid(&format!("`{kind}` is no credentialsType of this api-version.")))?;
    require(&credentials, required)?;
    let secrets = credentials.shift_remove("secrets").unwrap_or(Value::Null);
    if let Some(secret) = secret {
        if secrets.get("secretsType") != Some(&json!(kind)) {
            return Err(missing("credentials.secrets"));
        }
        if secrets.get(secret).and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(missing(&format!("credentials.secrets.{secret}")));
        }
    }
    Ok(DatastoreBody { properties, credentials, secrets })
}

/// What Machine Learning does unless it is told to skip it: the key must open the account.
pub(super) fn try_credentials(state: &State, body: &DatastoreBody) -> Result<(), Reply> {
    let Some(key) = body.secrets.get("key").and_then(Value::as_str) else { return Ok(()) };
    let account = body.properties.get("accountName").and_then(Value::as_str);
    let opens = account.and_then(|name| state.account(name)).is_some_and(|account| account.accepts(key));
    if opens { Ok(()) } else { Err(invalid("Forbidden. Please make sure the credentials are correct")) }
}

fn require(object: &Map<String, Value>, fields: &[&str]) -> Result<(), Reply> {
    let present = |field: &str| object.get(field).is_some_and(|value| !value.is_null() && value != "");
    fields.iter().find(|field| !present(field)).map_or(Ok(()), |field| Err(missing(field)))
}

fn text(object: &Map<String, Value>, field: &str) -> Result<String, Reply> {
    object.get(field).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| missing(field))
}

fn missing(field: &str) -> Reply {
    let mut reply =
        Reply::error(StatusCode::BAD_REQUEST, "ValidationError", "One or more validation errors occured.");
    if let crate::faces::Body::Json(body) = &mut reply.body {
        body["error"]["details"] =
            json!([{ "code": "ValidationError", "message": format!("The {field} field is required.") }]);
    }
    reply
}

fn invalid(message: &str) -> Reply {
    errors::machine_learning(StatusCode::BAD_REQUEST, message, "BadArgument")
}
