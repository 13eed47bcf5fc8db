//! The token endpoint of Microsoft Entra ID, for client credentials.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::bearer;
use super::request::{Reply, Request};
use super::route::Route;
use crate::percent;
use crate::world::{Caller, World};

pub(crate) fn route<'a>(world: &'a World, request: &'a Request) -> Route<'a> {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (&request.method, segments.as_slice()) {
        (&Method::POST, [tenant, "oauth2", "v2.0", "token"]) => {
            let tenant = (*tenant).to_owned();
            Route::to("Token", move || token(world, request, &tenant).of("Token"))
        }
        _ => Route::refused(Reply::unknown(request)),
    }
}

fn token(world: &World, request: &Request, tenant: &str) -> Reply {
    // `+` is a space in a form, unlike in a path.
    let form = String::from_utf8_lossy(&request.body).replace('+', " ");
    let form = percent::query_pairs(&form);
    let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if field("grant_type") != Some("client_credentials") {
        return refusal("unsupported_grant_type", "AADSTS70003: only client_credentials is known here.");
    }
    world.write(|state| {
        let principal = &state.access.principal;
        if tenant != principal.tenant_id {
            return refusal("invalid_request", &format!("AADSTS90002: Tenant '{tenant}' not found."));
        }
        let secret = state.access.client_secret.as_deref();
        if secret.is_none() || field("client_secret") != secret {
            return refusal("invalid_client", "AADSTS7000215: Invalid client secret provided.");
        }
        if field("client_id") != Some(principal.client_id.as_str()) {
            return refusal(
                "unauthorized_client",
                "AADSTS700016: Application was not found in the directory.",
            );
        }
        let resource = field("scope").and_then(|scope| scope.strip_suffix("/.default"));
        let Some(resource) = resource.filter(|resource| state.cloud.has_audience(resource)) else {
            return refusal("invalid_scope", "AADSTS70011: The provided value for scope is not valid.");
        };
        let token = bearer::issue(state, Caller::Product, resource);
        let seconds = (token.expires - crate::clock::now()).whole_seconds();
        Reply::ok(json!({
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": token.text,
        }))
    })
}

fn refusal(error: &str, description: &str) -> Reply {
    let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    Reply::json(status, json!({ "error": error, "error_description": description }))
}
