//! The doors for people and programs: what is asked, and what is answered.

use serde_json::{Value, json};

use super::{StatusCode, answer, handler, nothing};
use crate::azure::in_process::{Received, Served, json as served};

/// An invocation by HTTP as the host sends it, with a function key in every place where one may stand.
fn invocation(body: Option<&str>, query: &Value) -> String {
    let mut query = query.clone();
    query["code"] = json!("FUNCTION-KEY");
    let mut request = json!({
        "Url": "http://127.0.0.1:7071/api/rotate?code=FUNCTION-KEY",
        "Method": "POST",
        "Query": query,
        "Headers": {"x-functions-key": ["FUNCTION-KEY"]},
        "Params": {},
        "Identities": [{"Claims": [
            {"Type": "http://schemas.microsoft.com/2017/07/functions/claims/authlevel", "Value": "Function"},
            {"Type": "http://schemas.microsoft.com/2017/07/functions/claims/keyid", "Value": "default"},
        ]}],
    });
    if let Some(body) = body {
        request["Body"] = json!(body);
    }
    json!({"Data": {"req": request}, "Metadata": {}}).to_string()
}

/// The status and the body that the caller gets, and the messages.
async fn called(azure: Served, function: &str, body: Option<&str>, query: &Value) -> (u64, Value, Value) {
    let (status, answer) = answer(&handler(azure), "POST", function, &invocation(body, query)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!answer.to_string().contains("FUNCTION-KEY"), "{answer}");
    let reply = &answer["Outputs"]["res"];
    let body = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
    (reply["statusCode"].as_u64().unwrap(), body, answer["Outputs"]["rotations"].clone())
}

#[tokio::test]
async fn a_target_is_enqueued_by_a_body_or_by_the_query() {
    let asked = json!({"target": "kv-ml/storage-key", "version": "0123", "compromised": "key2"});
    for (body, query) in
        [(Some(asked.to_string()), json!({})), (Some(" ".to_owned()), asked.clone()), (None, asked)]
    {
        let (status, reply, messages) = called(nothing(), "/RotateNow", body.as_deref(), &query).await;
        assert_eq!((status, &reply["enqueued"]), (202, &json!("kv-ml/storage-key")));
        let message = json!({"vault": "kv-ml", "secret": "storage-key", "whole": true, "replace": "0123",
            "compromised": "key2", "askedBy": "RotateNow with function key default"});
        assert_eq!(messages, json!([message]));
    }
    // The host takes the parameter with the key in any letter case.
    let query = json!({"target": "kv-ml/storage-key", "Code": "FUNCTION-KEY"});
    assert_eq!(called(nothing(), "/RotateNow", None, &query).await.0, 202);
    let named = json!({"target": "kv-ml/storage-key", "askedBy": "Ada"});
    let (_, _, messages) = called(nothing(), "/RotateNow", Some(&named.to_string()), &json!({})).await;
    assert_eq!(messages[0]["askedBy"], "Ada by RotateNow with function key default");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_reason() {
    for (body, expected, reason) in [
        ("", 400, "give `target` as vault/secret"),
        ("no json", 400, "it is no JSON text"),
        (r#"{"target":"kv-ml"}"#, 400, "`kv-ml` is not of the form vault/secret"),
        (r#"{"target":"kv-ml/a b"}"#, 400, "`a b` is not the name of a secret"),
        (r#"{"target":"kv-ml/s","force":true}"#, 400, "give `target`"),
        (r#"{"target":"kv-ml/s","compromised":"key1"}"#, 400, "the version to be replaced is not named"),
        (r#"{"target":"kv-ml/s","version":"0123","compromised":"key3"}"#, 400, "neither `key1` nor `key2`"),
        (r#"{"target":"kv-ml/s","version":"../x"}"#, 400, "not the name of a version"),
        (r#"{"target":"kv-other/s"}"#, 404, "`kv-other` is not one of `ROTATOR_VAULTS`"),
    ] {
        let (status, reply, messages) = called(nothing(), "/RotateNow", Some(body), &json!({})).await;
        assert_eq!(status, expected, "{body}");
        assert!(reply["error"].as_str().unwrap().contains(reason), "{body}: {reply}");
        assert_eq!(messages, Value::Null, "{body}");
    }
}

fn a_vault_with_one_target(_: usize, request: &Received) -> axum::response::Response {
    let tags = json!({"CredentialId": "key1", "ValidityPeriodDays": "90", "ProviderAddress":
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stml"});
    let secrets = json!({"value": [
        {"id": "https://kv-ml.vault.azure.net/secrets/storage-key", "attributes": {"enabled": true, "exp": 4_000_000_000_u64}, "tags": tags},
        {"id": "https://kv-ml.vault.azure.net/secrets/password", "attributes": {"enabled": true}},
    ]});
    if request.line.contains("/secrets?") || request.line.contains("/secrets/?") {
        served(200, &secrets)
    } else {
        served(404, &json!({"error": {"code": "SecretNotFound", "message": "none"}}))
    }
}

#[tokio::test]
async fn the_status_lists_the_targets_without_reading_a_value() {
    let azure = Served::by(a_vault_with_one_target);
    let (status, body, _) = called(azure, "/Status", None, &json!({})).await;
    assert_eq!(status, 200);
    let targets = body["targets"].as_array().unwrap();
    assert_eq!(targets.len(), 1, "{body}");
    assert_eq!(
        (&targets[0]["target"], &targets[0]["state"]),
        (&json!("kv-ml/storage-key"), &json!("upToDate"))
    );
}

#[tokio::test]
async fn the_status_of_one_target_is_a_look_and_a_decision() {
    let (status, body, _) = called(nothing(), "/Status", None, &json!({"target": "kv-ml/gone"})).await;
    assert_eq!(status, 200);
    assert_eq!((&body["target"], &body["writes"]), (&json!("kv-ml/gone"), &json!(false)));
    assert!(body["blocked"][0]["hint"].as_str().unwrap().contains("az keyvault secret recover"), "{body}");
    for (query, expected) in [
        (json!({"target": "kv-ml"}), 400),
        (json!({"target": "kv-ml/a b"}), 400),
        (json!({"target": "kv-other/s"}), 404),
        (json!({"targets": "kv-ml/s"}), 400),
    ] {
        let (status, body, _) = called(nothing(), "/Status", None, &query).await;
        assert_eq!(status, expected, "{query}");
        assert!(body["error"].is_string());
    }
}

#[tokio::test]
async fn an_invocation_without_an_http_request_fails() {
    for function in ["/RotateNow", "/Status"] {
        for data in ["{}", r#"{"req":"text"}"#, r#"{"req":[]}"#, r#"{"req":{"Query":1}}"#] {
            let body = format!(r#"{{"Data":{data},"Metadata":{{}}}}"#);
            let (status, _) = answer(&handler(nothing()), "POST", function, &body).await;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{function} {data}");
        }
    }
}

#[tokio::test]
async fn a_sweep_enqueues_targets_and_leaves_out_a_vault_that_is_down() {
    let timer = json!({"Data": {"timer": {"ScheduleStatus": null}}, "Metadata": {}}).to_string();
    let (_, swept) = answer(&handler(Served::by(a_vault_with_one_target)), "POST", "/Sweep", &timer).await;
    let message =
        json!({"vault": "kv-ml", "secret": "storage-key", "whole": true, "askedBy": "the daily sweep"});
    assert_eq!(swept["Outputs"]["rotations"], json!([message]));
    let (status, swept) = answer(&handler(nothing()), "POST", "/Sweep", &timer).await;
    assert_eq!((status, &swept["Outputs"]), (StatusCode::OK, &json!({})));
}
