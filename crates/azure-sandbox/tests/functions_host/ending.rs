//! A host ends: in order, by SIGKILL with its handler, or by SIGKILL alone.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_sandbox::functions_host::{FunctionsHost, FunctionsHostOptions};
use serde_json::json;

use crate::app::{App, PATIENCE, eventually, is_alive};
use crate::raw_http::address;

/// An app whose first delivery of a message takes `milliseconds` and says so when it is over.
fn slow_app(milliseconds: u64) -> App {
    let app = App::new();
    let slow = json!({
        "delayMilliseconds": milliseconds,
        "finishes": "slow",
        "body": r#"{"Outputs":{"parked":["done"]}}"#,
    });
    app.answers(&json!({ "OnMsg": [slow, {}] }));
    app
}

fn has_finished(app: &App) -> bool {
    app.recorded().iter().any(|request| request["finished"] == "slow")
}

async fn with_running_message(app: &App, options: &FunctionsHostOptions) -> FunctionsHost {
    let host = FunctionsHost::start(options.clone()).await.unwrap();
    host.enqueue("work", "m");
    eventually("the delivery", || app.recorded().len() == 1).await;
    host
}

#[tokio::test]
async fn an_orderly_stop_waits_for_running_messages_and_their_outcome_counts() {
    let app = slow_app(300);
    let options = app.options();
    let host = with_running_message(&app, &options).await;
    let process = host.handler_process_id().unwrap();
    host.stop().await;
    assert!(has_finished(&app));
    assert!(options.queues.messages("work").is_empty(), "the message was deleted");
    assert_eq!(options.queues.messages("parked")[0].text().unwrap(), "done");
    assert!(!is_alive(process));
}

#[tokio::test]
async fn a_message_that_fails_during_an_orderly_stop_is_released() {
    let app = App::new();
    app.answers(&json!({ "OnMsg": [{ "delayMilliseconds": 200, "status": 500 }] }));
    let options = app.options();
    with_running_message(&app, &options).await.stop().await;
    let message = &options.queues.messages("work")[0];
    assert_eq!(message.dequeue_count, 1);
    assert!(
        message.next_visible - message.inserted < Duration::from_secs(60),
        "not the ten minutes of its run"
    );
}

#[tokio::test]
async fn after_an_orderly_stop_nothing_more_is_taken() {
    let app = slow_app(500);
    let options = app.options();
    let host = with_running_message(&app, &options).await;
    let stopping = tokio::spawn(host.stop());
    tokio::time::sleep(Duration::from_millis(100)).await;
    options.queues.put("work", b"later");
    stopping.await.unwrap();
    let left = options.queues.messages("work");
    assert_eq!((left.len(), left[0].dequeue_count), (1, 0), "the running one is gone, the other untouched");
}

#[tokio::test]
async fn an_orderly_stop_waits_for_a_running_timer() {
    let app = App::new();
    let body = r#"{"Outputs":{"work":["swept"]}}"#;
    app.answers(&json!({ "Tick": [{ "delayMilliseconds": 300, "body": body }] }));
    let options = app.options();
    let host = Arc::new(FunctionsHost::start(options.clone()).await.unwrap());
    let firing = tokio::spawn({
        let host = host.clone();
        async move { host.fire_timer("Tick").await }
    });
    eventually("the invocation", || app.recorded().len() == 1).await;
    firing.abort();
    let _ = firing.await;
    Arc::into_inner(host).unwrap().stop().await;
    assert_eq!(options.queues.messages("swept").len(), 1);
}

#[tokio::test]
async fn sigkill_to_the_host_leaves_an_orphan_that_finishes_what_it_was_doing() {
    let app = slow_app(300);
    let options = app.options();
    let host = with_running_message(&app, &options).await;
    let (process, server) = (host.handler_process_id(), address(&host));
    let orphan = host.abandon().await.unwrap();
    assert_eq!(orphan.process_id(), process);
    assert!(std::net::TcpStream::connect(server).is_err(), "the host is gone");
    eventually("the end of its work", || has_finished(&app)).await;
    assert!(is_alive(process.unwrap()));
    // Nobody was there to write its output or to delete its message.
    assert!(options.queues.messages("parked").is_empty());
    let message = &options.queues.messages("work")[0];
    assert_eq!(message.dequeue_count, 1);
    assert!(message.next_visible - message.inserted > Duration::from_secs(500), "hidden for ten minutes");
}

