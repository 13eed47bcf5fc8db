//! Outputs and how many messages run at once.

use std::time::Duration;

use azure_sandbox::functions_host::{FunctionsHost, InvocationOutcome, NotIdle};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::app::{App, PATIENCE, notify};

#[tokio::test]
async fn outputs_are_written_as_the_real_host_writes_them() {
    let app = App::new();
    let outputs =
        json!({ "parked": ["abcd1234", { "b": 1, "a": [] }], "unknown": "ignored", "$return": "ignored" });
    app.answers(&json!({ "OnMsg": [{ "body": json!({ "outputs": outputs, "more": 1 }).to_string() }] }));
    let host = app.start().await;
    host.enqueue("work", "m");
    host.wait_until_idle(PATIENCE).await.unwrap();
    let parked: Vec<_> =
        host.queue_messages("parked").iter().map(|message| message.text().unwrap()).collect();
    assert_eq!(parked, ["abcd1234", "{\n  \"b\": 1,\n  \"a\": []\n}"]);
}

/// The messages that the function `OnMsg` puts on its output, answering `body`.
async fn written(app: &App, body: &Value) -> Vec<Vec<u8>> {
    app.answers(&json!({ "OnMsg": [{ "body": body.to_string() }] }));
    let host = app.start().await;
    host.enqueue("work", "m");
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(host.invocations()[0].outcome, InvocationOutcome::Succeeded);
    let messages = host.queue_messages("parked");
    messages.iter().map(|message| STANDARD.decode(&message.encoded).unwrap()).collect()
}

#[tokio::test]
async fn a_lone_value_becomes_the_message_that_dotnet_makes_of_it() {
    for (value, expected) in [
        (json!({ "a": 1 }), Some(&b"{\n  \"a\": 1\n}"[..])),
        (json!("{\"a\":1}"), Some(b"{\n  \"a\": 1\n}")),
        (json!("plain text"), Some(b"plain text")),
        (json!("abcd1234"), Some(&[0x69, 0xb7, 0x1d, 0xd7, 0x6d, 0xf8])),
        (json!("abcd 1234"), Some(&[0x69, 0xb7, 0x1d, 0xd7, 0x6d, 0xf8])),
        (json!(true), Some(b"True")),
        (json!(42), Some(b"42")),
        (json!(""), Some(b"")),
        (json!([]), None),
        (Value::Null, None),
    ] {
        let messages = written(&App::new(), &json!({ "Outputs": { "parked": value } })).await;
        assert_eq!(messages, expected.map(<[u8]>::to_vec).into_iter().collect::<Vec<_>>(), "{value}");
    }
}

#[tokio::test]
async fn a_binary_output_is_not_decoded() {
    let app = App::new();
    app.function("OnMsg", &json!({ "bindings": [
        { "type": "queueTrigger", "name": "msg", "direction": "in", "queueName": "work" },
        { "type": "queue", "name": "parked", "direction": "out", "queueName": "parked", "dataType": "binary" },
    ] }));
    assert_eq!(written(&app, &json!({ "Outputs": { "parked": "abcd1234" } })).await, [b"abcd1234"]);
}

#[tokio::test]
async fn names_of_outputs_are_told_apart_by_case() {
    assert!(written(&App::new(), &json!({ "Outputs": { "Parked": ["x"] } })).await.is_empty());
}

#[tokio::test]
async fn a_message_that_is_larger_than_a_queue_takes_fails_the_invocation() {
    // 64 KiB of base64 are 48 KiB of text.
    let (largest, too_large) = ("x y".repeat(16 << 10), format!("{}z", "x y".repeat(16 << 10)));
    assert_eq!(written(&App::new(), &json!({ "Outputs": { "parked": [largest] } })).await.len(), 1);
    let app = App::new();
    app.answers(
        &json!({ "OnMsg": [{ "body": json!({ "Outputs": { "parked": [too_large] } }).to_string() }] }),
    );
    let host = app.start().await;
    host.enqueue("work", "m");
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert!(host.queue_messages("parked").is_empty());
    assert_eq!(host.queue_messages("work-poison").len(), 1);
    assert!(host.log().iter().any(|line| line.text.contains("RequestBodyTooLarge")));
}

