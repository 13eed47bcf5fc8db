//! What `functionTimeout` does to an invocation, to its process, and to others.

use std::time::Duration;

use azure_sandbox::functions_host::{FunctionsHost, FunctionsHostOptions, InvocationOutcome};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::app::{App, PATIENCE, another_process, eventually, failed_with, notify};

const TIMEOUT: Duration = Duration::from_millis(600);

fn options(app: &App) -> FunctionsHostOptions {
    let mut options = app.options();
    options.function_timeout = Some(TIMEOUT);
    // Longer than a handler takes to be started again.
    options.visibility_timeout = Some(TIMEOUT);
    options
}

/// The first delivery gets `answer`, the second a good one.
async fn hangs(answer: Value) {
    let app = App::new();
    app.answers(&json!({ "OnMsg": [answer, {}] }));
    let host = FunctionsHost::start(options(&app)).await.unwrap();
    let before = host.handler_process_id();
    host.enqueue("work", "m");
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert!(failed_with(
        &host,
        "FunctionTimeoutException : Timeout value of 00:00:00.6000000 was exceeded by function: Functions.OnMsg"
    ));
    let first = &host.invocations()[0];
    assert!(first.finished.unwrap() - first.started >= TIMEOUT, "it is not noticed before");
    another_process(&host, before).await;
    assert_eq!(host.invocations().last().unwrap().outcome, InvocationOutcome::Succeeded);
    let log = host.log();
    let says = |text: &str| log.iter().any(|line| line.text.contains(text));
    assert!(says("Timeout value of 00:00:00.6000000 exceeded by function 'Functions.OnMsg' (Id: '"));
    assert!(says("A function timeout has occurred. Restarting worker process executing invocationId '"));
    assert!(!says("exited with code"), "it counts as no error");
}

#[tokio::test]
async fn a_success_without_content_hangs_until_the_timeout_and_costs_the_process() {
    let answers = [
        json!({ "body": "" }),
        json!({ "status": 204, "body": "", "contentType": false }),
        json!({ "body": "null" }),
        // Larger than the body.
        json!({ "contentLength": 100 }),
    ];
    join_all(answers.map(hangs)).await;
}

#[tokio::test]
async fn a_handler_that_does_not_answer_in_time_is_killed() {
    hangs(json!({ "delayMilliseconds": 60_000 })).await;
}

#[tokio::test]
async fn other_invocations_die_with_the_process_and_an_event_in_flight_becomes_500() {
    let app = App::new();
    app.answers(&json!({ "OnMsg": [{ "body": "" }, {}], "OnEvent": [{ "delayMilliseconds": 60_000 }] }));
    let mut options = options(&app);
    // The event starts later, and would have time left.
    options.kill_delay = Duration::from_millis(1);
    options.function_timeout = Some(Duration::from_millis(1_500));
    let host = FunctionsHost::start(options).await.unwrap();
    host.enqueue("work", "m");
    eventually("the message", || app.recorded().len() == 1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 500);
    assert!(failed_with(&host, "An error occurred while sending the request."));
}

#[tokio::test]
async fn whatever_handler_then_runs_is_killed_a_fresh_one_too() {
    let app = App::new();
    app.answers(&json!({ "OnMsg": [{ "body": "" }, {}] }));
    let mut options = options(&app);
    options.kill_delay = Duration::from_millis(1_500);
    let host = FunctionsHost::start(options).await.unwrap();
    let first = host.handler_process_id();
    host.enqueue("work", "m");
    eventually("the timeout", || failed_with(&host, "Timeout value")).await;
    // Within the grace period somebody else kills the one that hung.
    host.kill_handler().await;
    another_process(&host, first).await;
    let fresh = host.handler_process_id();
    another_process(&host, fresh).await;
}

/// Taken from the source: the exception handler waits for the invocation before it restarts the process.
#[tokio::test]
async fn an_answer_within_the_grace_period_spares_the_process_and_its_outputs_are_written() {
    let app = App::new();
    let late = json!({ "delayMilliseconds": 1_000, "body": r#"{"Outputs":{"parked":["late"]}}"# });
    app.answers(&json!({ "OnMsg": [late, {}] }));
    let mut options = options(&app);
    options.kill_delay = PATIENCE;
    let host = FunctionsHost::start(options).await.unwrap();
    let before = host.handler_process_id();
    host.enqueue("work", "m");
    eventually("the timeout", || failed_with(&host, "Timeout value")).await;
    eventually("the late output", || !host.queue_messages("parked").is_empty()).await;
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(host.handler_process_id(), before);
    assert_eq!(host.invocations().len(), 2, "the message came back all the same");
}

#[tokio::test]
async fn only_a_timeout_helps_against_a_handler_that_accepts_and_never_answers() {
    let app = App::new();
    let mut options = app.options_to("mute");
    options.function_timeout = Some(Duration::from_millis(1_500));
    // It passes before, and has no effect.
    options.initialization_timeout = Some(Duration::from_secs(1));
    options.queues.put("work", b"m");
    let starting = tokio::spawn(FunctionsHost::start(options.clone()));
    // The message that waits for the handler runs into its timeout; the second process answers.
    let host = starting.await.unwrap().unwrap();
    assert!(failed_with(&host, "Timeout value"));
    assert!(host.log().iter().all(|line| !line.text.contains("timed out")));
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(host.invocations().last().unwrap().outcome, InvocationOutcome::Succeeded);
}

#[tokio::test]
async fn after_exit_0_a_timeout_that_was_under_way_still_starts_another_handler() {
    let app = App::new();
    app.answers(&json!({ "OnMsg": [{ "body": "" }, {}], "OnEvent": [{ "exit": 0 }] }));
    let mut options = options(&app);
    options.function_timeout = Some(Duration::from_secs(1));
    options.visibility_timeout = Some(Duration::from_secs(3));
    let host = FunctionsHost::start(options).await.unwrap();
    let before = host.handler_process_id();
    host.enqueue("work", "m");
    eventually("the message", || app.recorded().len() == 1).await;
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 500);
    eventually("no process", || host.handler_process_id().is_none()).await;
    another_process(&host, before).await;
}
