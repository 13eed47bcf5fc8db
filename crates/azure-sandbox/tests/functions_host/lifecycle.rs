//! The handler's process dies, hangs, leaves, or never comes.

use std::collections::BTreeSet;
use std::time::Duration;

use azure_sandbox::functions_host::{FunctionsHost, HostError, InvocationOutcome, NotIdle};
use serde_json::json;

use crate::app::{App, PATIENCE, client, eventually, notify};

async fn kill_and_wait(host: &FunctionsHost) {
    let before = host.handler_process_id().unwrap();
    host.kill_handler().await;
    eventually("another process", || host.handler_process_id().is_some_and(|id| id != before)).await;
    host.wait_until_ready().await.unwrap();
}

fn failed_with(host: &FunctionsHost, text: &str) -> bool {
    host.invocations()
        .iter()
        .any(|record| matches!(&record.outcome, InvocationOutcome::Failed(why) if why.contains(text)))
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
    let url = host.event_grid_webhook("OnEvent");
    eventually("a webhook that is gone", || std::net::TcpStream::connect(address(&url)).is_err()).await;
}

fn address(url: &str) -> String {
    url.trim_start_matches("http://").split('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_success_without_a_body_hangs_until_the_timeout_and_costs_the_process() {
    let app = App::new();
    app.answers(&json!({ "OnMsg": [{ "body": "" }, {}] }));
    let mut options = app.options();
    options.function_timeout = Some(Duration::from_millis(300));
    options.visibility_timeout = Some(Duration::from_millis(200));
    let host = FunctionsHost::start(options).await.unwrap();
    let before = host.handler_process_id();
    host.enqueue("work", "m");
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert!(failed_with(&host, "Timeout value of"));
    let first = &host.invocations()[0];
    assert!(first.finished.unwrap() - first.started >= Duration::from_millis(300));
    eventually("another process", || host.handler_process_id().is_some_and(|id| Some(id) != before)).await;
    assert!(host.log().iter().all(|line| !line.text.contains("exited with code")), "it counts as no error");
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
        eventually("another process", || host.handler_process_id().is_some_and(|id| Some(id) != before))
            .await;
        host.wait_until_ready().await.unwrap();
    }
}

#[tokio::test]
async fn a_handler_that_never_gets_ready_ends_the_host() {
    for (start, reason) in
        [("exit:0", "exited with code 0"), ("exit:3", "exited with code 3"), ("deaf", "timed out")]
    {
        let app = App::new();
        let mut options = app.options();
        options.environment.insert("START".to_owned(), start.to_owned());
        options.initialization_timeout = Some(Duration::from_millis(100));
        let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let sink = lines.clone();
        options.log_sink =
            Some(std::sync::Arc::new(move |line| sink.lock().unwrap().push(line.text.clone())));
        let result = FunctionsHost::start(options).await;
        assert!(matches!(result, Err(HostError::Ended { .. })), "{start}");
        assert_eq!(lines.lock().unwrap().iter().filter(|line| line.contains(reason)).count(), 3, "{start}");
    }
}

#[tokio::test]
async fn the_handler_s_environment_is_what_was_given_and_what_the_host_sets() {
    let app = App::new();
    let host = app.start().await;
    eventually("the first line", || !host.log().is_empty()).await;
    let log = host.log();
    let line = log.iter().find(|line| line.text.starts_with("environment: ")).unwrap();
    assert_eq!(
        line.text,
        "environment: FUNCTIONS_APP_ROOT_PATH FUNCTIONS_CUSTOMHANDLER_PORT FUNCTIONS_CUSTOMHANDLER_WORKER_ID \
         FUNCTIONS_HTTPWORKER_ID FUNCTIONS_HTTPWORKER_PORT HOME PATH RECORDING"
    );
}

#[tokio::test]
async fn a_dropped_host_kills_its_handler() {
    let app = App::new();
    let host = app.start().await;
    let process = format!("/proc/{}/stat", host.handler_process_id().unwrap());
    assert!(std::path::Path::new(&process).exists());
    drop(host);
    // Killed and reaped, or killed and a zombie until the runtime reaps it.
    let is_gone = || std::fs::read_to_string(&process).map_or(true, |stat| stat.contains(") Z "));
    eventually("no process", is_gone).await;
}

#[tokio::test]
async fn an_event_is_worked_on_though_its_sender_hangs_up() {
    let app = App::new();
    app.answers(&json!({ "OnEvent": [{ "delayMilliseconds": 200 }] }));
    let host = app.start().await;
    let request = client().post(host.event_grid_webhook("OnEvent")).header("aeg-event-type", "Notification");
    let request =
        request.body(json!({ "id": "1" }).to_string()).timeout(Duration::from_millis(50)).send().await;
    assert!(request.unwrap_err().is_timeout());
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(host.invocations()[0].outcome, InvocationOutcome::Succeeded);
}
