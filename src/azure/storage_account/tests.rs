use std::time::Duration;

use axum::response::Response;
use rotation::{KeyName, StorageAccountId};
use serde_json::{Value, json};
use time::macros::datetime;

use super::{AccessKeys, REGENERATE_LIMIT};
use crate::azure::in_process::{KEY1, KEY2, Served, answer, json, lost, refused, silence};
use crate::azure::{AzureError, Cause, Cloud};

const ACCOUNT: &str =
    "/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stml";

fn account() -> StorageAccountId {
    ACCOUNT.parse().unwrap()
}

fn keys() -> Value {
    json!({ "keys": [
        { "keyName": "key1", "value": KEY1, "permissions": "FULL", "creationTime": "2026-11-23T12:00:00.1234567Z" },
        { "keyName": "key2", "value": KEY2, "permissions": "Full" },
        { "keyName": "kerb1", "value": "x" },
    ] })
}

async fn regenerate(served: &Served) -> Result<AccessKeys, AzureError> {
    let mut room = served.azure.storage_accounts.room_to_regenerate(&account(), 0).await?;
    served.azure.storage_accounts.regenerate(&account(), KeyName::Key2, &mut room).await
}

#[tokio::test]
async fn keys_are_listed_by_name() {
    let served = Served::by(|_, _| json(200, &keys()));
    let listed = served.azure.storage_accounts.list_keys(&account()).await.unwrap();
    assert_eq!(listed.get(KeyName::Key1).value.expose(), KEY1);
    assert_eq!(listed.get(KeyName::Key2).value.expose(), KEY2);
    assert_eq!(listed.key1.created, Some(datetime!(2026-11-23 12:00:00.123_456_7 UTC)));
    assert_eq!(listed.key2.created, None);
    let received = served.received();
    assert_eq!(
        received[0].line,
        format!("POST management.azure.com{ACCOUNT}/listKeys?api-version=2024-01-01")
    );
    assert_eq!(received[0].body, "");
    assert!(!format!("{listed:?}").contains(&KEY1[..20]));
}

