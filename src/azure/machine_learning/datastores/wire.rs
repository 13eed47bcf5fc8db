//! The JSON of datastores, as far as it is read.

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{CredentialsType, DatastoreSecret, LastModified};
use crate::azure::access_key::AccessKey;
use crate::azure::cloud::Cloud;
use crate::azure::error::Cause;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Datastore {
    name: String,
    properties: Properties,
    system_data: Option<SystemData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    datastore_type: Option<String>,
    account_name: Option<String>,
    endpoint: Option<String>,
    credentials: Option<Credentials>,
    is_default: Option<bool>,
}

/// The credentials of a datastore, whose values are never given with it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credentials {
    credentials_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SystemData {
    created_at: Option<String>,
    created_by: Option<String>,
    last_modified_at: Option<String>,
    last_modified_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Secrets {
    secrets_type: String,
    key: Option<AccessKey>,
}

impl Datastore {
    /// What is read of it; nothing when it is on storage of another cloud.
    pub(super) fn in_cloud(self, cloud: &Cloud) -> Option<super::Datastore> {
        let Self { name, properties, system_data } = self;
        if properties.endpoint.is_some_and(|endpoint| cloud.is_storage_of_another(&endpoint)) {
            return None;
        }
        Some(super::Datastore {
            name,
            datastore_type: properties.datastore_type.unwrap_or_default(),
            account_name: properties.account_name,
            credentials: properties.credentials.map_or(CredentialsType::None, CredentialsType::from),
            is_default: properties.is_default.unwrap_or(false),
            last_modified: system_data.and_then(SystemData::last_modified),
        })
    }
}

impl From<Credentials> for CredentialsType {
    fn from(credentials: Credentials) -> Self {
        let name = credentials.credentials_type.unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "accountkey" => Self::AccountKey,
            "sas" => Self::Sas,
            "none" => Self::None,
            "serviceprincipal" => Self::ServicePrincipal,
            "certificate" => Self::Certificate,
            _ => Self::Other(name),
        }
    }
}

impl SystemData {
    fn last_modified(self) -> Option<LastModified> {
        let at = |text: Option<String>| OffsetDateTime::parse(&text?, &Rfc3339).ok();
        if let Some(at) = at(self.last_modified_at) {
            return Some(LastModified { at, by: self.last_modified_by });
        }
        Some(LastModified { at: at(self.created_at)?, by: self.created_by })
    }
}

impl TryFrom<Secrets> for DatastoreSecret {
    type Error = Cause;

    fn try_from(Secrets { secrets_type, key }: Secrets) -> Result<Self, Cause> {
        if !secrets_type.eq_ignore_ascii_case("AccountKey") {
            return Ok(Self::Other);
        }
        key.map(Self::AccountKey).ok_or_else(|| Cause::Malformed("there is no key in it".to_owned()))
    }
}
