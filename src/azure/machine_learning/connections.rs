//! Workspace connections, which may hold a storage key of their own.

use azure_core::http::Url;
use rotation::{StorageAccountId, WorkspaceId};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{API, MachineLearning};
use crate::azure::arm::Call;
use crate::azure::cloud::Cloud;
use crate::azure::error::{Attempting, AzureError};

/// A connection of a workspace, without its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    /// Its name in the workspace.
    pub(crate) name: String,
    category: String,
    auth_type: String,
    /// The storage account, by its metadata or by the host of its target.
    pub(crate) account_name: Option<String>,
}

/// The categories of connection that lead to a storage account.
const STORAGE_CATEGORIES: [&str; 4] = ["AzureBlob", "ADLSGen2", "AzureStorageAccount", "AzureTableStorage"];
/// The types of authentication by an account key, or by a signature that was made with one.
const KEY_AUTH_TYPES: [&str; 2] = ["AccountKey", "SAS"];

#[derive(Deserialize)]
struct ConnectionJson {
    name: String,
    properties: ConnectionProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionProperties {
    #[serde(default)]
    category: String,
    #[serde(default)]
    auth_type: String,
    target: Option<String>,
    metadata: Option<Map<String, Value>>,
}

impl Connection {
    /// Whether it leads to a storage account by an account key, or by a signature that was made with one.
    #[must_use]
    pub(crate) fn may_hold_storage_key(&self) -> bool {
        let one_of = |names: &[&str], name: &str| names.iter().any(|each| each.eq_ignore_ascii_case(name));
        one_of(&STORAGE_CATEGORIES, &self.category) && one_of(&KEY_AUTH_TYPES, &self.auth_type)
    }
}

impl MachineLearning {
    /// Lists the connections of a workspace; those to storage of another cloud are left out, whose accounts may have the
    /// names of ours.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/connections/read`.
    pub(crate) async fn list_connections(
        &self,
        workspace: &WorkspaceId,
    ) -> Result<Vec<Connection>, AzureError> {
        let call = Call::get(format!("{workspace}/connections"), API);
        let answer = self.arm.list::<ConnectionJson>(call).await;
        answer
            .map(|found| found.into_iter().filter_map(|found| found.in_cloud(&self.cloud)).collect())
            .attempting(|| format!("list the connections of workspace `{}`", workspace.name()))
    }
}

impl ConnectionJson {
    /// What is read of it; nothing when it leads to storage of another cloud.
    fn in_cloud(self, cloud: &Cloud) -> Option<Connection> {
        let Self { name, properties: ConnectionProperties { category, auth_type, target, metadata } } = self;
        let host = target.as_deref().and_then(host_of);
        if host.as_ref().is_some_and(|host| cloud.is_storage_of_another(host)) {
            return None;
        }
        let account_name = metadata
            .as_ref()
            .and_then(account_in_metadata)
            .or_else(|| Some(target?.parse::<StorageAccountId>().ok()?.name().to_string()))
            .or_else(|| cloud.storage_account_of_host(&host?));
        Some(Connection { name, category, auth_type, account_name })
    }
}

fn account_in_metadata(metadata: &Map<String, Value>) -> Option<String> {
    let is_account = |name: &str| name.eq_ignore_ascii_case("AccountName");
    metadata
        .iter()
        .find(|(name, _)| is_account(name))
        .and_then(|(_, value)| value.as_str())
        .filter(|account| !account.is_empty())
        .map(ToOwned::to_owned)
}

fn host_of(target: &str) -> Option<String> {
    Some(Url::parse(target).ok()?.host_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(properties: &Value) -> Option<Connection> {
        let json = serde_json::json!({ "name": "c", "properties": properties });
        serde_json::from_value::<ConnectionJson>(json).unwrap().in_cloud(&Cloud::public())
    }

    fn account_of(properties: &Value) -> Option<String> {
        read(properties).unwrap().account_name
    }

    #[test]
    fn the_account_is_known_by_metadata_or_by_target() {
        let account = Some("stml".to_owned());
        let target = "https://stml.blob.core.windows.net/data?sig=abc";
        assert_eq!(
            account_of(&serde_json::json!({ "metadata": { "accountName": "stml" }, "target": "x" })),
            account
        );
        assert_eq!(
            account_of(&serde_json::json!({ "metadata": { "ContainerName": "c" }, "target": target })),
            account
        );
        assert_eq!(
            account_of(&serde_json::json!({ "target": "abfss://data@stml.dfs.core.windows.net/" })),
            account
        );
        assert_eq!(
            account_of(&serde_json::json!({
                "target": "/subscriptions/s/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/stml"
            })),
            account
        );
        assert_eq!(account_of(&serde_json::json!({ "target": "https://example.com" })), None);
        assert_eq!(account_of(&serde_json::json!({ "metadata": null })), None);
    }

    #[test]
    fn one_to_storage_of_another_cloud_is_left_out() {
        for domain in ["core.chinacloudapi.cn", "core.usgovcloudapi.net"] {
            let target = format!("https://stml.blob.{domain}/data");
            let properties = serde_json::json!({ "metadata": { "accountName": "stml" }, "target": target });
            assert_eq!(read(&properties), None, "{domain}");
        }
    }

    #[test]
    fn a_signature_in_the_target_is_dropped() {
        let found =
            read(&serde_json::json!({ "target": "https://stml.blob.core.windows.net/data?sig=s3cr3t" }))
                .unwrap();
        assert!(!format!("{found:?}").contains("s3cr3t"));
    }

    #[test]
    fn storage_by_key_or_signature_may_hold_a_key() {
        for (category, auth_type, expected) in [
            ("AzureBlob", "AccountKey", true),
            ("ADLSGen2", "SAS", true),
            ("AzureStorageAccount", "AccountKey", true),
            ("AzureTableStorage", "Sas", true),
            ("azureblob", "accountkey", true),
            ("AzureBlob", "ServicePrincipal", false),
            ("AzureBlob", "", false),
            ("AzureOpenAI", "AccountKey", false),
            ("AzureBlobs", "AccountKey", false),
            ("AccountKey", "AzureBlob", false),
            ("", "", false),
        ] {
            let connection = Connection {
                name: "c".to_owned(),
                category: category.to_owned(),
                auth_type: auth_type.to_owned(),
                account_name: None,
            };
            assert_eq!(connection.may_hold_storage_key(), expected, "{category} {auth_type}");
        }
    }
}
