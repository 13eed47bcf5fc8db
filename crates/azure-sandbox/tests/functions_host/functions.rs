//! What `function.json`, `host.json` and the settings say of a whole function.

use azure_sandbox::functions_host::{FunctionsHost, FunctionsHostOptions, HostError};
use serde_json::{Value, json};

use crate::app::{App, PATIENCE, client, notify};

fn event_function(more: &Value) -> Value {
    let mut function =
        json!({ "bindings": [{ "type": "eventGridTrigger", "name": "event", "direction": "in" }] });
    for (name, value) in more.as_object().unwrap() {
        function[name] = value.clone();
    }
    function
}

/// The same app, with a function switched off by its setting.
fn without(app: &App, function: &str) -> FunctionsHostOptions {
    let mut options = app.options();
    options.environment.insert(format!("AzureWebJobs.{function}.Disabled"), "true".to_owned());
    options
}

#[tokio::test]
async fn disabled_in_function_json_has_no_effect() {
    let app = App::new();
    app.function("OnEvent", &event_function(&json!({ "disabled": true })));
    let host = app.start().await;
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 202);
    assert_eq!(app.recorded().len(), 1);
}

#[tokio::test]
async fn an_event_function_that_is_switched_off_is_404() {
    let app = App::new();
    let host = FunctionsHost::start(without(&app, "OnEvent")).await.unwrap();
    assert_eq!(notify(&host, &json!({ "id": "1" })).await, 404);
}

#[tokio::test]
async fn an_http_function_that_is_switched_off_is_404_but_for_the_master_key() {
    let app = App::new();
    let host = FunctionsHost::start(without(&app, "Now")).await.unwrap();
    let url = host.http_url("Now").unwrap();
    let status = async |key: &str| {
        let request = client().post(&url).header("x-functions-key", key);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(host.keys().function("Now").unwrap()).await, 404);
    assert_eq!(status("wrong").await, 401);
    assert_eq!(status(host.keys().master()).await, 204);
}

#[tokio::test]
async fn a_queue_function_that_is_switched_off_takes_nothing_and_can_be_invoked() {
    let app = App::new();
    let host = FunctionsHost::start(without(&app, "OnMsg")).await.unwrap();
    host.enqueue("work", "m");
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(host.queue_messages("work")[0].dequeue_count, 0);
    let call = client().post(host.admin_url("OnMsg")).header("x-functions-key", host.keys().master());
    assert_eq!(call.json(&json!({ "input": "m" })).send().await.unwrap().status().as_u16(), 202);
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(app.recorded().len(), 1);
}

/// It works in the version that was tried, with a warning that it will go.
#[tokio::test]
async fn retry_in_function_json_is_refused() {
    let app = App::new();
    let retry = json!({ "strategy": "fixedDelay", "maxRetryCount": 1, "delayInterval": "00:00:01" });
    app.function("OnEvent", &event_function(&json!({ "retry": retry })));
    let refusal = FunctionsHost::start(app.options()).await.err().unwrap();
    assert!(
        matches!(&refusal, HostError::FunctionJson { reason, .. } if reason.contains("`retry`")),
        "{refusal}"
    );
}

#[tokio::test]
async fn retry_in_host_json_is_refused() {
    let app = App::new();
    let host = json!({ "version": "2.0", "retry": { "strategy": "fixedDelay" },
        "customHandler": { "description": { "defaultExecutablePath": "handler" } } });
    std::fs::write(app.root().join("host.json"), host.to_string()).unwrap();
    let refusal = FunctionsHost::start(app.options()).await.err().unwrap();
    assert_eq!(refusal.to_string(), "host.json: this host does not know `retry`");
}
