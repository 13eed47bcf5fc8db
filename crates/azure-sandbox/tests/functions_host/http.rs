//! HTTP functions: who gets in, and what is answered.

use azure_sandbox::functions_host::{FunctionsHost, InvocationOutcome};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::app::{App, PATIENCE, client, eventually, failed_with};
use crate::raw_http::send;

async fn call(
    host: &FunctionsHost,
    method: Method,
    function: &str,
    path: &str,
    key: Option<&str>,
) -> Response {
    let mut request = client().request(method, host.http_url(function).unwrap() + path);
    if let Some(key) = key {
        request = request.header("x-functions-key", key);
    }
    request.send().await.unwrap()
}

async fn status(host: &FunctionsHost, method: Method, function: &str, path: &str, key: Option<&str>) -> u16 {
    call(host, method, function, path, key).await.status().as_u16()
}

/// An app whose function `Now` answers with `body`, and the response.
async fn answered(body: &Value) -> (App, FunctionsHost, Response) {
    let app = App::new();
    app.answers(&json!({ "Now": [{ "body": body.to_string() }] }));
    let host = app.start().await;
    let response = call(&host, Method::POST, "Now", "", Some(host.keys().master())).await;
    (app, host, response)
}

#[tokio::test]
async fn a_function_is_opened_by_its_key_the_host_s_and_the_master_key() {
    let app = App::new();
    let host = app.start().await;
    let keys = host.keys();
    for key in [keys.function("Now").unwrap(), keys.host_function(), keys.master()] {
        assert_eq!(status(&host, Method::POST, "Now", "", Some(key)).await, 204);
        assert_eq!(status(&host, Method::POST, "Now", &format!("?code={key}"), None).await, 204);
    }
    assert_eq!(app.recorded().len(), 6);
}

#[tokio::test]
async fn the_system_key_no_key_and_another_function_s_key_are_refused() {
    let app = App::new();
    let host = app.start().await;
    let keys = host.keys();
    for key in [None, Some("wrong"), Some(""), Some(keys.event_grid()), keys.function("Page")] {
        assert_eq!(status(&host, Method::POST, "Now", "", key).await, 401, "{}", key.is_some());
    }
    // The header goes before the query.
    let path = format!("?code={}", keys.master());
    assert_eq!(status(&host, Method::POST, "Now", &path, Some("wrong")).await, 401);
    assert!(app.recorded().is_empty());
}

#[tokio::test]
async fn an_anonymous_function_takes_everybody_and_says_who_came() {
    let app = App::new();
    let host = app.start().await;
    for key in [None, Some("wrong"), Some(host.keys().event_grid()), Some(host.keys().master())] {
        assert_eq!(status(&host, Method::GET, "Page", "", key).await, 204);
    }
    let levels: Vec<_> = app
        .bodies()
        .iter()
        .map(|body| body["Data"]["req"]["Identities"][0]["Claims"][0]["Value"].clone())
        .collect();
    assert_eq!(levels, [Value::Null, Value::Null, json!("System"), json!("Admin")]);
}

#[tokio::test]
async fn an_admin_function_takes_the_master_key_alone() {
    let app = App::new();
    app.function(
        "Secret",
        &json!({ "bindings": [
        { "type": "httpTrigger", "name": "req", "direction": "in", "authLevel": "admin" },
        { "type": "http", "name": "res", "direction": "out" },
    ] }),
    );
    let host = app.start().await;
    let keys = host.keys();
    for key in [None, keys.function("Secret"), Some(keys.host_function()), Some(keys.event_grid())] {
        assert_eq!(status(&host, Method::POST, "Secret", "", key).await, 401);
    }
    // Without `methods` every verb is taken, and without `route` the name is the route.
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(status(&host, method, "Secret", "", Some(keys.master())).await, 204);
    }
    assert!(host.http_url("Secret").unwrap().ends_with("/api/Secret"));
}

#[tokio::test]
async fn another_verb_or_another_path_is_not_found() {
    let app = App::new();
    let host = app.start().await;
    let key = Some(host.keys().master());
    assert_eq!(status(&host, Method::GET, "Now", "", key).await, 404);
    assert_eq!(status(&host, Method::POST, "Page", "", None).await, 404);
    assert_eq!(status(&host, Method::POST, "Now", "/7/8", key).await, 404);
    assert_eq!(send(&host, &["GET /api/other HTTP/1.1", "Host: h"], "").await.status, 404);
    assert_eq!(send(&host, &["GET /API/PAGE/ HTTP/1.1", "Host: h"], "").await.status, 204);
    assert_eq!(host.http_url("OnEvent"), None);
}

#[tokio::test]
async fn what_the_real_host_may_know_is_refused_by_name() {
    let app = App::new();
    let host = app.start().await;
    for (line, reason) in [
        ("GET / HTTP/1.1", "what the real one answers at `/`"),
        ("GET /admin/host/status HTTP/1.1", "what the real one answers at `/admin/host/status`"),
        ("GET /api/p%61ge HTTP/1.1", "an encoded path"),
    ] {
        let refusal = send(&host, &[line, "Host: h"], "").await;
        assert_eq!(refusal.status, 501, "{line}");
        assert!(refusal.body.contains(reason), "{}", refusal.body);
    }
}

