//! The contract with the Functions host, without a host.

mod admission;
mod functions;
mod http;
mod recordings;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::azure::in_process::{self, Served, json};

const MESSAGE: &str =
    r#"{"Data":{"message":"{\"vault\":\"kv-ml\",\"secret\":\"key\",\"askedBy\":\"a test\"}"},"Metadata":{}}"#;
const EVENT: &str = r#"{"Data":{"event":{"id":"e1","eventType":"Microsoft.KeyVault.SecretNearExpiry","data":{
    "VaultName":"kv-ml","ObjectType":"Secret","ObjectName":"key"}}},"Metadata":{}}"#;

fn handler(azure: Served) -> Router {
    router(Arc::new(Rotator::over(azure.azure)))
}

async fn answer(router: &Router, method: &str, path: &str, body: &str) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, content_type) = (response.status(), response.headers().get("content-type").cloned());
    assert_eq!(content_type.unwrap(), "application/json", "{path}");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

fn nothing() -> Served {
    Served::by(|_, _| json(404, &serde_json::json!({"error": {"code": "SecretNotFound", "message": "none"}})))
}

#[tokio::test]
async fn every_answer_is_a_json_object_with_something_in_it() {
    let handler = handler(nothing());
    for (method, path, body, status) in [
        ("GET", "/", "", StatusCode::OK),
        ("POST", "/SecretNearExpiry", EVENT, StatusCode::OK),
        ("POST", "/Rotate", MESSAGE, StatusCode::OK),
        ("POST", "/SecretNearExpiry", r#"{"Data":{},"Metadata":{}}"#, StatusCode::OK),
        ("POST", "/Rotate", r#"{"Data":{},"Metadata":{}}"#, StatusCode::OK),
        ("POST", "/Rotate", "no json", StatusCode::INTERNAL_SERVER_ERROR),
        ("POST", "/rotate", MESSAGE, StatusCode::INTERNAL_SERVER_ERROR),
        ("POST", "/rotate", &" ".repeat(1 << 20), StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        let (seen, answer) = answer(&handler, method, path, body).await;
        assert_eq!(seen, status, "{path}");
        assert!(answer.as_object().is_some_and(|object| !object.is_empty()), "{path}");
    }
}

#[tokio::test]
async fn an_event_goes_to_the_queue_as_an_object() {
    let (_, answer) = answer(&handler(nothing()), "POST", "/SecretNearExpiry", EVENT).await;
    assert_eq!(answer["Outputs"]["rotations"][0]["vault"], "kv-ml");
    assert_eq!(answer["Outputs"]["rotations"][0]["secret"], "key");
}

#[tokio::test]
async fn an_event_of_a_vault_that_is_not_allowed_goes_nowhere() {
    let event = EVENT.replace("kv-ml", "kv-other");
    let (status, answer) = answer(&handler(nothing()), "POST", "/SecretNearExpiry", &event).await;
    assert_eq!((status, &answer["Outputs"]), (StatusCode::OK, &serde_json::json!({})));
}

#[tokio::test]
async fn a_body_of_two_large_copies_of_an_event_is_read() {
    let padding = "x".repeat(2 << 20);
    let body = EVENT.replace("\"Metadata\":{}", &format!("\"Metadata\":{{\"data\":\"{padding}\"}}"));
    let (status, answer) = answer(&handler(nothing()), "POST", "/SecretNearExpiry", &body).await;
    assert_eq!((status, &answer["Outputs"]["rotations"][0]["secret"]), (StatusCode::OK, &"key".into()));
}

#[tokio::test]
async fn a_panic_fails_its_own_invocation_only() {
    let handler = handler(Served::by(|number, _| match number {
        0 => panic!("a panic on purpose"),
        _ => json(404, &serde_json::json!({"error": {"code": "SecretNotFound", "message": "none"}})),
    }));
    let (status, body) = answer(&handler, "POST", "/Rotate", MESSAGE).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!body.to_string().contains("on purpose"));
    for (function, body) in [("/SecretNearExpiry", EVENT), ("/Rotate", MESSAGE)] {
        let (status, _) = answer(&handler, "POST", function, body).await;
        assert_eq!(status, StatusCode::OK, "{function}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_is_down_brings_the_message_back() {
    let down = Served::by(|_, _| {
        json(503, &serde_json::json!({"error": {"code": "ServerBusy", "message": "later"}}))
    });
    let (status, _) = answer(&handler(down), "POST", "/Rotate", MESSAGE).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

/// The second one panics while the first waits for its vault.
#[tokio::test(start_paused = true)]
async fn a_panic_in_one_rotation_leaves_those_beside_it_alone() {
    let handler = handler(Served::by(|_, request| {
        assert!(!request.line.contains("/secrets/other/"), "a panic on purpose");
        let none = r#"{"error":{"code":"SecretNotFound","message":"none"}}"#;
        in_process::answer(404, &[("x-test-delay", "5"), ("content-type", "application/json")], none)
    }));
    let beside = tokio::spawn({
        let handler = handler.clone();
        async move { answer(&handler, "POST", "/Rotate", MESSAGE).await }
    });
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let other = MESSAGE.replace(r#"\"secret\":\"key\""#, r#"\"secret\":\"other\""#);
    assert_ne!(other, MESSAGE);
    let (status, _) = answer(&handler, "POST", "/Rotate", &other).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!beside.is_finished());
    let (status, done) = beside.await.unwrap();
    assert_eq!((status, &done["Outputs"]), (StatusCode::OK, &serde_json::json!({})));
}
