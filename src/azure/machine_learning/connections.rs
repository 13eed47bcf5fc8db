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
pub struct Connection {
    /// Its name in the workspace.
    pub name: String,
    /// `AzureBlob`, `ADLSGen2`, `AzureStorageAccount`, `AzureTableStorage`, or anything else.
    pub category: String,
    /// `AccountKey`, `SAS`, or anything else.
    pub auth_type: String,
    /// What it connects to, mostly an address.
    pub target: Option<String>,
    /// The storage account, by its metadata or by the host of its target.
    pub account_name: Option<String>,
}

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

impl MachineLearning {
    /// Lists the connections of a workspace.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/connections/read`.
    pub async fn list_connections(&self, workspace: &WorkspaceId) -> Result<Vec<Connection>, AzureError> {
        let call = Call::get(format!("{workspace}/connections"), API);
        let answer = self.arm.list::<ConnectionJson>(call).await;
        answer
            .map(|found| found.into_iter().map(|found| found.into_connection(&self.cloud)).collect())
            .attempting(|| format!("list the connections of workspace `{}`", workspace.name()))
    }
}

impl ConnectionJson {
    fn into_connection(self, cloud: &Cloud) -> Connection {
        let Self { name, properties: ConnectionProperties { category, auth_type, target, metadata } } = self;
        let named = metadata.as_ref().and_then(account_in_metadata);
        let account_name = named.or_else(|| account_in_target(target.as_deref()?, cloud));
        // The target may have a shared access signature in its query.
        let target = target.map(|target| target.split('?').next().unwrap_or_default().to_owned());
        Connection { name, category, auth_type, target, account_name }
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

fn account_in_target(target: &str, cloud: &Cloud) -> Option<String> {
    if let Ok(account) = target.parse::<StorageAccountId>() {
        return Some(account.name().to_string());
    }
    let host = Url::parse(target).ok()?.host_str()?.to_owned();
    cloud.storage_account_of_host(&host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account_of(properties: &Value) -> Option<String> {
        let json = serde_json::json!({ "name": "c", "properties": properties });
        serde_json::from_value::<ConnectionJson>(json).unwrap().into_connection(&Cloud::public()).account_name
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
    fn a_signature_in_the_target_is_dropped() {
        let json = serde_json::json!({
            "name": "c", "properties": { "target": "https://stml.blob.core.windows.net/data?sig=abc" }
        });
        let found = serde_json::from_value::<ConnectionJson>(json).unwrap().into_connection(&Cloud::public());
        assert_eq!(found.target.as_deref(), Some("https://stml.blob.core.windows.net/data"));
    }
}
