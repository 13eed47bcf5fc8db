//! The JSON of connections, as far as it is read.

use rotation::Name;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::target::Target;
use crate::azure::access_key::AccessKey;
use crate::azure::cloud::Cloud;
use crate::azure::error::Cause;
use crate::azure::machine_learning::system_data::SystemData;
use crate::azure::machine_learning::{StorageSecret, shown_name};
use crate::azure::redaction::redacted;
use crate::azure::sas::{SasToken, StorageResource};

/// The categories whose connections lead to a container or a filesystem.
const CONTAINER_CATEGORIES: [&str; 2] = ["AzureBlob", "ADLSGen2"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::azure::machine_learning) struct Connection {
    name: String,
    properties: Properties,
    system_data: Option<SystemData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    category: Option<String>,
    auth_type: Option<String>,
    target: Option<String>,
    metadata: Option<Map<String, Value>>,
    created_by_workspace_arm_id: Option<String>,
}

/// The same with credentials, as `listsecrets` gives them.
#[derive(Deserialize)]
pub(in crate::azure::machine_learning) struct Secrets {
    properties: SecretProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecretProperties {
    auth_type: String,
    credentials: Option<Credentials>,
}

#[derive(Default, Deserialize)]
struct Credentials {
    key: Option<AccessKey>,
    sas: Option<SasToken>,
}

impl Connection {
    /// What is read of it; nothing when it leads to storage of another cloud.
    pub(super) fn in_cloud(self, cloud: &Cloud) -> Option<super::Connection> {
        let Self { name, properties, system_data } = self;
        let Properties { category, auth_type, target, metadata, created_by_workspace_arm_id } = properties;
        let target = target.map_or(Some(Target::default()), |target| Target::read(&target, cloud))?;
        let metadata = |name| metadata.as_ref().and_then(|metadata| text_of(metadata, name));
        let named = metadata("AccountName").filter(|name| is_account_name(name));
        let mut accounts: Vec<Name> = named.map(Name::new).into_iter().collect();
        accounts.extend(target.account);
        let resource = match (metadata("ContainerName"), target.container.as_deref()) {
            // Which of the two it leads to is not known.
            (Some(named), Some(targeted)) if named != targeted => None,
            (named, targeted) => named.or(targeted).and_then(StorageResource::container),
        };
        let category = category.as_deref().map(redacted).unwrap_or_default();
        let leads_to_container = CONTAINER_CATEGORIES.iter().any(|each| each.eq_ignore_ascii_case(&category));
        Some(super::Connection {
            resource: resource.filter(|_| leads_to_container),
            name: shown_name(name),
            category,
            auth_type: auth_type.as_deref().map(redacted).unwrap_or_default(),
            accounts,
            signed_target: target.signed,
            made_in: created_by_workspace_arm_id.and_then(|id| id.parse().ok()),
            last_modified: system_data.and_then(SystemData::last_modified),
        })
    }
}

/// Whether a storage account can have the name, in whatever letter case somebody wrote it.
fn is_account_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A text in the metadata; letter case does not count in its name.
fn text_of<'a>(metadata: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let found = metadata.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.and_then(|(_, value)| value.as_str()).filter(|text| !text.is_empty())
}

impl TryFrom<Secrets> for StorageSecret {
    type Error = Cause;

    fn try_from(
        Secrets { properties: SecretProperties { auth_type, credentials } }: Secrets,
    ) -> Result<Self, Cause> {
        let Credentials { key, sas } = credentials.unwrap_or_default();
        Self::of_type(&auth_type, key, sas)
    }
}
