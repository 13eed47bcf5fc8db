//! The JSON of datastores, as far as it is read.

use serde::Deserialize;

use super::CredentialsType;
use crate::azure::access_key::AccessKey;
use crate::azure::cloud::Cloud;
use crate::azure::error::Cause;
use crate::azure::machine_learning::system_data::SystemData;
use crate::azure::machine_learning::{StorageSecret, shown_name};
use crate::azure::redaction::redacted;
use crate::azure::sas::{SasToken, StorageResource};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::azure::machine_learning) struct Datastore {
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
    container_name: Option<String>,
    filesystem: Option<String>,
    file_share_name: Option<String>,
    credentials: Option<Credentials>,
    is_default: Option<bool>,
}

/// The credentials of a datastore, whose values are never given with it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    credentials_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::azure::machine_learning) struct Secrets {
    secrets_type: String,
    key: Option<AccessKey>,
    sas_token: Option<SasToken>,
}

impl Datastore {
    /// What is read of it; nothing when it is on storage of another cloud.
    pub(super) fn in_cloud(self, cloud: &Cloud) -> Option<super::Datastore> {
        let Self { name, properties, system_data } = self;
        if properties.endpoint.as_deref().is_some_and(|domain| cloud.is_storage_of_another(domain)) {
            return None;
        }
        Some(super::Datastore {
            name: shown_name(name),
            resource: properties.resource(),
            datastore_type: properties.datastore_type.as_deref().map(redacted).unwrap_or_default(),
            account_name: properties.account_name.as_deref().map(redacted),
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
            _ => Self::Other(redacted(&name)),
        }
    }
}

impl Properties {
    /// What it is for, by the field that its type has for that.
    fn resource(&self) -> Option<StorageResource> {
        match self.datastore_type.as_deref()?.to_ascii_lowercase().as_str() {
            "azureblob" => StorageResource::container(self.container_name.as_deref()?),
            "azuredatalakegen2" => StorageResource::container(self.filesystem.as_deref()?),
            "azurefile" => StorageResource::share(self.file_share_name.as_deref()?),
            _ => None,
        }
    }
}

impl TryFrom<Secrets> for StorageSecret {
    type Error = Cause;

    fn try_from(Secrets { secrets_type, key, sas_token }: Secrets) -> Result<Self, Cause> {
        Self::of_type(&secrets_type, key, sas_token)
    }
}
