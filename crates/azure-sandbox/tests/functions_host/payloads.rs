//! For the same input the handler gets what the real host sent, byte for byte; only ids, times and ports differ.

use azure_sandbox::functions_host::FunctionsHost;
use serde_json::{Value, json};

use crate::app::{App, PATIENCE, client, notify};
use crate::raw_http::{address, send};

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
    for name in ["Next", "LastUpdated"] {
        mask(&mut masked, name, &body["Data"]["timer"]["ScheduleStatus"][name]);
    }
    masked
}

fn mask(text: &mut String, name: &str, value: &Value) {
    let Value::String(value) = value else { return };
    let shape = match name {
        // Zeros at the end of the fraction are left out, so its length differs.
        "UtcNow" => format!("{}.9Z", shape(value.trim_end_matches('Z').split('.').next().unwrap())),
        "LastUpdated" => {
            format!("{}.9+00:00", shape(value.trim_end_matches("+00:00").split('.').next().unwrap()))
        }
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
    assert_same_but_for(app, name, &[]);
}

/// `masks` holds what differs by its nature, with what the recording has instead.
fn assert_same_but_for(app: &App, name: &str, masks: &[(&str, &str)]) {
    let sorted = |invocations: Vec<Value>| {
        // Invocations of one batch run in parallel.
        let mut texts: Vec<_> = invocations.iter().map(masked).collect();
        texts.sort();
        texts
    };
    let mut recorded = sorted(app.recorded());
    for text in &mut recorded {
        *text = masks.iter().fold(text.clone(), |text, (ours, theirs)| text.replace(ours, theirs));
    }
    assert_eq!(recorded, sorted(recording(name)), "{name}");
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

/// `curl`, with the headers of the recorded one in its own order.
async fn request(app: &App, host: &FunctionsHost, name: &str, head: &[&str], body: &str) {
    let (host_address, key) = (address(host), host.keys().function("Now").unwrap());
    let mut lines = vec![head[0].replace("FUNCTION-KEY", key), format!("Host: {host_address}")];
    lines.push("User-Agent: curl/7.88.1".to_owned());
    lines.extend(head[1..].iter().map(|line| line.replace("FUNCTION-KEY", key)));
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    send(host, &lines, body).await;
    let masks = [(host_address.as_str(), "127.0.0.1:7071"), (key, "FUNCTION-KEY")];
    assert_same_but_for(app, name, &masks);
}

#[tokio::test]
async fn an_anonymous_request() {
    let app = App::new();
    let host = app.start().await;
    let head = ["GET /api/page?a=1&a=2 HTTP/1.1", "Accept: text/html"];
    request(&app, &host, "http-get", &head, "").await;
}

#[tokio::test]
async fn a_request_with_a_key_in_its_header() {
    let app = App::new();
    let host = app.start().await;
    let head = [
        "POST /api/now/7?x=1 HTTP/1.1",
        "Accept: */*",
        "x-functions-key: FUNCTION-KEY",
        "content-type: application/json",
        "Content-Length: 8",
    ];
    request(&app, &host, "http-post-header-key", &head, r#"{"id":1}"#).await;
}

#[tokio::test]
async fn a_form_with_a_key_in_its_url() {
    let app = App::new();
    let host = app.start().await;
    let head = [
        "POST /api/now?code=FUNCTION-KEY HTTP/1.1",
        "Accept: */*",
        "Content-Length: 7",
        "Content-Type: application/x-www-form-urlencoded",
    ];
    request(&app, &host, "http-post-form", &head, "a=1&b=2").await;
}

#[tokio::test]
async fn a_chunked_request_has_no_body() {
    let app = App::new();
    let host = app.start().await;
    let head = [
        "POST /api/now HTTP/1.1",
        "Accept: */*",
        "Transfer-Encoding: chunked",
        "x-functions-key: FUNCTION-KEY",
        "Content-Type: application/x-www-form-urlencoded",
    ];
    request(&app, &host, "http-post-chunked", &head, "7\r\na=1&b=2\r\n0\r\n\r\n").await;
}

#[tokio::test]
async fn a_timer_that_is_invoked_by_the_admin_endpoint() {
    let app = App::new();
    let host = app.start().await;
    let call = client().post(host.admin_url("Tick")).header("x-functions-key", host.keys().master());
    let answer = call.json(&json!({ "input": "" })).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 202);
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_same(&app, "timer-admin");
}

#[test]
fn every_recording_has_its_test() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings");
    let tests = include_str!("payloads.rs");
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        // The app itself, which every test starts.
        assert!(name == "functions" || tests.contains(&format!("\"{name}\"")), "{name}");
    }
}
