//! How a cloud describes itself. Everybody may ask.
//!
//! Source: what `az`, azurerm and the SDKs read of it, and what they quote: one cloud in api-version 2022-09-01, a list
//! before, and at first an object that says little.

use axum::http::Method;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::faces::request::{Reply, Request};
use crate::faces::route::Route;

const PATH: &str = "/metadata/endpoints";

/// Whether somebody asks for the description.
pub(super) fn is_asked_for(request: &Request) -> bool {
    request.method == Method::GET && request.path == PATH
}

pub(super) fn route(cloud: Cloud, request: &Request) -> Route<'_> {
    Route::to("Metadata_Endpoints", move || answer(cloud, request))
}

fn answer(cloud: Cloud, request: &Request) -> Reply {
    let description = match request.api_version.as_deref() {
        Some("2015-01-01") => first_shape(cloud),
        Some("2019-05-01" | "2019-10-01" | "2020-06-01") => list(cloud),
        Some("2022-09-01") => description_of(cloud),
        _ => return Reply::unsupported("describe a cloud in another api-version"),
    };
    Reply::ok(description).of("Metadata_Endpoints")
}

/// The public cloud tells of the others as well.
fn list(cloud: Cloud) -> Value {
    if cloud == Cloud::public() {
        Cloud::WELL_KNOWN.map(description_of).into_iter().collect()
    } else {
        json!([description_of(cloud)])
    }
}

fn first_shape(cloud: Cloud) -> Value {
    json!({ "authentication": { "loginEndpoint": login(cloud), "audiences": audiences(cloud) } })
}

fn description_of(cloud: Cloud) -> Value {
    json!({
        "authentication": {
            "loginEndpoint": login(cloud),
            "audiences": audiences(cloud),
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "name": cloud.name,
        "suffixes": { "keyVaultDns": cloud.vault_suffix, "storage": cloud.storage_suffix },
        "resourceManager": format!("https://{}/", cloud.resource_manager),
    })
}

fn login(cloud: Cloud) -> String {
    format!("https://{}/", cloud.login)
}

fn audiences(cloud: Cloud) -> Vec<String> {
    cloud.resource_manager_audiences.iter().map(|audience| format!("{audience}/")).collect()
}
