//! What a call is there to carry: the only places where a secret value may stand. All the rest is shown to the world.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Response};
use serde_json::Value;

use crate::faces::{Endpoint, Request};
use crate::witness::{PlaceKind, Witness};
use crate::world::World;

/// The whole of a body.
const ALL: &[&str] = &[""];

/// The fields of an answer that hold secrets because that is what was asked for, or, as the target of a connection, because
/// somebody put one there.
const GIVEN: [(&str, &[&str]); 14] = [
    ("Datastores_ListSecrets", ALL),
    ("GetSecret", &["/value"]),
    ("ManagedIdentity_Token", &["/access_token"]),
    ("SetSecret", &["/value"]),
    ("StorageAccounts_ListKeys", &["/keys"]),
    ("StorageAccounts_RegenerateKey", &["/keys"]),
    ("Token", &["/access_token"]),
    ("WebApps_ListHostKeys", ALL),
    ("WorkspaceConnections_Create", &["/properties/target"]),
    ("WorkspaceConnections_Get", &["/properties/target"]),
    ("WorkspaceConnections_List", &["/value/*/properties/target"]),
    ("WorkspaceConnections_ListSecrets", &["/properties/credentials", "/properties/target"]),
    ("Workspaces_ListKeys", &["/userStorageKey"]),
    ("Workspaces_ListStorageAccountKeys", &["/userStorageKey"]),
];

/// Shows the world a call and its answer, if there is one, without what they are there to carry.
pub(super) fn show(
    world: &World,
    endpoint: &Endpoint,
    request: &Request,
    operation: &str,
    response: Option<&Response<Bytes>>,
) {
    world.see(PlaceKind::Url, operation, shown_url(endpoint, request).as_bytes());
    let headers = |kind, headers: &HeaderMap| {
        for (name, value) in headers.iter().filter(|(name, _)| !is_credential(endpoint, name.as_str())) {
            world.see(kind, &format!("{operation}, {name}"), value.as_bytes());
        }
    };
    headers(PlaceKind::RequestHeader, &request.headers);
    let body = without(&request.body, taken(endpoint, request));
    world.see(PlaceKind::RequestBody, operation, &body);
    let Some(response) = response else { return };
    headers(PlaceKind::ResponseHeader, response.headers());
    let given = GIVEN.iter().find(|(known, _)| *known == operation).map_or(&[][..], |(_, fields)| fields);
    world.see(PlaceKind::ResponseBody, operation, &without(response.body(), given));
}

/// The fields of a request that are there for a secret. The address says it, and not the operation: a caller that is
/// not let in has sent them all the same.
fn taken(endpoint: &Endpoint, request: &Request) -> &'static [&'static str] {
    let segments: Vec<String> =
        request.segments().iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (endpoint, &request.method, segments.as_slice()) {
        (Endpoint::Vault(_), &Method::PUT, ["secrets", _]) => &["/value"],
        (Endpoint::Management, &Method::PUT, [.., "workspaces", _, "datastores", _]) => {
            &["/properties/credentials/secrets"]
        }
        (Endpoint::Management, &Method::PUT, [.., "workspaces", _, "connections", _]) => {
            &["/properties/credentials", "/properties/target"]
        }
        (Endpoint::Login, &Method::POST, [_, "oauth2", "v2.0", "token"]) => ALL,
        _ => &[],
    }
}

/// Headers that are there for a secret.
fn is_credential(endpoint: &Endpoint, header: &str) -> bool {
    match endpoint {
        Endpoint::ManagedIdentity(_) => header == "x-identity-header",
        Endpoint::Management | Endpoint::Login | Endpoint::Vault(_) | Endpoint::Storage { .. } => {
            header == "authorization"
        }
    }
}

/// The URL, without the signature that lets a caller into storage.
pub(super) fn shown_url(endpoint: &Endpoint, request: &Request) -> String {
    let url = request.url();
    match (endpoint, url.split_once('?')) {
        (Endpoint::Storage { .. }, Some((address, query))) => {
            let shown = query.split('&').filter(|field| !field.starts_with("sig="));
            format!("{address}?{}", shown.collect::<Vec<_>>().join("&"))
        }
        _ => url,
    }
}

/// The body without some fields.
fn without<'a>(body: &'a [u8], fields: &[&str]) -> Cow<'a, [u8]> {
    if fields.is_empty() {
        return body.into();
    }
    if fields == ALL {
        return Cow::default();
    }
    let Ok(mut json) = serde_json::from_slice::<Value>(body) else { return body.into() };
    for field in fields {
        empty(&mut json, field);
    }
    json.to_string().into_bytes().into()
}

/// Empties a field; `*` stands for each item of a list.
fn empty(json: &mut Value, field: &str) {
    if let Some((list, rest)) = field.split_once("/*") {
        let items = json.pointer_mut(list).and_then(Value::as_array_mut);
        items.into_iter().flatten().for_each(|item| empty(item, rest));
    } else if let Some(field) = json.pointer_mut(field) {
        *field = Value::Null;
    }
}
