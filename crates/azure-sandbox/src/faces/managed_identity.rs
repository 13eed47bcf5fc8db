//! The managed identity endpoint of App Service, which is plain HTTP on the machine itself.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::bearer;
use super::request::{Reply, Request};
use super::route::Route;
use crate::world::{Caller, World};

/// The secrets that `IDENTITY_HEADER` tells the app, and somebody else.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    product: String,
    outside: String,
}

impl Identity {
    pub(crate) fn new() -> Self {
        let secret = || uuid::Uuid::new_v4().simple().to_string().to_ascii_uppercase();
        Self { product: secret(), outside: secret() }
    }

    pub(crate) fn header(&self, caller: Caller) -> &str {
        match caller {
            Caller::Product => &self.product,
            Caller::Outside => &self.outside,
        }
    }

    fn caller(&self, header: Option<&str>) -> Option<Caller> {
        [Caller::Product, Caller::Outside].into_iter().find(|caller| header == Some(self.header(*caller)))
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(..)")
    }
}

pub(crate) const PATH: &str = "/msi/token";

pub(crate) fn route<'a>(world: &'a World, identity: &'a Identity, request: &'a Request) -> Route<'a> {
    if request.method != Method::GET || request.path != PATH {
        return Route::refused(Reply::unknown(request));
    }
    Route::to("ManagedIdentity_Token", || token(world, identity, request).of("ManagedIdentity_Token"))
}

fn token(world: &World, identity: &Identity, request: &Request) -> Reply {
    let Some(caller) = identity.caller(request.header("x-identity-header")) else {
        return refusal(StatusCode::UNAUTHORIZED, "the X-IDENTITY-HEADER header is missing or wrong");
    };
    if request.api_version.as_deref() != Some("2019-08-01") {
        return refusal(StatusCode::BAD_REQUEST, "api-version must be 2019-08-01");
    }
    let Some(resource) = request.parameter("resource") else {
        return refusal(StatusCode::BAD_REQUEST, "the resource parameter is missing");
    };
    world.write(|state| {
        if !state.cloud.has_audience(&resource) {
            return refusal(StatusCode::BAD_REQUEST, "no token is to be had here for that resource");
        }
        let principal = state.access.principal_of(caller);
        let asked = [("client_id", &principal.client_id), ("object_id", &principal.object_id)];
        if asked.iter().any(|(name, own)| request.parameter(name).is_some_and(|id| id != **own)) {
            return refusal(
                StatusCode::BAD_REQUEST,
                "no managed identity with that id is assigned to the app",
            );
        }
        let client_id = principal.client_id.clone();
        let token = bearer::issue(state, caller, &resource);
        Reply::ok(json!({
            "access_token": token.text,
            // Text, and seconds: clients refuse a number.
            "expires_on": token.expires.unix_timestamp().to_string(),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": client_id,
        }))
    })
}

fn refusal(status: StatusCode, message: &str) -> Reply {
    Reply::json(status, json!({ "statusCode": status.as_u16(), "message": message }))
}
