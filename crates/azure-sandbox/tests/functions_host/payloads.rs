//! For the same input the handler gets what the real host sent, byte for byte; only ids, times and ports differ.

use serde_json::{Value, json};

use crate::app::{App, PATIENCE, notify};

fn recording(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/recordings/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let recording: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    recording["invocations"].as_array().unwrap().clone()
}

/// The request line, the headers and the body, with a mask over what must differ.
fn masked(invocation: &Value) -> String {
    let mut lines = vec![invocation["requestLine"].as_str().unwrap().to_owned()];
    for header in invocation["headers"].as_array().unwrap() {
        let (name, value) = header.as_str().unwrap().split_once(": ").unwrap();
        // HTTP ignores the case of names, and so does this comparison.
        let name = name.to_ascii_lowercase();
        let value = match name.as_str() {
            "host" | "x-azure-functions-invocationid" => shape(value),
            _ => value.to_owned(),
        };
        lines.push(format!("{name}: {value}"));
    }
    lines.push(masked_body(invocation["bodyText"].as_str().unwrap()));
    lines.join("\n")
}

/// Replaces in the text itself, so that every byte around the masked values is compared.
fn masked_body(text: &str) -> String {
    let body: Value = serde_json::from_str(text).unwrap();
    let metadata = &body["Metadata"];
    let mut masked = text.to_owned();
    for name in ["ExpirationTime", "Id", "InsertionTime", "NextVisibleTime", "PopReceipt"] {
        mask(&mut masked, name, &metadata[name]);
    }
    for name in ["UtcNow", "RandGuid"] {
        mask(&mut masked, name, &metadata["sys"][name]);
    }
    masked
}

fn mask(text: &mut String, name: &str, value: &Value) {
    let Value::String(value) = value else { return };
    let shape = match name {
        // Zeros at the end of the fraction are left out, so its length differs.
        "UtcNow" => format!("{}.9Z", shape(value.trim_end_matches('Z').split('.').next().unwrap())),
        // What stands in a string of its own is compared by its form, base64 by its length.
        _ => shape(value),
    };
    let member = |value: &str| format!("{}:{}", json!(name), json!(value));
    assert_eq!(text.matches(&member(value)).count(), 1, "{name} in {text}");
    *text = text.replace(&member(value), &member(&shape));
}

/// Digits and letters become `x`; what is between them stays.
fn shape(value: &str) -> String {
    value.chars().map(|letter| if letter.is_ascii_alphanumeric() { 'x' } else { letter }).collect()
}

fn assert_same(app: &App, name: &str) {
    let sorted = |invocations: Vec<Value>| {
        // Invocations of one batch run in parallel.
        let mut texts: Vec<_> = invocations.iter().map(masked).collect();
        texts.sort();
        texts
    };
    assert_eq!(sorted(app.recorded()), sorted(recording(name)), "{name}");
}

fn recorded_event(invocation: &Value) -> Value {
    let body: Value = serde_json::from_str(invocation["bodyText"].as_str().unwrap()).unwrap();
    body["Data"]["event"].clone()
}

async fn event_then_queue(name: &str) {
    let app = App::new();
    let answer = r#"{"Outputs":{"work":{"vault":"kv1","secret":"storage-key","at":"2026-11-24T09:00:00Z"}},"Logs":["line from the handler"],"ReturnValue":null}"#;
    app.answers(&json!({ "OnEvent": [{ "body": answer }] }));
    let host = app.start().await;
    assert_eq!(notify(&host, &json!([recorded_event(&recording(name)[0])])).await, 202);
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_same(&app, name);
}

#[tokio::test]
async fn an_event_whose_output_triggers_a_queue() {
    event_then_queue("eventgrid-then-queue").await;
}

#[tokio::test]
async fn a_cloud_event_whose_output_triggers_a_queue() {
    event_then_queue("cloudevent").await;
}

#[tokio::test]
async fn events_with_odd_data() {
    let app = App::new();
    let host = app.start().await;
    let events: Vec<_> = recording("eventgrid-odd-data").iter().map(recorded_event).collect();
    assert_eq!(notify(&host, &events.into()).await, 202);
    assert_same(&app, "eventgrid-odd-data");
}

async fn message(name: &str, text: &str) {
    let app = App::new();
    let host = app.start().await;
    host.enqueue("work", text);
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_same(&app, name);
}

#[tokio::test]
async fn a_message_that_is_an_object() {
    let text = r#"{"sys":1,"list":[1],"myTrigger":"x","n":null,"o":{"a":1},"b":true,"at":"2026-11-24T09:00:00Z","f":1.5}"#;
    message("queue-json", text).await;
}

#[tokio::test]
async fn a_message_that_is_text() {
    message("queue-text", "hello \"quoted\"").await;
}

#[tokio::test]
async fn a_message_that_is_an_array() {
    message("queue-array", "[1,2]").await;
}

#[tokio::test]
async fn a_message_that_is_empty() {
    message("queue-empty", "").await;
}

#[tokio::test]
async fn a_long_event_arrives_whole() {
    let app = App::new();
    let host = app.start().await;
    let long = "ü".repeat(600_000);
    assert_eq!(notify(&host, &json!([{ "id": "long", "data": { "text": long } }])).await, 202);
    let body: Value = serde_json::from_str(app.recorded()[0]["bodyText"].as_str().unwrap()).unwrap();
    assert_eq!(body["Data"]["event"]["data"]["text"], long);
    assert_eq!(body["Metadata"]["data"]["text"], long);
}
