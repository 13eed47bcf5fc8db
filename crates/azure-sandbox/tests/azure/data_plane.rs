use std::time::Duration;

use azure_sandbox::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use reqwest::{Method, Response};
use sha2::Sha256;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::support::*;

/// One query parameter, and none of the headers that are signed by their place.
async fn probe(
    azure: &Azure,
    key: &KeyValue,
    method: Method,
    host: &str,
    path: &str,
    query: &str,
    age: time::Duration,
) -> Response {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let now = OffsetDateTime::from(std::time::SystemTime::now());
    let date = (now - age).format(&format).unwrap();
    let parameter = query.replace('=', ":");
    let text = format!(
        "{method}\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:2025-07-05\n/{ACCOUNT}{path}\n{parameter}"
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(key.expose()).unwrap()).unwrap();
    mac.update(text.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    azure
        .client
        .request(method, format!("https://{ACCOUNT}.{host}.core.windows.net{path}?{query}"))
        .header("x-ms-date", date)
        .header("x-ms-version", "2025-07-05")
        .header("authorization", format!("SharedKey {ACCOUNT}:{signature}"))
        .send()
        .await
        .unwrap()
}

async fn container(azure: &Azure, key: &KeyValue) -> (u16, String) {
    outcome(&probe(azure, key, Method::GET, "blob", "/data", "restype=container", time::Duration::ZERO).await)
}

fn outcome(response: &Response) -> (u16, String) {
    let code = response.headers().get("x-ms-error-code").map_or("", |code| code.to_str().unwrap());
    (response.status().as_u16(), code.to_owned())
}

fn refused(code: &str) -> (u16, String) {
    (403, code.to_owned())
}

#[tokio::test]
async fn either_live_key_opens_every_service_and_a_dead_one_none() {
    let azure = Azure::start().await;
    let old = azure.world().key_value(ACCOUNT, KeyName::Key2);
    let places = [
        (Method::GET, "blob", "/data", "restype=container"),
        (Method::GET, "file", "/files", "restype=share"),
        (Method::HEAD, "dfs", "/data", "resource=filesystem"),
    ];
    for (method, host, path, query) in places {
        for key in KeyName::BOTH {
            let key = azure.world().key_value(ACCOUNT, key);
            let response = probe(&azure, &key, method.clone(), host, path, query, time::Duration::ZERO).await;
            assert_eq!(response.status(), 200, "{host}");
        }
    }
    azure.world().regenerate_outside(ACCOUNT, KeyName::Key2);
    assert_eq!(container(&azure, &old).await, refused("AuthenticationFailed"));
    let new = azure.world().key_value(ACCOUNT, KeyName::Key2);
    let missing =
        probe(&azure, &new, Method::GET, "blob", "/none", "restype=container", time::Duration::ZERO).await;
    assert_eq!(outcome(&missing), (404, "ContainerNotFound".to_owned()));
}

#[tokio::test]
async fn a_new_key_is_refused_for_as_long_as_the_data_plane_lags() {
    let azure = Azure::start().await;
    azure.world().adjust(|behaviour| behaviour.data_plane_lag = Duration::from_millis(300));
    azure.regenerate(KeyName::Key2).await;
    let key = azure.world().key_value(ACCOUNT, KeyName::Key2);
    assert_eq!(container(&azure, &key).await, refused("AuthenticationFailed"));
    tokio::time::sleep(Duration::from_millis(320)).await;
    assert_eq!(container(&azure, &key).await.0, 200);
}

#[tokio::test]
async fn shared_key_can_be_off_for_the_account_or_one_service() {
    let azure = Azure::start().await;
    let key = azure.world().key_value(ACCOUNT, KeyName::Key1);
    azure.world().allow_shared_key_for(ACCOUNT, StorageService::Blob, false);
    assert_eq!(container(&azure, &key).await, refused("KeyBasedAuthenticationNotPermitted"));
    let share =
        probe(&azure, &key, Method::GET, "file", "/files", "restype=share", time::Duration::ZERO).await;
    assert_eq!(share.status(), 200);
    azure.world().allow_shared_key(ACCOUNT, Some(false));
    let share =
        probe(&azure, &key, Method::GET, "file", "/files", "restype=share", time::Duration::ZERO).await;
    assert_eq!(outcome(&share), refused("KeyBasedAuthenticationNotPermitted"));
}

#[tokio::test]
async fn a_date_that_is_too_far_off_is_refused() {
    let azure = Azure::start().await;
    let key = azure.world().key_value(ACCOUNT, KeyName::Key1);
    let old =
        probe(&azure, &key, Method::GET, "blob", "/data", "restype=container", time::Duration::minutes(16))
            .await;
    assert_eq!(outcome(&old), refused("AuthenticationFailed"));
    let young =
        probe(&azure, &key, Method::GET, "blob", "/data", "restype=container", time::Duration::minutes(14))
            .await;
    assert_eq!(young.status(), 200);
}

/// GET means something else there: it lists paths.
#[tokio::test]
async fn the_properties_of_a_filesystem_are_to_be_had_by_head_alone() {
    let azure = Azure::start().await;
    let key = azure.world().key_value(ACCOUNT, KeyName::Key1);
    let query = "resource=filesystem";
    let response = probe(&azure, &key, Method::GET, "dfs", "/data", query, time::Duration::ZERO).await;
    assert_eq!(response.status(), 501);
}
