//! The JSON of connections, as far as it is read.

use azure_core::http::Url;
use rotation::{Name, StorageAccountId};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::azure::access_key::AccessKey;
use crate::azure::cloud::Cloud;
use crate::azure::error::Cause;
use crate::azure::machine_learning::StorageSecret;
use crate::azure::machine_learning::system_data::SystemData;
use crate::azure::sas::{SasToken, StorageResource};

/// The categories whose connections lead to a container or a filesystem.
const CONTAINER_CATEGORIES: [&str; 2] = ["AzureBlob", "ADLSGen2"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connection {
    name: String,
    properties: Properties,
    system_data: Option<SystemData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    category: String,
    #[serde(default)]
    auth_type: String,
    target: Option<String>,
    metadata: Option<Map<String, Value>>,
}

/// The same with credentials, as `listsecrets` gives them.
#[derive(Deserialize)]
pub(super) struct Secrets {
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

/// What a target leads to. The rest of it is dropped: it may hold a signature.
#[derive(Default)]
struct Target {
    account: Option<Name>,
    container: Option<String>,
}

impl Connection {
    /// What is read of it; nothing when it leads to storage of another cloud.
    pub(super) fn in_cloud(self, cloud: &Cloud) -> Option<super::Connection> {
        let Self { name, properties: Properties { category, auth_type, target, metadata }, system_data } =
            self;
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
        let leads_to_container = CONTAINER_CATEGORIES.iter().any(|each| each.eq_ignore_ascii_case(&category));
        Some(super::Connection {
            resource: resource.filter(|_| leads_to_container),
            name,
            category,
            auth_type,
            accounts,
            last_modified: system_data.and_then(SystemData::last_modified),
        })
    }
}

impl Target {
    /// What it leads to; nothing when that is storage of another cloud.
    fn read(target: &str, cloud: &Cloud) -> Option<Self> {
        if let Ok(account) = target.parse::<StorageAccountId>() {
            return Some(Self { account: Some(account.name().clone()), container: None });
        }
        let Ok(url) = Url::parse(target) else {
            return Some(Self::default());
        };
        let host = url.host_str().unwrap_or_default();
        if cloud.is_storage_of_another(host) {
            return None;
        }
        let account = cloud.storage_account_of_host(host).map(Name::new);
        // `abfss://filesystem@account.dfs.core.windows.net/` or `https://account.blob.core.windows.net/container`.
        let first = url.path().split('/').nth(1).unwrap_or_default();
        let container = [url.username(), first].into_iter().find(|name| !name.is_empty());
        let container = container.filter(|_| account.is_some()).map(ToOwned::to_owned);
        Some(Self { account, container })
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
