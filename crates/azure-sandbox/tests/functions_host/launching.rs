//! What the handler's process is started with, and what if it cannot be started.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use azure_sandbox::functions_host::{FunctionsHost, HostError, LogLevel};
use serde_json::json;

use crate::app::{App, PATIENCE, another_process, eventually, failed_with, notify};

async fn introduction(host: &FunctionsHost, name: &str) -> String {
    let find = || {
        let log = host.log();
        log.iter().find_map(|line| line.text.strip_prefix(&format!("{name}: ")).map(str::to_owned))
    };
    eventually(name, || find().is_some()).await;
    find().unwrap()
}

#[tokio::test]
async fn the_environment_is_what_was_given_and_what_the_host_sets() {
    let app = App::new();
    let host = FunctionsHost::start(app.options_to("loud")).await.unwrap();
    assert_eq!(
        introduction(&host, "environment").await,
        "FUNCTIONS_APP_ROOT_PATH FUNCTIONS_CUSTOMHANDLER_PORT FUNCTIONS_CUSTOMHANDLER_WORKER_ID \
         FUNCTIONS_HTTPWORKER_ID FUNCTIONS_HTTPWORKER_PORT HOME PATH RECORDING START"
    );
}

#[tokio::test]
async fn the_working_directory_is_the_app_root_and_there_are_no_arguments_of_the_host() {
    let app = App::new();
    let host = FunctionsHost::start(app.options_to("loud")).await.unwrap();
    assert_eq!(introduction(&host, "arguments").await, "[]");
    assert_eq!(introduction(&host, "directory").await, app.root().display().to_string());
}

#[tokio::test]
async fn an_argument_with_a_space_becomes_two() {
    let app = App::new();
    app.arguments(&["serve", "with two"]);
    let host = FunctionsHost::start(app.options_to("loud")).await.unwrap();
    assert_eq!(introduction(&host, "arguments").await, r#"["serve", "with", "two"]"#);
}

/// Deliberately not as the real host, which stays up.
#[tokio::test]
async fn a_missing_executable_is_refused_at_once() {
    let app = App::without_handler();
    let refusal = FunctionsHost::start(app.options()).await.err().unwrap();
    assert!(matches!(refusal, HostError::ExecutableMissing { path } if path == app.handler()));
}

fn without_run_bit() -> App {
    let app = App::with_copied_handler();
    fs::set_permissions(app.handler(), fs::Permissions::from_mode(0o644)).unwrap();
    app
}

#[tokio::test]
async fn without_its_run_bit_the_host_stays_up_and_each_call_waits_out_its_timeout() {
    let app = without_run_bit();
    let mut options = app.options();
    options.function_timeout = Some(Duration::from_millis(300));
    let host = FunctionsHost::start(options).await.unwrap();
    assert_eq!(host.handler_process_id(), None);
    assert!(matches!(host.wait_until_ready().await, Err(HostError::NoHandler { .. })));
    for call in 1..=3 {
        assert_eq!(notify(&host, &json!({ "id": "1" })).await, 500);
        let record = &host.invocations()[call - 1];
        assert!(record.finished.unwrap() - record.started >= Duration::from_millis(300));
    }
    assert!(failed_with(&host, "Timeout value of 00:00:00.3000000 was exceeded"));
    let starts = |line: &azure_sandbox::functions_host::HostLogLine| {
        line.level == LogLevel::Error && line.text.starts_with("Failed to start Worker Channel.")
    };
    eventually("a start after each timeout", || host.log().iter().filter(|line| starts(line)).count() > 3)
        .await;
    assert_eq!(host.has_ended(), None, "none of it counts as an error");

    // The next timeout finds it executable.
    fs::set_permissions(app.handler(), fs::Permissions::from_mode(0o755)).unwrap();
    notify(&host, &json!({ "id": "1" })).await;
    another_process(&host, None).await;
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 202);
}

#[tokio::test]
async fn with_container_name_the_host_sets_the_run_bit_itself() {
    let app = without_run_bit();
    let mut options = app.options();
    options.environment.insert("CONTAINER_NAME".to_owned(), "flex".to_owned());
    let host = FunctionsHost::start(options).await.unwrap();
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 202);
    assert_eq!(fs::metadata(app.handler()).unwrap().permissions().mode() & 0o777, 0o755);
}

#[tokio::test]
async fn a_call_that_waits_too_long_for_a_first_handler_ends_the_host() {
    let app = without_run_bit();
    let mut options = app.options();
    options.initialization_timeout = Some(Duration::from_millis(30));
    let host = FunctionsHost::start(options).await.unwrap();
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 500);
    eventually("the end", || host.has_ended().is_some()).await;
    let reason = "Initialization timed out and host is shutting down";
    assert_eq!(host.has_ended().unwrap(), reason);
    assert!(host.wait_until_idle(PATIENCE).await.is_err());
}
