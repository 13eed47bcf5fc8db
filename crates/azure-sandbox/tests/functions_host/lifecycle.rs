//! The handler's process dies, leaves, or never comes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_sandbox::functions_host::{FunctionsHost, HostError, InvocationOutcome, NotIdle};
use serde_json::json;

use crate::app::{App, PATIENCE, another_process, client, eventually, failed_with, notify};
use crate::raw_http::address;

async fn kill_and_wait(host: &FunctionsHost) {
    let before = host.handler_process_id();
    host.kill_handler().await;
    another_process(host, before).await;
}

#[tokio::test]
async fn a_killed_handler_is_started_again_at_the_same_port() {
    let app = App::new();
    let host = app.start().await;
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 202);
    kill_and_wait(&host).await;
    assert_eq!(notify(&host, &json!({ "id": "2" })).await, 202);
    let ports: BTreeSet<_> = app.recorded().iter().map(|request| request["headers"][0].to_string()).collect();
    assert_eq!(ports.len(), 1, "{ports:?}");
    assert!(host.log().iter().any(|line| line.text.starts_with("handler exited with code 137")));
}

#[tokio::test]
async fn a_message_whose_handler_is_killed_comes_back() {
    let app = App::new();
    app.answers(&json!({ "OnMsg": [{ "delayMilliseconds": 60_000 }, {}] }));
    let host = app.start().await;
    host.enqueue("work", "m");
    eventually("the first delivery", || app.recorded().len() == 1).await;
    kill_and_wait(&host).await;
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert!(failed_with(&host, "An error occurred while sending the request."));
    assert_eq!(host.invocations().last().unwrap().outcome, InvocationOutcome::Succeeded);
}

#[tokio::test]
async fn the_third_error_ends_the_host() {
    let app = App::new();
    let host = app.start().await;
    kill_and_wait(&host).await;
    kill_and_wait(&host).await;
    assert_eq!(host.has_ended(), None);
    host.kill_handler().await;
    eventually("the end", || host.has_ended().is_some()).await;
    assert_eq!(
        host.has_ended().unwrap(),
        "Exceeded http worker restart retry count. Shutting down Functions Host"
    );
    assert_eq!(host.handler_process_id(), None);
    assert!(matches!(host.wait_until_idle(PATIENCE).await, Err(NotIdle::Ended { .. })));
    eventually("a server that is gone", || std::net::TcpStream::connect(address(&host)).is_err()).await;
}

#[tokio::test]
async fn exit_0_is_never_started_again() {
    let app = App::new();
    app.answers(&json!({ "OnEvent": [{ "exit": 0 }] }));
    let host = app.start().await;
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 500);
    eventually("no process", || host.handler_process_id().is_none()).await;
    assert_eq!(notify(&host, &json!({ "id": "2" })).await, 500);
    assert!(failed_with(&host, "Connection refused"));
    assert_eq!(host.has_ended(), None);
}

#[tokio::test]
async fn exit_200_is_no_error() {
    let app = App::new();
    app.answers(&json!({ "OnEvent": [{ "exit": 200 }] }));
    let host = app.start().await;
    for _ in 0..4 {
        let before = host.handler_process_id();
        assert_eq!(notify(&host, &json!({ "id": "1" })).await, 500);
        another_process(&host, before).await;
    }
}

#[tokio::test]
async fn any_other_exit_is_an_error_and_the_host_starts_another() {
    let app = App::new();
    app.answers(&json!({ "OnEvent": [{ "exit": 1 }] }));
    let host = app.start().await;
    for _ in 0..2 {
        let before = host.handler_process_id();
        assert_eq!(notify(&host, &json!({ "id": "1" })).await, 500);
        another_process(&host, before).await;
    }
    assert_eq!(host.has_ended(), None);
    notify(&host, &json!({ "id": "1" })).await;
    eventually("the end", || host.has_ended().is_some()).await;
}

/// Starts an app that never gets ready, and counts the lines of its log that say `text`.
async fn never_ready(start: &str, initialization: Option<Duration>, text: &str) -> usize {
    let app = App::new();
    let mut options = app.options_to(start);
    options.initialization_timeout = initialization;
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = lines.clone();
    options.log_sink = Some(Arc::new(move |line| sink.lock().unwrap().push(line.text.clone())));
    let result = FunctionsHost::start(options).await;
    assert!(matches!(result, Err(HostError::Ended { .. })), "{start}");
    let lines = lines.lock().unwrap();
    assert_eq!(
        lines.last().unwrap(),
        "Exceeded http worker restart retry count. Shutting down Functions Host"
    );
    lines.iter().filter(|line| line.contains(text)).count()
}

#[tokio::test]
async fn an_exit_before_it_was_ready_is_an_error_and_the_third_ends_the_host() {
    assert_eq!(never_ready("exit:3", None, "handler exited with code 3").await, 3);
}

#[tokio::test]
async fn exit_0_before_it_was_ready_is_noticed_when_initialization_times_out() {
    let time = Some(Duration::from_millis(50));
    assert_eq!(never_ready("exit:0", time, "Initializing HttpWorker timed out.").await, 3);
}

#[tokio::test]
async fn a_handler_that_never_listens_times_out_and_counts_as_an_error() {
    let time = Some(Duration::from_millis(50));
    assert_eq!(never_ready("deaf", time, "Initializing HttpWorker timed out.").await, 3);
}

#[tokio::test]
async fn an_event_is_worked_on_though_its_sender_hangs_up() {
    let app = App::new();
    app.answers(&json!({ "OnEvent": [{ "delayMilliseconds": 1_000 }] }));
    let host = app.start().await;
    let request = client().post(host.event_grid_webhook("OnEvent")).header("aeg-event-type", "Notification");
    let call = tokio::spawn(request.body(json!({ "id": "1" }).to_string()).send());
    eventually("the delivery", || app.recorded().len() == 1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled(), "it hung up before there was an answer");
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(host.invocations()[0].outcome, InvocationOutcome::Succeeded);
}
