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
        (
            json!({ "category": "AzureBlob", "metadata": { "AccountName": "stml.blob.core.windows.net" } }),
            true,
        ),
        (json!({ "category": "AzureBlob", "metadata": { "AccountName": " stml" } }), true),
        (json!({ "category": "AzureBlob" }), true),
        (json!({ "category": "ADLSGen2", "target": "https://example.com" }), true),
        (json!({ "category": "AzureOpenAI", "target": target }), true),
        (json!({ "category": "AzureOpenAI" }), false),
        (json!({}), false),
    ] {
        assert_eq!(connection(&properties).may_lead_to(&Name::new("stml")), expected, "{properties}");
    }
}

#[test]
fn it_is_clear_when_it_leads_to_one_account_and_is_of_a_category_that_is_known() {
    let target = "https://stml.blob.core.windows.net/data";
    for category in ["AzureBlob", "ADLSGen2", "AzureStorageAccount", "AzureTableStorage", "azureblob"] {
        for (properties, expected) in [
            (json!({ "category": category, "target": target }), true),
            (json!({ "category": category, "metadata": { "AccountName": "STml" } }), true),
            (json!({ "category": category, "metadata": { "AccountName": "stml" }, "target": target }), true),
            (
                json!({ "category": category, "metadata": { "AccountName": "other" }, "target": target }),
                false,
            ),
            (json!({ "category": category }), false),
        ] {
            assert_eq!(connection(&properties).is_clear(&Name::new("stml")), expected, "{properties}");
        }
    }
    for category in [json!("AzureBlobs"), json!("AzureOneLake"), json!(""), Value::Null] {
        let found = connection(&json!({ "category": category, "target": target }));
        assert!(!found.is_clear(&Name::new("stml")), "{category}");
    }
}

#[test]
fn a_project_names_the_hub_that_made_a_connection() {
    let made_in = |id: Value| connection(&json!({ "createdByWorkspaceArmId": id })).made_in;
    assert_eq!(made_in(json!(WORKSPACE.to_uppercase())), WORKSPACE.parse().ok());
    assert_eq!(made_in(json!("elsewhere")), None);
    assert_eq!(made_in(Value::Null), None);
}

#[test]
fn credentials_in_which_nobody_looks_for_a_key_may_hide_one() {
    for (auth_type, expected) in [
        ("AccountKey", false),
        ("SAS", false),
        ("None", false),
        ("AAD", false),
        ("managedidentity", false),
        ("ServicePrincipal", false),
        ("DelegatedSAS", false),
        ("CustomKeys", true),
        ("ApiKey", true),
        ("AccessKey", true),
        ("Unheard", true),
        ("", true),
    ] {
        assert_eq!(connection(&json!({ "authType": auth_type })).may_hide_a_key(), expected, "{auth_type}");
    }
}

#[test]
fn one_to_storage_of_another_cloud_is_left_out() {
    for domain in ["core.chinacloudapi.cn", "core.usgovcloudapi.net"] {
        let target = format!("https://stml.blob.{domain}/data");
        let properties = json!({ "metadata": { "accountName": "stml" }, "target": target });
        assert!(read(&properties).is_none(), "{domain}");
    }
}

#[test]
fn a_token_in_the_target_is_known_with_what_it_is_for_and_not_shown() {
    let share = StorageResource::share("data");
    for (target, expected) in [
        ("https://stml.blob.core.windows.net/data?sv=1&sig=s3cr3t", Some(container("data"))),
        ("https://stml.dfs.core.windows.net/data/path?SIG=s3cr3t", Some(container("data"))),
        ("https://stml.file.core.windows.net/data?sig=s3cr3t", Some(share.clone())),
        ("https://stml.privatelink.FILE.core.windows.net/data?sig=s3cr3t", Some(share)),
        ("https://stml.blob.core.windows.net/?sig=s3cr3t", Some(None)),
        ("https://stml.blob.core.windows.net/data?sv=1&code=s3cr3t", None),
        ("https://example.com/data?sig=s3cr3t", None),
        ("stml?sig=s3cr3t", None),
    ] {
        let found = connection(&json!({ "target": target }));
        assert!(!format!("{found:?}").contains("s3cr3t"));
        assert_eq!(found.signed_target.map(|signed| signed.resource), expected, "{target}");
    }
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
        ("AzureOpenAI", "AccountKey", key),
        ("AzureOpenAI", "ApiKey", None),
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
    assert_eq!(
        found[0].last_modified,
        Some(LastModified { at: datetime!(2026-11-23 12:00 UTC), by, is_person: false })
    );
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