#[tokio::test]
async fn a_value_that_is_no_key_is_malformed_and_not_shown() {
    for value in ["", "****s3cr3t", &KEY2[1..]] {
        let mut listed = keys();
        listed["keys"][1]["value"] = json!(value);
        let served = Served::by(move |_, _| json(200, &listed));
        let error = served.azure.storage_accounts.list_keys(&account()).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Malformed(_)), "{error:?}");
        assert!(
            format!("{error:?}").contains("key2") && !format!("{error:?}").contains("s3cr3t"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_key_is_regenerated_by_name() {
    let served = Served::by(|_, _| json(200, &keys()));
    assert_eq!(regenerate(&served).await.unwrap().key2.value.expose(), KEY2);
    let received = served.received();
    assert_eq!(
        received[0].line,
        format!("POST management.azure.com{ACCOUNT}/regenerateKey?api-version=2024-01-01")
    );
    assert_eq!(received[0].body, r#"{"keyName":"key2"}"#);
}

/// Whatever becomes of it, a regeneration is sent once; sent twice, it would kill the key that the first one made.
#[tokio::test(start_paused = true)]
async fn a_regeneration_is_sent_once() {
    type Fault = (&'static str, fn() -> Response, bool);
    let faults: [Fault; 13] = [
        ("connection lost", lost, true),
        ("no answer", silence, true),
        ("408", || answer(408, &[], ""), true),
        ("500", || answer(500, &[], ""), true),
        ("502", || answer(502, &[("retry-after", "1")], ""), true),
        ("503", || answer(503, &[("retry-after", "1")], ""), true),
        ("504", || answer(504, &[], ""), true),
        ("half an answer", || answer(200, &[], r#"{"keys":[{"keyName":"key1""#), true),
        ("one key", || json(200, &json!({ "keys": [{ "keyName": "key1", "value": KEY1 }] })), true),
        ("429", || answer(429, &[("retry-after", "1")], ""), false),
        ("409", || answer(409, &[("retry-after", "1")], ""), false),
        ("401", || answer(401, &[("www-authenticate", "Bearer authorization=\"https://a\"")], ""), false),
        ("307", || answer(307, &[("location", "https://management.azure.com/again")], ""), false),
    ];
    for (fault, respond, is_uncertain) in faults {
        let served = Served::by(move |_, _| respond());
        let error = regenerate(&served).await.unwrap_err();
        assert_eq!(served.lines().len(), 1, "{fault}");
        assert_eq!(error.is_uncertain(), is_uncertain, "{fault}: {error:?}");
        assert_eq!(error.to_string(), "failed to regenerate `key2` of storage account `stml`");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_connection_nothing_was_regenerated() {
    let served = Served::by(|_, _| refused());
    let error = regenerate(&served).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Unreachable(_)) && !error.is_uncertain() && error.is_passing());
    assert_eq!(served.lines().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_regeneration_is_not_waited_for_for_ever() {
    let served = Served::by(|_, _| silence());
    let start = tokio::time::Instant::now();
    regenerate(&served).await.unwrap_err();
    assert!(start.elapsed() - REGENERATE_LIMIT < Duration::from_millis(10));
}

#[tokio::test]
async fn a_lock_is_told_apart() {
    let body = json!({ "error": { "code": "ScopeLocked", "message": "locked" } });
    let served = Served::by(move |_, _| json(409, &body));
    assert!(regenerate(&served).await.unwrap_err().is_locked());
    let error = served.azure.storage_accounts.list_keys(&account()).await.unwrap_err();
    assert!(error.is_locked() && !error.is_passing());

    let body = json!({ "error": { "code": "StorageAccountOperationInProgress", "message": "busy" } });
    let served = Served::by(move |_, _| json(409, &body));
    let error = regenerate(&served).await.unwrap_err();
    assert!(error.is_passing() && !error.is_locked() && !error.is_uncertain());
}

#[tokio::test]
async fn shared_key_is_on_unless_switched_off() {
    for (properties, expected) in [
        (json!({}), (true, true, true)),
        (
            json!({ "allowSharedKeyAccess": null, "allowSharedKeyAccessForServices": null }),
            (true, true, true),
        ),
        (json!({ "allowSharedKeyAccess": false }), (false, true, true)),
        (
            json!({ "allowSharedKeyAccessForServices": { "blob": { "enabled": false }, "file": {}, "table": {} } }),
            (true, false, true),
        ),
        (json!({ "allowSharedKeyAccessForServices": { "file": { "enabled": false } } }), (true, true, false)),
    ] {
        let body = json!({ "properties": properties });
        let served = Served::by(move |_, _| json(200, &body));
        let found = served.azure.storage_accounts.get(&account()).await.unwrap();
        let switches = (
            found.allow_shared_key_access,
            found.allow_shared_key_access_to_blobs,
            found.allow_shared_key_access_to_files,
        );
        assert_eq!(switches, expected, "{properties}");
        assert_eq!(served.lines(), [format!("GET management.azure.com{ACCOUNT}?api-version=2025-08-01")]);
    }
}

#[tokio::test]
async fn endpoints_are_https_addresses() {
    let endpoint = "https://stml.z1.blob.storage.azure.net/";
    let body = json!({ "properties": { "primaryEndpoints": { "blob": endpoint, "dfs": "x" } } });
    let served = Served::by(move |_, _| json(200, &body));
    let found = served.azure.storage_accounts.get(&account()).await.unwrap();
    assert_eq!(found.blob_endpoint.unwrap().as_str(), endpoint);
    assert_eq!(found.file_endpoint, None);

    let body =
        json!({ "properties": { "primaryEndpoints": { "blob": "http://stml.blob.core.windows.net/" } } });
    let served = Served::by(move |_, _| json(200, &body));
    let error = served.azure.storage_accounts.get(&account()).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Malformed(_)));
}

#[tokio::test]
async fn endpoints_are_in_the_cloud_of_the_account() {
    let read = async |cloud: &str, service: &str, endpoint: &str| {
        let body = json!({ "properties": { "primaryEndpoints": { service: endpoint } } });
        let served = Served::in_cloud(Cloud::named(cloud).unwrap(), move |_, _| json(200, &body));
        served.azure.storage_accounts.get(&account()).await
    };
    for (cloud, endpoint) in [
        ("AzureCloud", "https://stml.blob.core.windows.net/"),
        ("AzureUSGovernment", "https://stml.blob.core.usgovcloudapi.net/"),
        ("AzureChinaCloud", "https://stml.blob.core.chinacloudapi.cn/"),
    ] {
        let found = read(cloud, "blob", endpoint).await.unwrap();
        assert_eq!(found.blob_endpoint.unwrap().as_str(), endpoint);
    }
    for (cloud, host) in [
        ("AzureCloud", "stml.blob.core.chinacloudapi.cn"),
        ("AzureUSGovernment", "stml.blob.core.windows.net"),
        ("AzureChinaCloud", "stml.blob.core.windows.net"),
        ("AzureChinaCloud", "stml.z12.blob.storage.azure.net"),
        ("AzureCloud", "stml.blob.core.windows.net.evil.example"),
        ("AzureCloud", "www.evil.example"),
        ("AzureCloud", "stml.blob.core.windows.net@evil.example"),
        ("AzureCloud", "stml.blob.core.windows.net:8443"),
        ("AzureCloud", "127.0.0.1"),
    ] {
        for service in ["blob", "file"] {
            let error = read(cloud, service, &format!("https://{host}/")).await.unwrap_err();
            assert!(error.is_outside_cloud() && !error.is_passing(), "{host}: {error:?}");
            assert!(error.cause().to_string().contains(cloud), "{}", error.cause());
        }
    }
}

/// A signature by its key is for nobody else, in the same cloud neither.
#[tokio::test]
async fn an_endpoint_of_another_account_or_service_is_none_of_this_one() {
    for host in [
        "stother.blob.core.windows.net",
        "stml.file.core.windows.net",
        "stml.$lob.core.windows.net",
        "stml.z12.blob.core.windows.net",
        "stml.a.z12.blob.storage.azure.net",
        "stml-secondary.blob.core.windows.net",
        "$tml.blob.core.windows.net",
        "stml2-secondary.blob.core.windows.net",
    ] {
        let body = json!({ "properties": { "primaryEndpoints": { "blob": format!("https://{host}/") } } });
        let served = Served::by(move |_, _| json(200, &body));
        let error = served.azure.storage_accounts.get(&account()).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Malformed(_)), "{host}: {error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_error_shows_a_key() {
    let said = format!("value '{KEY1}' is odd");
    let faults: [Value; 4] = [
        json!({ "error": { "code": KEY1, "message": said, "innererror": { "code": KEY1 } } }),
        json!({ "keys": [{ "keyName": KEY1, "value": [KEY1] }] }),
        json!({ "keys": [{ "keyName": "key1", "value": KEY1, "creationTime": KEY1 }] }),
        json!({ "keys": KEY1 }),
    ];
    for body in faults {
        for status in [200, 400, 403, 500] {
            let body = body.clone();
            let served = Served::by(move |_, _| {
                let mut response = json(status, &body);
                response.headers_mut().insert("x-ms-error-code", KEY1.parse().unwrap());
                response
            });
            for error in [
                regenerate(&served).await.unwrap_err(),
                served.azure.storage_accounts.list_keys(&account()).await.unwrap_err(),
            ] {
                let text = format!("{error} {} {error:?}", error.cause());
                assert!(!text.contains(&KEY1[..20]), "{text}");
            }
        }
    }
}