#[tokio::test]
async fn what_an_orphan_writes_is_an_error_and_reaches_nobody() {
    for is_orphan in [false, true] {
        let app = slow_app(300);
        let mut options = app.options();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = lines.clone();
        options.log_sink = Some(Arc::new(move |line| sink.lock().unwrap().push(line.text.clone())));
        let host = with_running_message(&app, &options).await;
        let _orphan = if is_orphan {
            host.abandon().await
        } else {
            host.wait_until_idle(PATIENCE).await.unwrap();
            host.stop().await;
            None
        };
        eventually("the end of its work", || has_finished(&app)).await;
        assert_eq!(app.recorded()[1]["isHeard"], !is_orphan);
        let is_last_word = |line: &String| line == "slow is over";
        if !is_orphan {
            eventually("its last word", || lines.lock().unwrap().iter().any(is_last_word)).await;
        }
        assert_eq!(lines.lock().unwrap().iter().any(is_last_word), !is_orphan);
    }
}

#[tokio::test]
async fn a_dropped_orphan_is_killed() {
    let app = slow_app(60_000);
    let host = with_running_message(&app, &app.options()).await;
    let orphan = host.abandon().await.unwrap();
    let process = orphan.process_id().unwrap();
    assert!(is_alive(process));
    drop(orphan);
    eventually("no process", || !is_alive(process)).await;
}

#[tokio::test]
async fn an_orphan_can_be_killed_and_waited_for() {
    let app = slow_app(60_000);
    let mut orphan = with_running_message(&app, &app.options()).await.abandon().await.unwrap();
    let process = orphan.process_id().unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(50), orphan.wait()).await;
    assert!(waited.is_err(), "it lives");
    orphan.kill().await.unwrap();
    assert!(!is_alive(process));
}

#[tokio::test]
async fn another_host_gets_the_orphan_s_message_when_its_visibility_ends() {
    let app = slow_app(60_000);
    let mut options = app.options();
    options.running_visibility = Duration::from_secs(1);
    let _orphan = with_running_message(&app, &options).await.abandon().await.unwrap();
    let hidden_until = options.queues.messages("work")[0].next_visible;
    let other = FunctionsHost::start(options.clone()).await.unwrap();
    other.wait_until_idle(PATIENCE).await.unwrap();
    assert!(other.invocations()[0].started >= hidden_until);
    let counts: Vec<_> = app.bodies().iter().map(|body| body["Metadata"]["DequeueCount"].clone()).collect();
    assert_eq!(counts, ["1", "2"]);
}

#[tokio::test]
async fn the_visibility_of_a_running_message_is_renewed() {
    let app = slow_app(2_000);
    let mut options = app.options();
    options.running_visibility = Duration::from_millis(1_200);
    let host = with_running_message(&app, &options).await;
    let other = FunctionsHost::start(options.clone()).await.unwrap();
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert!(other.invocations().is_empty(), "it was hidden all the time");
    assert!(options.queues.messages("work").is_empty());
}

#[tokio::test]
async fn a_message_that_too_many_hosts_died_over_is_poison_without_another_delivery() {
    let app = slow_app(60_000);
    let slow = json!({ "delayMilliseconds": 60_000 });
    app.answers(&json!({ "OnMsg": [slow] }));
    let mut options = app.options();
    options.running_visibility = Duration::from_millis(700);
    // maxDequeueCount is 2.
    let mut orphans = Vec::new();
    for deliveries in 1..=2 {
        let host = FunctionsHost::start(options.clone()).await.unwrap();
        if deliveries == 1 {
            host.enqueue("work", "m");
        }
        eventually("the delivery", || app.recorded().len() == deliveries).await;
        orphans.push(host.abandon().await.unwrap());
    }
    let host = FunctionsHost::start(options.clone()).await.unwrap();
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(options.queues.messages("work-poison").len(), 1);
    assert_eq!(app.recorded().len(), 2);
}

#[tokio::test]
async fn a_killed_host_takes_its_handler_along_and_leaves_the_message_hidden() {
    let app = slow_app(60_000);
    let options = app.options();
    let host = with_running_message(&app, &options).await;
    let process = host.handler_process_id().unwrap();
    host.kill().await;
    assert!(!is_alive(process));
    let message = &options.queues.messages("work")[0];
    assert!(message.next_visible - message.inserted > Duration::from_secs(500), "hidden for ten minutes");
}

#[tokio::test]
async fn a_dropped_host_leaves_no_process_and_does_nothing_more() {
    let app = slow_app(200);
    let options = app.options();
    let host = with_running_message(&app, &options).await;
    let process = host.handler_process_id().unwrap();
    drop(host);
    eventually("no process", || !is_alive(process)).await;
    assert_eq!(options.queues.messages("work").len(), 1);
    assert_eq!(app.bodies().len(), 1);
}
