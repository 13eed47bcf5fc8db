//! The answers of the Event Grid webhook.

use azure_sandbox::functions_host::FunctionsHost;
use reqwest::Method;
use serde_json::json;

use crate::app::{App, client, notify};

/// Status and text of one call.
async fn call(url: &str, method: Method, event_type: Option<&str>, body: &str) -> (u16, String) {
    let mut request = client().request(method, url).body(body.to_owned());
    if let Some(event_type) = event_type {
        request = request.header("aeg-event-type", event_type);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn other_key(host: &FunctionsHost) -> String {
    format!("{}0", host.event_grid_webhook("OnEvent"))
}

#[tokio::test]
async fn nobody_gets_in_without_the_key() {
    let app = App::new();
    let host = app.start().await;
    let url = other_key(&host);
    for method in [Method::POST, Method::OPTIONS] {
        assert_eq!(call(&url, method, Some("Notification"), "[]").await.0, 401);
    }
    let right = host.event_grid_webhook("OnEvent");
    let (without, key) = right.split_once("&code=").unwrap();
    assert_eq!(call(without, Method::POST, Some("Notification"), "[]").await.0, 401);
    // The header is as good as the query.
    let response =
        client().post(without).header("x-functions-key", key).header("aeg-event-type", "Notification");
    assert_eq!(response.body("[]").send().await.unwrap().status().as_u16(), 202);
}

#[tokio::test]
async fn it_takes_the_master_key_and_turns_function_keys_away() {
    let app = App::new();
    let host = app.start().await;
    let system = host.event_grid_webhook("OnEvent");
    let (without, _) = system.split_once("&code=").unwrap();
    let status = async |key: &str| call(&format!("{without}&code={key}"), Method::OPTIONS, None, "").await.0;
    let keys = host.keys();
    assert_eq!(status(keys.event_grid()).await, 200);
    assert_eq!(status(keys.master()).await, 200);
    assert_eq!(status(keys.host_function()).await, 403);
    assert_eq!(status(keys.function("Now").unwrap()).await, 401, "it is known at its function's door only");
}

#[tokio::test]
async fn the_events_of_a_batch_run_in_parallel() {
    let app = App::new();
    app.answers(&json!({ "OnEvent": [{ "delayMilliseconds": 700 }] }));
    let host = app.start().await;
    assert_eq!(notify(&host, &json!([{ "id": "1" }, { "id": "2" }, { "id": "3" }])).await, 202);
    let records = host.invocations();
    let first_end = records.iter().filter_map(|record| record.finished).min().unwrap();
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|record| record.started < first_end));
}

#[tokio::test]
async fn every_kind_of_call_has_its_answer() {
    let app = App::new();
    let host = app.start().await;
    let url = host.event_grid_webhook("OnEvent");
    let validation = r#"[{"id":"1","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"abc"}}]"#;
    let valid = (200, r#"{"validationResponse":"abc"}"#.to_owned());
    assert_eq!(call(&url, Method::POST, Some("SubscriptionValidation"), validation).await, valid);
    assert_eq!(call(&url, Method::POST, Some("subscriptionvalidation"), validation).await, valid);
    assert_eq!(call(&url, Method::POST, Some("Notification"), "[]").await, (202, String::new()));
    assert_eq!(call(&url, Method::POST, Some("Notification"), "no json").await.0, 500);
    assert_eq!(call(&url, Method::POST, Some("Unsubscribe"), "[]").await, (202, String::new()));
    assert_eq!(call(&url, Method::POST, Some("Other"), "[]").await.0, 400);
    assert_eq!(call(&url, Method::POST, None, "[]").await.0, 400);
    assert!(app.recorded().is_empty(), "none of them is for the handler");

    let elsewhere = url.replace("functionName=OnEvent", "functionName=onevent");
    let unknown = (404, "cannot find function: 'onevent'".to_owned());
    assert_eq!(call(&elsewhere, Method::POST, Some("Notification"), "[]").await, unknown);
    let any_case = url.replace("/eventgrid?", "/EventGrid?");
    assert_eq!(call(&any_case, Method::POST, Some("Notification"), "[]").await.0, 202);

    for (origin, allowed) in [
        ("eventgrid.azure.net", "eventgrid.azure.net"),
        ("eventgrid.azure.us", "eventgrid.azure.us"),
        ("eventgrid.azure.cn", "eventgrid.azure.cn"),
        ("eventgrid.azure.example", "eventgrid.azure.net"),
    ] {
        let options = client().request(Method::OPTIONS, &url).header("WebHook-Request-Origin", origin);
        let options = options.send().await.unwrap();
        assert_eq!(options.status().as_u16(), 200);
        assert_eq!(options.headers()["webhook-allowed-origin"], allowed);
    }
}

#[tokio::test]
async fn one_failure_fails_the_whole_delivery() {
    let app = App::new();
    app.answers(&json!({ "OnEvent": [{ "status": 500 }] }));
    let host = app.start().await;
    let url = host.event_grid_webhook("OnEvent");
    let answer = call(&url, Method::POST, Some("Notification"), r#"[{"id":"1"}]"#).await;
    assert_eq!(answer, (500, "Exception while executing function: Functions.OnEvent".to_owned()));
    app.answers(&json!({}));
    assert_eq!(notify(&host, &json!([{ "id": "1" }, { "id": "2" }])).await, 202);
    assert_eq!(host.invocations().len(), 3);
}
