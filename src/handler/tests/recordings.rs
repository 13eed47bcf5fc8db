//! Every body that the real host was recorded to send.

use std::path::Path;

use serde_json::{Value, json};

use super::{StatusCode, answer, handler, nothing};
use crate::handler::Invocation;
use crate::telemetry::{self, Log};

/// The function and the body of each invocation of a recording.
fn recorded(name: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/azure-sandbox/tests/recordings");
    let text = std::fs::read_to_string(folder.join(name).with_extension("json")).unwrap();
    let recording: Value = serde_json::from_str(&text).unwrap();
    let invocations = recording["invocations"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    invocations
        .map(|invocation| {
            let request_line = text(&invocation["requestLine"]);
            let function = request_line.split(['/', ' ']).nth(2).unwrap().to_owned();
            (function, text(&invocation["bodyText"]))
        })
        .collect()
}

fn text(body: &str, binding: &str) -> String {
    Invocation::read(body.as_bytes()).unwrap().text(binding)
}

#[test]
fn events_are_read_as_they_were_delivered() {
    for (name, id) in [("eventgrid-then-queue", "e1"), ("cloudevent", "c1")] {
        let (function, body) = &recorded(name)[0];
        let event: Value = serde_json::from_str(&text(body, "event")).unwrap();
        let sent: Value = serde_json::from_str(body).unwrap();
        assert_eq!((function.as_str(), &event["id"]), ("OnEvent", &json!(id)));
        assert_eq!(event, sent["Data"]["event"]);
    }
    let odd: Vec<String> =
        recorded("eventgrid-odd-data").iter().map(|(_, body)| text(body, "event")).collect();
    assert_eq!(
        odd,
        [
            r#"{"id":"b","data":null}"#,
            r#"{"id":"c"}"#,
            r#"{"id":"d","data":"text"}"#,
            r#"{"id":"a","data":[1,2]}"#
        ]
    );
}

#[test]
fn messages_are_read_as_they_lay_on_the_queue() {
    let enqueued =
        "{\n  \"vault\": \"kv1\",\n  \"secret\": \"storage-key\",\n  \"at\": \"2026-11-24T09:00:00Z\"\n}";
    let json = r#"{"sys":1,"list":[1],"myTrigger":"x","n":null,"o":{"a":1},"b":true,"at":"2026-11-24T09:00:00Z","f":1.5}"#;
    for (name, at, expected) in [
        ("eventgrid-then-queue", 1, enqueued),
        ("cloudevent", 1, enqueued),
        ("queue-json", 0, json),
        ("queue-text", 0, "hello \"quoted\""),
        ("queue-array", 0, "[1,2]"),
        ("queue-empty", 0, ""),
    ] {
        let (function, body) = &recorded(name)[at];
        assert_eq!((function.as_str(), text(body, "msg").as_str()), ("OnMsg", expected), "{name}");
    }
}

#[test]
fn a_timer_and_an_http_request_are_objects() {
    let (_, body) = &recorded("timer-admin")[0];
    let timer: Value = serde_json::from_str(&text(body, "timer")).unwrap();
    assert_eq!(timer["IsPastDue"], false);
    for (name, method, sent) in [
        ("http-get", "GET", Value::Null),
        ("http-post-chunked", "POST", Value::Null),
        ("http-post-form", "POST", json!("a=1&b=2")),
        ("http-post-header-key", "POST", json!("{\"id\":1}")),
    ] {
        let (_, body) = &recorded(name)[0];
        let request: Value = serde_json::from_str(&text(body, "req")).unwrap();
        assert_eq!((&request["Method"], &request["Body"]), (&json!(method), &sent), "{name}");
    }
}

/// The app that was recorded has other names for its functions and bindings than ours.
async fn our_answer(function: &str, body: &str) -> (StatusCode, Value) {
    let (function, body) = match function {
        "OnEvent" => ("SecretNearExpiry", body.to_owned()),
        "OnMsg" => ("Rotate", body.replacen("\"msg\"", "\"message\"", 1)),
        other => (other, body.to_owned()),
    };
    answer(&handler(nothing()), "POST", &format!("/{function}"), &body).await
}

#[tokio::test]
async fn events_of_either_schema_are_enqueued() {
    for name in ["eventgrid-then-queue", "cloudevent"] {
        let (function, body) = &recorded(name)[0];
        let (status, answer) = our_answer(function, &body.replace("kv1", "kv-ml")).await;
        assert_eq!(status, StatusCode::OK);
        let message = &answer["Outputs"]["rotations"][0];
        assert_eq!(
            (&message["vault"], &message["secret"]),
            (&json!("kv-ml"), &json!("storage-key")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn whatever_else_came_is_parked_and_done_with() {
    for name in ["eventgrid-odd-data", "queue-json", "queue-text", "queue-array", "queue-empty"] {
        for (function, body) in recorded(name) {
            let (status, answer) = our_answer(&function, &body).await;
            assert_eq!(status, StatusCode::OK, "{name}");
            assert_eq!(answer["Outputs"]["parked"].as_array().unwrap().len(), 1, "{name}");
            assert_eq!(answer["Outputs"].as_object().unwrap().len(), 1, "{name}");
        }
    }
}

#[tokio::test]
async fn nothing_of_an_http_invocation_is_logged_or_answered_even_by_the_most_talkative_log() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(telemetry::subscriber("trace", log.clone()));
    let mut answers = String::new();
    for name in ["http-get", "http-post-chunked", "http-post-form", "http-post-header-key"] {
        for (function, body) in recorded(name) {
            // As it came, as a body that is cut short, and at the doors that are there.
            let cut = &body[..body.len() - 2];
            for (function, body) in
                [(function.as_str(), body.as_str()), (&function, cut), ("OnEvent", &body), ("OnMsg", &body)]
            {
                answers += &our_answer(function, body).await.1.to_string();
            }
        }
    }
    let log = log.text();
    assert!(log.contains("no function is called `Now`"), "{log}");
    for part in ["FUNCTION-KEY", "7071", "/api/", "curl", "x-functions-key"] {
        assert!(!log.contains(part), "{part}: {log}");
        assert!(!answers.contains(part), "{part}: {answers}");
    }
}
