//! `POST /admin/functions/<Name>`.

use azure_sandbox::functions_host::FunctionsHost;
use serde_json::{Value, json};

use crate::app::{App, PATIENCE, client, failed_with};

async fn call(host: &FunctionsHost, function: &str, key: Option<&str>, body: &str) -> (u16, String) {
    let mut request = client().post(host.admin_url(function)).header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header("x-functions-key", key);
    }
    let response = request.body(body.to_owned()).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Invokes with the master key, and waits for what comes of it.
async fn invoke(host: &FunctionsHost, function: &str, input: &str) {
    let body = json!({ "input": input }).to_string();
    let accepted = (202, String::new());
    assert_eq!(call(host, function, Some(host.keys().master()), &body).await, accepted);
    host.wait_until_idle(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn only_the_master_key_opens_it() {
    let app = App::new();
    let host = app.start().await;
    let body = r#"{"input":""}"#;
    for key in [None, Some("wrong"), host.keys().function("Now")] {
        assert_eq!(call(&host, "Tick", key, body).await.0, 401);
    }
    for key in [host.keys().host_function(), host.keys().event_grid()] {
        assert_eq!(call(&host, "Tick", Some(key), body).await.0, 403);
    }
    let url = format!("{}?code={}", host.admin_url("Tick"), host.keys().master());
    let request = client().post(url).header("content-type", "application/json").body(body);
    assert_eq!(request.send().await.unwrap().status().as_u16(), 202);
}

#[tokio::test]
async fn an_empty_body_is_400_and_an_unknown_function_404() {
    let app = App::new();
    let host = app.start().await;
    let key = Some(host.keys().master());
    assert_eq!(call(&host, "Tick", key, "").await.0, 400);
    assert_eq!(call(&host, "Nobody", key, r#"{"input":""}"#).await.0, 404);
    assert_eq!(call(&host, "tick", key, r#"{"input":""}"#).await.0, 202, "in any case");
}

#[tokio::test]
async fn what_was_never_seen_is_refused_by_name() {
    let app = App::new();
    let host = app.start().await;
    let key = Some(host.keys().master());
    for (function, body, reason) in [
        ("Tick", "{}", "`{\"input\": \"…\"}`"),
        ("Tick", r#"{"input":1}"#, "`{\"input\": \"…\"}`"),
        ("Now", r#"{"input":""}"#, "an HTTP function"),
    ] {
        let (status, text) = call(&host, function, key, body).await;
        assert_eq!(status, 501, "{body}");
        assert!(text.contains(reason), "{text}");
    }
}

#[tokio::test]
async fn it_answers_at_once_and_the_result_stands_in_the_log_alone() {
    let app = App::new();
    app.answers(&json!({ "Tick": [{ "delayMilliseconds": 1_000, "status": 500 }] }));
    let host = app.start().await;
    assert_eq!(call(&host, "Tick", Some(host.keys().master()), r#"{"input":""}"#).await.0, 202);
    assert!(host.invocations().iter().all(|record| record.finished.is_none()));
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert!(failed_with(&host, "500 (Internal Server Error)"));
    assert!(host.log().iter().any(|line| line.text.starts_with("Executed 'Functions.Tick' (Failed, ")));
}

#[tokio::test]
async fn the_input_of_an_event_grid_function_is_an_event() {
    let app = App::new();
    let host = app.start().await;
    let event = r#"{"id":"1","data":{"n":1}}"#;
    invoke(&host, "OnEvent", event).await;
    let body = &app.bodies()[0];
    assert_eq!(body["Data"]["event"].to_string(), event);
    let metadata = body["Metadata"].as_object().unwrap();
    assert_eq!(metadata.keys().collect::<Vec<_>>(), ["data", "event", "sys"]);
    assert_eq!(metadata["event"], json!(event).to_string(), "the text that was given");
}

#[tokio::test]
async fn an_event_that_is_no_object_fails_in_the_log() {
    let app = App::new();
    let host = app.start().await;
    for input in ["[]", "text"] {
        invoke(&host, "OnEvent", input).await;
        assert!(failed_with(&host, &format!("Unable to parse {input} to Newtonsoft.Json.Linq.JObject")));
    }
    assert!(app.recorded().is_empty());
}

#[tokio::test]
async fn the_input_of_a_queue_function_is_the_message() {
    let app = App::new();
    let host = app.start().await;
    invoke(&host, "OnMsg", r#"{"a":1}"#).await;
    let body = &app.bodies()[0];
    assert_eq!(body["Data"]["msg"], json!(r#"{"a":1}"#).to_string());
    let metadata = body["Metadata"].as_object().unwrap();
    let names = ["DequeueCount", "ExpirationTime", "InsertionTime", "NextVisibleTime", "msg", "sys", "a"];
    assert_eq!(metadata.keys().collect::<Vec<_>>(), names);
    assert_eq!(metadata["DequeueCount"], "0");
    assert_eq!(metadata["ExpirationTime"], "9999-12-31T23:59:59+00:00");
    assert_eq!(metadata["msg"], body["Data"]["msg"]);
    assert_eq!(metadata["a"], "\"1\"");
}

#[tokio::test]
async fn the_input_of_a_timer_is_ignored_and_named() {
    let app = App::new();
    let host = app.start().await;
    invoke(&host, "Tick", "now").await;
    let body: &Value = &app.bodies()[0];
    assert_eq!(body["Data"]["timer"]["IsPastDue"], false);
    assert_eq!(body["Metadata"]["timer"], "\"now\"");
    let reason = "This function was programmatically called via the host APIs.";
    assert!(host.log().iter().any(|line| line.text.contains(reason)));
}
