//! What `answers.json` tells the handler to do.

use std::convert::Infallible;
use std::io::Write as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Response;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

/// What it is told for a delivery.
pub(crate) fn told(function: &str, delivery: usize) -> Value {
    let path = crate::recording::path().with_file_name("answers.json");
    let answers = std::fs::read_to_string(path).unwrap_or_else(|_| "{}".to_owned());
    let answers: Value = serde_json::from_str(&answers).expect("answers are JSON");
    let answers = answers[function].as_array().cloned().unwrap_or_default();
    answers.get(delivery.max(1) - 1).or(answers.last()).cloned().unwrap_or_default()
}

/// Does it.
pub(crate) async fn follow(told: &Value) -> Response<Body> {
    for line in told["stdout"].as_array().into_iter().flatten() {
        crate::print(line.as_str().expect("text"));
    }
    for line in told["stderr"].as_array().into_iter().flatten() {
        writeln!(std::io::stderr(), "{}", line.as_str().expect("text")).expect("stderr is open");
    }
    for (name, content) in told["files"].as_object().into_iter().flatten() {
        std::fs::write(name, content.as_str().expect("text")).expect("the file is written");
    }
    if let Some(delay) = told["delayMilliseconds"].as_u64() {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    if let Some(name) = told["finishes"].as_str() {
        let is_heard = writeln!(std::io::stdout(), "{name} is over").is_ok();
        crate::recording::record(&json!({ "finished": name, "isHeard": is_heard }));
    }
    if let Some(status) = told["exit"].as_i64() {
        crate::leave(&status.to_string());
    }
    assert!(told["drop"].is_null(), "the connection is dropped by a panic");
    let mut response =
        Response::builder().status(u16::try_from(told["status"].as_u64().unwrap_or(200)).expect("a status"));
    match &told["contentType"] {
        Value::Null => response = response.header("content-type", "application/json"),
        Value::String(content_type) => response = response.header("content-type", content_type),
        _ => {}
    }
    if let Some(location) = told["location"].as_str() {
        response = response.header("location", location);
    }
    let body = told["body"].as_str().unwrap_or("{}").to_owned();
    let body = match told["contentLength"].as_u64() {
        None => Body::from(body),
        // Whatever is missing never comes, and the connection stays.
        Some(length) => {
            response = response.header("content-length", length);
            let start = stream::once(async move { Ok::<_, Infallible>(Bytes::from(body)) });
            Body::from_stream(start.chain(stream::pending()))
        }
    };
    response.body(body).expect("a response")
}
