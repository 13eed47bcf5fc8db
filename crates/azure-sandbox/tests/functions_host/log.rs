//! What the host logs.

use azure_sandbox::functions_host::LogLevel;
use serde_json::json;

use crate::app::{App, eventually, notify};

#[tokio::test]
async fn the_handler_s_lines_have_the_host_s_levels() {
    let app = App::new();
    app.answers(&json!({ "OnEvent": [{
        "stdout": ["plain"], "stderr": ["bad", "a WARNing"], "body": r#"{"Logs":["from the answer", 7]}"#
    }] }));
    let host = app.start().await;
    let mut live = host.subscribe_to_log();
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 202);
    let seen = |level: LogLevel, category: &str, text: &str| {
        host.log().iter().any(|line| line.level == level && line.category == category && line.text == text)
    };
    eventually("plain", || seen(LogLevel::Information, "Host.Function.Console", "plain")).await;
    eventually("bad", || seen(LogLevel::Error, "Host.Function.Console", "bad")).await;
    eventually("warning", || seen(LogLevel::Warning, "Host.Function.Console", "a WARNing")).await;
    assert!(seen(LogLevel::Information, "Function.OnEvent.User", "from the answer"));
    assert!(seen(LogLevel::Information, "Function.OnEvent.User", "7"));
    assert!(
        live.recv()
            .await
            .unwrap()
            .text
            .starts_with("Executing 'Functions.OnEvent' (Reason='EventGrid trigger fired")
    );
    let id = host.invocations()[0].id;
    assert!(
        host.log().iter().any(|line| line
            .text
            .starts_with(&format!("Executed 'Functions.OnEvent' (Succeeded, Id={id}, ")))
    );
}

#[tokio::test]
async fn the_log_repeats_an_answer_that_cannot_be_read() {
    let app = App::new();
    app.answers(&json!({ "OnEvent": [{ "contentType": "text/plain", "body": "whatever stands here" }] }));
    let host = app.start().await;
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 500);
    assert!(host.log().iter().any(|line| line.text.contains("whatever stands here")));
}
