use azure_sandbox::*;
use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn keys_are_listed_and_one_is_regenerated() {
    let azure = Azure::start().await;
    let (status, before) = azure.post(&azure.account_url("/listKeys"), None).await;
    assert_eq!(status, 200);
    let (status, after) = azure.regenerate(KeyName::Key2).await;
    assert_eq!(status, 200);
    assert_eq!(before["keys"][0], after["keys"][0]);
    assert_ne!(before["keys"][1]["value"], after["keys"][1]["value"]);
    assert_eq!(after["keys"][1]["keyName"], "key2");
    assert_eq!(after["keys"][1]["permissions"], "Full");
    assert_eq!(azure.world().regenerations(ACCOUNT, KeyName::Key2), 1);
    assert_eq!(azure.world().violations(), []);
}

#[tokio::test]
async fn an_account_shows_its_endpoints_and_switches() {
    let azure = Azure::start().await;
    let (status, account) = azure.get(&azure.account_url("")).await;
    assert_eq!(status, 200);
    assert_eq!(account["properties"]["primaryEndpoints"]["dfs"], "https://stacct.dfs.core.windows.net/");
    assert!(account["properties"].get("allowSharedKeyAccess").is_none());
    azure.world().allow_shared_key(ACCOUNT, Some(false));
    azure.world().allow_shared_key_for(ACCOUNT, StorageService::Blob, false);
    let (_, old) = azure.get(&azure.account_url("")).await;
    assert_eq!(old["properties"]["allowSharedKeyAccess"], false);
    assert!(old["properties"].get("allowSharedKeyAccessForServices").is_none());
    let (_, new) = azure.get(&azure.account_url("").replace("2024-01-01", "2025-08-01")).await;
    assert_eq!(new["properties"]["allowSharedKeyAccessForServices"], json!({ "blob": { "enabled": false } }));
}

#[tokio::test]
async fn paths_do_not_depend_on_case() {
    let azure = Azure::start().await;
    let path = format!("{}/LISTKEYS", azure.account.to_ascii_uppercase());
    let url = format!("https://management.azure.com{path}?API-VERSION=2024-01-01");
    assert_eq!(azure.post(&url, None).await.0, 200);
}

#[tokio::test]
async fn what_is_not_asked_for_properly_is_refused() {
    let azure = Azure::start().await;
    let regenerate = azure.account_url("/regenerateKey");
    let body = |key: &str| Some(json!({ "keyName": key }));
    assert_eq!(azure.post(&regenerate, None).await.0, 400);
    assert_eq!(azure.post(&regenerate, body("key3")).await.0, 400);
    assert_eq!(azure.post(&regenerate, body("kerb1")).await.0, 501);
    let no_version = regenerate.split('?').next().unwrap();
    assert_eq!(code(&azure.post(no_version, body("key1")).await), "MissingApiVersionParameter");
    let old = regenerate.replace("2024-01-01", "2014-01-01");
    assert_eq!(code(&azure.post(&old, body("key1")).await), "NoRegisteredProviderFound");
    assert_eq!(code(&azure.get(&azure.account_url("x")).await), "ResourceNotFound");
    assert_eq!(azure.world().regenerations(ACCOUNT, KeyName::Key1), 0);
}

#[tokio::test]
async fn a_post_without_a_length_is_refused() {
    let azure = Azure::start().await;
    let url = azure.account_url("/listKeys");
    let response = azure.client.post(url).send().await.unwrap();
    assert_eq!(response.status(), 411);
}

#[tokio::test]
async fn a_read_only_lock_stops_every_post_and_shows_itself() {
    let azure = Azure::start().await;
    azure.world().lock_account(ACCOUNT, true);
    assert_eq!(code(&azure.post(&azure.account_url("/listKeys"), None).await), "ScopeLocked");
    assert_eq!(azure.regenerate(KeyName::Key2).await.0, 409);
    assert_eq!(azure.get(&azure.account_url("")).await.0, 200);
    let url = format!(
        "https://management.azure.com{}/providers/Microsoft.Authorization/locks?api-version=2020-05-01",
        azure.account
    );
    assert_eq!(azure.get(&url).await.1["value"][0]["properties"]["level"], "ReadOnly");
}

#[tokio::test]
async fn accounts_are_listed_by_subscription_and_by_group_as_far_as_they_may_be_seen() {
    let azure = Azure::start().await;
    azure.world().add_storage_account(AccountSetup::new(SUBSCRIPTION, "other", "stother"));
    let names = async |scope: &str| {
        let (status, list) = azure
            .get(&format!(
                "https://management.azure.com{scope}/providers/Microsoft.Storage/storageAccounts?api-version=2024-01-01"
            ))
            .await;
        assert_eq!(status, 200);
        list["value"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect::<Vec<_>>()
    };
    let subscription = format!("/subscriptions/{SUBSCRIPTION}");
    assert_eq!(names(&subscription).await, [ACCOUNT, "stother"]);
    assert_eq!(names(&format!("{subscription}/resourceGroups/{GROUP}")).await, [ACCOUNT]);
    let hidden = format!("{subscription}/resourceGroups/other");
    azure.world().deny(&hidden, "Microsoft.Storage/storageAccounts/read");
    assert_eq!(names(&subscription).await, [ACCOUNT]);
}
