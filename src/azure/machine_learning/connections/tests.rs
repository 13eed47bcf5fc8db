//! What a connection is, leads to and holds.

use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::azure::Cause;
use crate::azure::cloud::Cloud;
use crate::azure::in_process::{KEY1, Served, json as answer};

const WORKSPACE: &str =
    "/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw";

fn read(properties: &Value) -> Option<Connection> {
    let json = json!({ "name": "c", "properties": properties });
    serde_json::from_value::<wire::Connection>(json).unwrap().in_cloud(&Cloud::public())
}

fn connection(properties: &Value) -> Connection {
    read(properties).unwrap()
}

fn leads_to(properties: &Value) -> (Vec<String>, Option<StorageResource>) {
    let found = connection(properties);
    (found.accounts.iter().map(ToString::to_string).collect(), found.resource)
}

fn container(name: &str) -> Option<StorageResource> {
    StorageResource::container(name)
}

#[test]
fn account_and_container_are_known_by_metadata_and_by_target() {
    let stml = || vec!["stml".to_owned()];
    let both = || vec!["stml".to_owned(), "stml".to_owned()];
    let url = "https://stml.blob.core.windows.net/data?sig=abc";
    for (properties, accounts, resource) in [
        (json!({ "metadata": { "accountName": "stml" }, "target": "x" }), stml(), None),
        (
            json!({ "metadata": { "AccountName": "stml", "containername": "data" } }),
            stml(),
            container("data"),
        ),
        (json!({ "metadata": { "ContainerName": "data" }, "target": url }), stml(), container("data")),
        (json!({ "metadata": { "AccountName": "stml" }, "target": url }), both(), container("data")),
        (json!({ "metadata": { "ContainerName": "other" }, "target": url }), stml(), None),
        (json!({ "target": "abfss://data@stml.dfs.core.windows.net/path" }), stml(), container("data")),
        (json!({ "target": "https://stml.blob.core.windows.net" }), stml(), None),
        (json!({ "target": "https://stml.blob.core.windows.net/Da%20ta" }), stml(), None),
        (
            json!({ "target": "/subscriptions/s/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/stml" }),
            stml(),
            None,
        ),
        (json!({ "target": "https://example.com/data" }), Vec::new(), None),
        (json!({ "metadata": null }), Vec::new(), None),
    ] {
        let mut of_blobs = properties.clone();
        of_blobs["category"] = json!("azureblob");
        assert_eq!(leads_to(&of_blobs), (accounts.clone(), resource), "{properties}");
        // The path of another service is no container.
        let mut of_tables = properties.clone();
        of_tables["category"] = json!("AzureTableStorage");
        assert_eq!(leads_to(&of_tables), (accounts, None), "{properties}");
    }
}

#[test]
fn it_may_lead_to_the_account_that_either_names_and_to_any_if_none_does() {
    let target = "https://stml.blob.core.windows.net/data";
    for (properties, expected) in [
        (json!({ "target": target }), true),
        (json!({ "metadata": { "AccountName": "STML" } }), true),
        (json!({ "metadata": { "AccountName": "other" }, "target": target }), true),
        (json!({ "metadata": { "AccountName": "other" } }), false),
        (json!({ "metadata": { "AccountName": "other" }, "target": "https://cdn.example/data" }), false),
        (json!({ "target": "https://stml-secondary.blob.core.windows.net/data" }), true),
        (json!({ "target": "https://stml.privatelink.blob.core.windows.net/data" }), true),
        (json!({ "target": "https://other-secondary.blob.core.windows.net/data" }), false),
        // What can be no name of an account names none.
        (json!({ "metadata": { "AccountName": "stml.blob.core.windows.net" } }), true),
        (json!({ "metadata": { "AccountName": " stml" } }), true),
        (json!({}), true),
    ] {
        assert_eq!(connection(&properties).may_lead_to(&Name::new("stml")), expected, "{properties}");
    }
}

#[test]
fn one_to_storage_of_another_cloud_is_left_out() {
    for domain in ["core.chinacloudapi.cn", "core.usgovcloudapi.net"] {
        let target = format!("https://stml.blob.{domain}/data");
        let properties = json!({ "metadata": { "accountName": "stml" }, "target": target });
        assert_eq!(read(&properties), None, "{domain}");
    }
}

#[test]
fn a_signature_in_the_target_is_dropped() {
    let found = connection(&json!({ "target": "https://stml.blob.core.windows.net/data?sig=s3cr3t" }));
    assert!(!format!("{found:?}").contains("s3cr3t"));
}

