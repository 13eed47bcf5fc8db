//! `Identities` of a request: a serialised `ClaimsIdentity` that says with which key the caller came.

use serde_json::{Value, json};

use super::super::keys::Access;

const AUTH_LEVEL: &str = "http://schemas.microsoft.com/2017/07/functions/claims/authlevel";
const INVOKE: &str = "http://schemas.microsoft.com/2017/07/functions/claims/invoke";
const KEY_ID: &str = "http://schemas.microsoft.com/2017/07/functions/claims/keyid";

pub(super) fn identities(access: Access) -> Value {
    let known = match access {
        Access::Anonymous => None,
        Access::Function => Some(("Function", "default")),
        Access::System => Some(("System", "eventgrid_extension")),
        Access::Admin => Some(("Admin", "master")),
    };
    let claims = known.map_or_else(Vec::new, |(level, key)| {
        vec![claim(AUTH_LEVEL, level), claim(INVOKE, "true"), claim(KEY_ID, key)]
    });
    json!([{
        "AuthenticationType": known.map(|_| "WebJobsAuthLevel"),
        "IsAuthenticated": known.is_some(),
        "Actor": null,
        "BootstrapContext": null,
        "Claims": claims,
        "Label": null,
        "Name": null,
        "NameClaimType": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
        "RoleClaimType": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
    }])
}

fn claim(claim_type: &str, value: &str) -> Value {
    json!({
        "Issuer": "LOCAL AUTHORITY",
        "OriginalIssuer": "LOCAL AUTHORITY",
        "Properties": {},
        "Type": claim_type,
        "Value": value,
        "ValueType": "http://www.w3.org/2001/XMLSchema#string",
    })
}
