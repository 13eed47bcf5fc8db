//! The JSON of `Microsoft.Storage`.

use azure_core::http::Url;
use rotation::Name;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::sas_policy::SasPolicy;
use super::{AccessKeys, ListedKey, StorageAccount};
use crate::azure::access_key::AccessKey;
use crate::azure::cloud::Cloud;
use crate::azure::error::Cause;
use crate::azure::redaction::redacted;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Regenerate {
    pub(super) key_name: &'static str,
}

#[derive(Deserialize)]
pub(super) struct Account {
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    allow_shared_key_access: Option<bool>,
    allow_shared_key_access_for_services: Option<Services>,
    sas_policy: Option<SasPolicy>,
    primary_endpoints: Option<Endpoints>,
}

#[derive(Default, Deserialize)]
struct Services {
    blob: Option<Switch>,
    file: Option<Switch>,
}

#[derive(Deserialize)]
struct Switch {
    enabled: Option<bool>,
}

#[derive(Default, Deserialize)]
struct Endpoints {
    blob: Option<String>,
    file: Option<String>,
}

impl Account {
    /// What is read of the account of that name in this cloud.
    pub(super) fn in_cloud(self, cloud: &Cloud, account: &Name) -> Result<StorageAccount, Cause> {
        let Self { properties } = self;
        let services = properties.allow_shared_key_access_for_services.unwrap_or_default();
        let endpoints = properties.primary_endpoints.unwrap_or_default();
        // Null means that nobody switched it off.
        let is_on = |switch: Option<Switch>| switch.and_then(|switch| switch.enabled).unwrap_or(true);
        let endpoint = |service, text: Option<String>| {
            text.map(|text| endpoint(&text, service, cloud, account)).transpose()
        };
        Ok(StorageAccount {
            allow_shared_key_access: properties.allow_shared_key_access.unwrap_or(true),
            allow_shared_key_access_to_blobs: is_on(services.blob),
            allow_shared_key_access_to_files: is_on(services.file),
            longest_sas: properties.sas_policy.map_or(Ok(None), SasPolicy::longest)?,
            blob_endpoint: endpoint("blob", endpoints.blob)?,
            file_endpoint: endpoint("file", endpoints.file)?,
        })
    }
}

/// The services take a signature over http as well, but nobody shall read it on the way. The endpoints are always
/// Azure's own: a custom domain stands elsewhere in the account.
fn endpoint(text: &str, service: &str, cloud: &Cloud, account: &Name) -> Result<Url, Cause> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https");
    let url =
        url.ok_or_else(|| Cause::Malformed("an endpoint of the account is no https address".to_owned()))?;
    let host = url.host_str().unwrap_or_default();
    match cloud.storage_account_of_host(host) {
        Some(_) if url.port().is_none() && cloud.is_storage_endpoint(host, account, service) => Ok(url),
        Some(_) if url.port().is_none() => Err(Cause::Malformed(
            "an endpoint of the account is that of another one, or of another service".to_owned(),
        )),
        _ => Err(Cause::OutsideCloud { host: redacted(host), cloud: cloud.name().to_owned() }),
    }
}

#[derive(Deserialize)]
pub(super) struct Keys {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    key_name: String,
    value: AccessKey,
    #[serde(default, with = "time::serde::rfc3339::option")]
    creation_time: Option<OffsetDateTime>,
}

impl TryFrom<Keys> for AccessKeys {
    type Error = Cause;

    fn try_from(Keys { keys }: Keys) -> Result<Self, Cause> {
        let (mut key1, mut key2) = (None, None);
        for key in keys {
            let listed = ListedKey { value: key.value, created: key.creation_time };
            // There are Kerberos keys as well.
            match key.key_name.to_ascii_lowercase().as_str() {
                "key1" => key1 = Some(listed),
                "key2" => key2 = Some(listed),
                _ => {}
            }
        }
        Ok(Self { key1: usable("key1", key1)?, key2: usable("key2", key2)? })
    }
}

/// The key, if it is one: with a value that cannot sign, every token would look like somebody else's.
fn usable(name: &str, listed: Option<ListedKey>) -> Result<ListedKey, Cause> {
    let listed = listed.ok_or_else(|| Cause::Malformed(format!("there is no `{name}` in it")))?;
    if listed.value.can_sign() {
        Ok(listed)
    } else {
        Err(Cause::Malformed(format!("the value of `{name}` in it is no key")))
    }
}
