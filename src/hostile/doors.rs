//! The bodies that the Functions host passes on: whatever is sent, no door panics or hangs, each answer is JSON with
//! something in it, and no key comes out in an answer, a message or the log.

use std::cell::Cell;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tower::ServiceExt;

use super::json::{Change, any_text};
use super::outputs::{NAMES, Planted, panics};
use super::{Cases, for_any_bytes};
use crate::azure::in_process::{Served, json as served};
use crate::handler::{FUNCTIONS, router};
use crate::rotator::Rotator;
use crate::telemetry::Recorder;

const WORDS: &[&str] = &[
    "Microsoft.KeyVault.SecretNearExpiry",
    "Secret",
    "kv-ml",
    "kv-ml/storage-key",
    "storage-key",
    "id",
    "eventType",
    "type",
    "data",
    "VaultName",
    "ObjectType",
    "ObjectName",
    "vault",
    "secret",
    "askedBy",
    "target",
    "version",
    "compromised",
    "replace",
    "whole",
    "key1",
    "Query",
    "Body",
    "Identities",
    "Claims",
    "Type",
    "Value",
    "http://schemas.microsoft.com/2017/07/functions/claims/keyid",
    "ScheduleStatus",
    "Last",
    "code",
];

/// The bindings under which the host passes on what it has.
const BINDINGS: [&str; 4] = ["event", "message", "req", "timer"];

/// What the doors are meant for.
fn right() -> Vec<Value> {
    let data = json!({"VaultName": "kv-ml", "ObjectType": "Secret", "ObjectName": "storage-key", "EXP": 1_798_000_000});
    let event_type = "Microsoft.KeyVault.SecretNearExpiry";
    let claims = json!([{"Claims": [{"Type": "http://schemas.microsoft.com/2017/07/functions/claims/keyid", "Value": "default"}]}]);
    let asked =
        json!({"target": "kv-ml/storage-key", "version": "0123", "compromised": "key2", "askedBy": "a test"});
    vec![
        json!({"id": "e1", "eventType": event_type, "subject": "storage-key", "data": data}),
        json!({"specversion": "1.0", "id": "c1", "type": event_type, "data": data}),
        json!([{"id": "e1", "eventType": event_type, "data": data}, {"id": "e2", "type": event_type, "data": data}]),
        json!({"vault": "kv-ml", "secret": "storage-key", "askedBy": "a test"}),
        json!({"vault": "kv-ml", "secret": "storage-key", "askedBy": NAMES[0], "whole": true, "replace": "0123", "compromised": "key1"}),
        json!({"Method": "POST", "Query": {"code": NAMES[0]}, "Headers": {"x-functions-key": [NAMES[1]]}, "Identities": claims, "Body": asked.to_string()}),
        json!({"Method": "GET", "Query": {"target": "kv-ml/storage-key", "code": NAMES[0]}, "Identities": claims}),
        json!({"Schedule": {}, "ScheduleStatus": {"Last": "2026-11-24T00:00:00+00:00"}, "IsPastDue": false}),
    ]
}

/// A JSON text as the host writes it: as it is, as a JSON text, or as a JSON text in a JSON text.
fn encoded() -> impl Strategy<Value = Vec<u8>> {
    let changed = (select(right()), proptest::option::of(Change::any(WORDS))).prop_map(|(right, change)| {
        let right = right.to_string().into_bytes();
        change.map_or_else(|| right.clone(), |change| change.made_to(&right))
    });
    let any = any_text(WORDS).prop_map(String::into_bytes);
    (prop_oneof![1 => any, 3 => changed], 0..3_u8).prop_map(|(text, layers)| {
        let in_a_text = |text: Vec<u8>, _| json!(String::from_utf8_lossy(&text)).to_string().into_bytes();
        (0..layers).fold(text, in_a_text)
    })
}

fn invocation() -> impl Strategy<Value = Vec<u8>> {
    let binding = prop_oneof![8 => select(BINDINGS.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    vec((binding, encoded()), 1..4).prop_map(|data| {
        let members: Vec<Vec<u8>> = data
            .into_iter()
            .map(|(name, text)| [json!(name).to_string().as_bytes(), b":", &text].concat())
            .collect();
        [&br#"{"Data":{"#[..], &members.join(&b","[..]), br#"},"Metadata":{}}"#].concat()
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let cut = (invocation(), any::<Index>()).prop_map(|(body, at)| body[..at.index(body.len())].to_vec());
    let changed = (invocation(), Change::any(WORDS)).prop_map(|(body, change)| change.made_to(&body));
    let other = any_text(WORDS).prop_map(String::into_bytes);
    prop_oneof![6 => invocation(), 1 => cut, 2 => changed, 1 => other, 1 => any::<Vec<u8>>()]
}

/// A vault in which nothing is.
fn nothing() -> Served {
    Served::by(|_, _| served(404, &json!({"error": {"code": "SecretNotFound", "message": "none"}})))
}

async fn answer(router: &Router, function: &str, body: Vec<u8>) -> (StatusCode, Vec<u8>) {
    let request = Request::post(format!("/{function}")).body(Body::from(body)).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    (response.status(), response.into_body().collect().await.unwrap().to_bytes().to_vec())
}

/// What must hold of every answer; whether it is one to what the doors are meant for.
fn check(status: StatusCode, body: &[u8]) -> Result<bool, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| format!("no JSON: {error}"))?;
    if answer.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err("an answer with nothing in it".to_owned());
    }
    let outputs = answer["Outputs"].as_object();
    if outputs.is_some() != (status == StatusCode::OK) {
        return Err(format!("{status} and outputs: {}", outputs.is_some()));
    }
    for (binding, messages) in outputs.into_iter().flatten() {
        let is_known = match messages {
            Value::Array(messages) => {
                ["rotations", "parked"].contains(&binding.as_str()) && messages.iter().all(Value::is_object)
            }
            reply => binding == "res" && reply["body"].is_string(),
        };
        if !is_known {
            return Err(format!("the output `{binding}`"));
        }
    }
    Ok(outputs.is_some_and(|outputs| !outputs.contains_key("parked")))
}

#[test]
fn no_body_makes_a_door_panic_hang_answer_nothing_or_give_a_key_away() {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (planted, router) = (Planted::new(), router(Arc::new(Rotator::over(nothing().azure))));
    let (read, recorder) = (Cell::new(0_u32), Recorder::new());
    for_any_bytes("invocations", Cases::usually(500), body(), |input| {
        let input = planted.put_into(input);
        let mut out = Vec::new();
        for function in FUNCTIONS {
            let before = panics();
            let ((status, body), log) =
                recorder.of(|| runtime.block_on(answer(&router, function, input.clone())));
            // The task catches it, and answers as it does after any failure.
            if panics() > before {
                return Err(format!("{function} panicked"));
            }
            let is_read = check(status, &body).map_err(|wrong| format!("{function}: {wrong}"))?;
            read.set(read.get().saturating_add(is_read.into()));
            out.extend([&body[..], b"\n", log.as_bytes(), b"\n"].concat());
        }
        planted.search("an answer or the log", out)
    });
    assert!(read.get() > 200, "only {} were what the doors are meant for", read.get());
}