#[tokio::test]
async fn the_return_binding_takes_the_return_value_alone() {
    let app = App::new();
    app.function(
        "OnMsg",
        &json!({ "bindings": [
        { "type": "queueTrigger", "name": "msg", "direction": "in", "queueName": "work" },
        { "type": "queue", "name": "$return", "direction": "out", "queueName": "parked" },
    ] }),
    );
    assert!(written(&app, &json!({ "Outputs": { "$return": ["x"] } })).await.is_empty());
    assert_eq!(written(&app, &json!({ "ReturnValue": ["x", "y"] })).await, [b"x", b"y"]);
}

#[tokio::test]
async fn members_of_a_return_value_are_outputs() {
    let app = App::new();
    app.answers(&json!({ "OnMsg": [{ "body": r#"{"ReturnValue":{"parked":"{\"a\":1}"}}"# }] }));
    let host = app.start().await;
    host.enqueue("work", "m");
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(host.queue_messages("parked")[0].text().unwrap(), "{\n  \"a\": 1\n}");
}

#[tokio::test]
async fn a_batch_runs_at_once_and_the_next_when_all_of_it_has_ended() {
    let app = App::new();
    app.answers(&json!({ "OnMsg": [{ "delayMilliseconds": "as the message says" }] }));
    let options = app.options();
    for milliseconds in ["100", "100", "100", "300", "1", "1"] {
        options.queues.put("work", milliseconds.as_bytes());
    }
    let host = FunctionsHost::start(options).await.unwrap();
    let busy = host.wait_until_idle(Duration::from_millis(50)).await.unwrap_err();
    assert!(matches!(busy, NotIdle::Busy { running: 4, messages: 6, .. }), "{busy}");
    host.wait_until_idle(PATIENCE).await.unwrap();

    // batchSize is 4, newBatchThreshold 0.
    let records = host.invocations();
    let first_batch_ended = records[..4].iter().filter_map(|record| record.finished).max().unwrap();
    assert!(records[..4].iter().all(|record| record.started < first_batch_ended));
    assert!(records[4..].iter().all(|record| record.started >= first_batch_ended));
}

#[tokio::test]
async fn the_next_batch_is_fetched_when_new_batch_threshold_is_reached() {
    let app = App::new();
    app.host_json(&[], &json!({ "batchSize": 4, "newBatchThreshold": 2 }));
    app.answers(&json!({ "OnMsg": [{ "delayMilliseconds": "as the message says" }] }));
    let options = app.options();
    for milliseconds in ["1", "100", "2000", "2000", "1", "1"] {
        options.queues.put("work", milliseconds.as_bytes());
    }
    let host = FunctionsHost::start(options).await.unwrap();
    host.wait_until_idle(PATIENCE).await.unwrap();

    let records = host.invocations();
    let finished = |at: usize| records[at].finished.unwrap();
    let (short, long) = (finished(0).max(finished(1)), finished(2).min(finished(3)));
    for record in &records[4..] {
        assert!(short <= record.started && record.started < long, "when two were left");
    }
}

#[tokio::test]
async fn queues_outlive_a_host_that_is_killed() {
    let app = App::new();
    app.answers(&json!({ "OnMsg": [{ "status": 500 }, {}] }));
    let mut options = app.options();
    options.visibility_timeout = Some(Duration::from_secs(1));
    let host = FunctionsHost::start(options.clone()).await.unwrap();
    host.enqueue("work", "m");
    while host.invocations().iter().all(|record| record.finished.is_none()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    host.kill().await;
    let host = FunctionsHost::start(options).await.unwrap();
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(app.recorded().len(), 2);
}

#[tokio::test]
async fn an_event_s_output_is_seen_before_the_host_is_idle() {
    let app = App::new();
    app.answers(&json!({ "OnEvent": [{ "body": r#"{"Outputs":{"work":["1","2","3"]}}"# }] }));
    let host = app.start().await;
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 202);
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(host.invocations().iter().filter(|record| record.function == "OnMsg").count(), 3);
}