#[tokio::test]
async fn status_headers_and_text_are_answered_as_given() {
    let res =
        json!({ "statusCode": 418, "headers": { "x-id": "7", "content-type": "text/html" }, "body": "test" });
    let (_, host, response) = answered(&json!({ "Outputs": { "res": res } })).await;
    assert_eq!(response.status().as_u16(), 418);
    assert_eq!(response.headers()["x-id"], "7");
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(response.text().await.unwrap(), "test", "it is base64, and not decoded");
    assert_eq!(host.invocations()[0].outcome, InvocationOutcome::Succeeded);
}

#[tokio::test]
async fn an_object_is_answered_indented_and_as_text() {
    let (_, _, response) = answered(&json!({ "Outputs": { "res": { "body": { "ok": true } } } })).await;
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(response.text().await.unwrap(), "{\n  \"ok\": true\n}");
}

#[tokio::test]
async fn only_the_status_code_counts_and_not_the_status() {
    let (_, _, response) = answered(&json!({ "Outputs": { "res": { "status": 201 } } })).await;
    assert_eq!(response.status().as_u16(), 200);
}

#[tokio::test]
async fn an_answer_that_is_text_or_null_is_500() {
    for res in [json!("text"), Value::Null] {
        let (_, host, response) = answered(&json!({ "Outputs": { "res": res, "work": ["x"] } })).await;
        assert_eq!((response.status().as_u16(), response.text().await.unwrap()), (500, String::new()));
        assert!(failed_with(&host, "Output is not in expected format"));
        assert!(host.queue_messages("httpwork").is_empty());
    }
}

#[tokio::test]
async fn an_answer_without_the_output_is_204_or_an_empty_object() {
    let (_, _, response) = answered(&json!({})).await;
    assert_eq!((response.status().as_u16(), response.text().await.unwrap()), (204, String::new()));
    let (_, _, response) = answered(&json!({ "Outputs": {} })).await;
    assert_eq!((response.status().as_u16(), response.text().await.unwrap()), (200, "{}".to_owned()));
}

#[tokio::test]
async fn a_handler_that_answers_500_is_a_500_without_a_body() {
    let app = App::new();
    app.answers(&json!({ "Now": [{ "status": 500, "body": "a reason" }] }));
    let host = app.start().await;
    let response = call(&host, Method::POST, "Now", "", Some(host.keys().master())).await;
    assert_eq!((response.status().as_u16(), response.text().await.unwrap()), (500, String::new()));
}

#[tokio::test]
async fn other_outputs_of_an_http_function_are_written() {
    let (_, host, response) =
        answered(&json!({ "Outputs": { "res": { "statusCode": 202 }, "work": [{ "a": 1 }] } })).await;
    assert_eq!(response.status().as_u16(), 202);
    assert_eq!(host.queue_messages("httpwork")[0].text().unwrap(), "{\n  \"a\": 1\n}");
}

#[tokio::test]
async fn bytes_arrive_as_base64() {
    let app = App::new();
    let host = app.start().await;
    let request =
        client().post(host.http_url("Now").unwrap()).header("x-functions-key", host.keys().master());
    request.header("content-type", "application/octet-stream").body(vec![0xff, 0]).send().await.unwrap();
    assert_eq!(app.bodies()[0]["Data"]["req"]["Body"], "/wA=");
}

#[tokio::test]
async fn a_request_is_worked_on_though_its_caller_hangs_up() {
    let app = App::new();
    app.answers(&json!({ "Page": [{ "delayMilliseconds": 1_000 }] }));
    let host = app.start().await;
    let call = tokio::spawn(client().get(host.http_url("Page").unwrap()).send());
    eventually("the delivery", || app.recorded().len() == 1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled(), "it hung up before there was an answer");
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(host.invocations()[0].outcome, InvocationOutcome::Succeeded);
}

#[tokio::test]
async fn the_log_gives_neither_the_url_nor_the_key() {
    let app = App::new();
    let host = app.start().await;
    let key = host.keys().function("Now").unwrap();
    status(&host, Method::POST, "Now", &format!("/7?code={key}&who=me"), None).await;
    assert!(host.log().iter().any(|line| {
        line.text.contains("(Reason='This function was programmatically called via the host APIs.', Id=")
    }));
    for line in host.log() {
        for (_, key) in host.keys().named() {
            assert!(!line.text.contains(key));
        }
        assert!(!line.text.contains("who=me"), "{}", line.text);
    }
}

#[tokio::test]
async fn routes_that_conflict_are_refused() {
    let app = App::new();
    let function = json!({ "bindings": [
        { "type": "httpTrigger", "name": "req", "direction": "in", "methods": ["GET", "post"], "route": "NOW/{id?}" },
        { "type": "http", "name": "res", "direction": "out" },
    ] });
    app.function("Rival", &function);
    let refusal = FunctionsHost::start(app.options()).await.err().unwrap().to_string();
    assert_eq!(refusal, "function `Rival`: its route conflicts with the one of `Now`");
}