#[test]
fn storage_by_key_or_signature_holds_one() {
    let (key, sas) = (Some(StorageCredentials::AccountKey), Some(StorageCredentials::Sas));
    for (category, auth_type, expected) in [
        ("AzureBlob", "AccountKey", key),
        ("ADLSGen2", "SAS", sas),
        ("AzureStorageAccount", "AccountKey", key),
        ("AzureTableStorage", "Sas", sas),
        ("azureblob", "accountkey", key),
        ("AzureBlob", "ServicePrincipal", None),
        ("AzureBlob", "", None),
        ("AzureOpenAI", "AccountKey", None),
        ("AzureBlobs", "AccountKey", None),
        ("AccountKey", "AzureBlob", None),
        ("", "", None),
    ] {
        let found = connection(&json!({ "category": category, "authType": auth_type }));
        assert_eq!(found.storage_credentials(), expected, "{category} {auth_type}");
    }
}

#[tokio::test]
async fn connections_are_listed() {
    let body = json!({ "value": [
        { "name": "c", "systemData": { "lastModifiedAt": "2026-11-23T12:00:00Z", "lastModifiedBy": "someone" },
          "properties": { "category": "AzureBlob", "authType": "AccountKey",
            "target": "https://stml.blob.core.windows.net/x" } },
        { "name": "d", "properties": { "authType": "PAT" } },
    ] });
    let served = Served::by(move |_, _| answer(200, &body));
    let workspace = WORKSPACE.parse().unwrap();
    let found = served.azure.machine_learning.list_connections(&workspace).await.unwrap();
    assert_eq!((found[0].name.as_str(), found[1].name.as_str()), ("c", "d"));
    assert_eq!(found[0].storage_credentials(), Some(StorageCredentials::AccountKey));
    let by = Some("someone".to_owned());
    assert_eq!(found[0].last_modified, Some(LastModified { at: datetime!(2026-11-23 12:00 UTC), by }));
    assert_eq!((&found[1].last_modified, found[1].storage_credentials()), (&None, None));
}

async fn secret(properties: Value) -> Result<StorageSecret, AzureError> {
    let body = json!({ "id": "x", "name": "c", "properties": properties });
    let served = Served::by(move |_, _| answer(200, &body));
    let secret = served.azure.machine_learning.connection_secret(&WORKSPACE.parse().unwrap(), "c_1").await;
    assert_eq!(
        served.lines(),
        [format!("POST management.azure.com{WORKSPACE}/connections/c_1/listsecrets?api-version=2024-10-01")]
    );
    assert_eq!(served.received()[0].body, "");
    secret
}

#[tokio::test]
async fn the_secret_of_a_connection_is_read() {
    let token = "sv=2026-10-06&sig=s3cr3t";
    let key = secret(json!({ "authType": "AccountKey", "credentials": { "key": KEY1 } })).await.unwrap();
    assert!(matches!(&key, StorageSecret::AccountKey(key) if key.expose() == KEY1));
    let sas = secret(json!({ "authType": "SAS", "credentials": { "sas": token } })).await.unwrap();
    assert!(matches!(&sas, StorageSecret::Sas(_)));
    let other = json!({ "authType": "PAT", "credentials": { "pat": token } });
    assert!(matches!(secret(other).await.unwrap(), StorageSecret::Other));
    assert!(!format!("{key:?} {sas:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn a_secret_without_what_it_should_hold_is_malformed_and_not_shown() {
    for properties in [
        json!({ "authType": "AccountKey" }),
        json!({ "authType": "AccountKey", "credentials": null }),
        json!({ "authType": "SAS", "credentials": { "key": KEY1 } }),
        json!({ "authType": "SAS", "credentials": { "sas": ["sig=s3cr3t"] } }),
        json!({ "credentials": { "key": KEY1 } }),
    ] {
        let error = secret(properties).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Malformed(_)), "{error:?}");
        let text = crate::azure::error_chain(&error);
        assert!(!text.contains("s3cr3t") && !text.contains(&KEY1[..20]), "{text}");
    }
}

#[tokio::test]
async fn a_name_cannot_lead_elsewhere() {
    let served = Served::by(|_, _| answer(200, &json!({})));
    for name in ["", "..", "a/b", "a?b", "a%2fb", "a#b", "a b"] {
        let read = served.azure.machine_learning.connection_secret(&WORKSPACE.parse().unwrap(), name).await;
        assert!(matches!(read.unwrap_err().cause(), Cause::Unsendable(_)), "{name}");
    }
    assert!(served.lines().is_empty());
}
