//! Outputs and how many messages run at once.

use std::time::Duration;

use azure_sandbox::functions_host::{FunctionsHost, NotIdle};
use serde_json::json;

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
