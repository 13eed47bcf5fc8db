//! A custom handler that records what it gets and answers as it is told.
//!
//! `RECORDING` names the file that gets one JSON line per request. `answers.json` beside it holds an array of answers
//! per function; the n-th delivery of a message gets the n-th, or the last. `START` may be `exit:<n>` (leave before
//! listening) or `deaf` (never listen).
#![expect(clippy::disallowed_methods, reason = "its environment is what a test of the host looks at")]

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, Response};
use serde_json::{Value, json};

const BODY_LIMIT: usize = 16 * 1024 * 1024;

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[expect(clippy::exit, reason = "leaving is one of the things that it is told to do")]
fn leave(status: &str) -> ! {
    std::process::exit(status.parse().expect("an exit status"))
}

#[tokio::main]
async fn main() {
    let mut names: Vec<_> =
        std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    names.sort();
    writeln!(std::io::stdout(), "environment: {}", names.join(" ")).expect("stdout is open");
    match variable("START").as_deref().and_then(|start| start.split_once(':').or(Some((start, "")))) {
        Some(("exit", status)) => leave(status),
        Some(("deaf", _)) => std::future::pending().await,
        _ => {}
    }
    let port = variable("FUNCTIONS_CUSTOMHANDLER_PORT").expect("the host gives a port");
    let listener =
        tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    axum::serve(listener, Router::new().fallback(answer)).await.expect("the server goes on");
}

async fn answer(request: Request) -> Response<Body> {
    if request.method() == Method::GET {
        return follow(&json!({ "body": r#"{"Logs":["got"]}"# })).await;
    }
    let (head, body) = request.into_parts();
    let text = String::from_utf8(to_bytes(body, BODY_LIMIT).await.expect("a body").to_vec()).expect("UTF-8");
    let headers: Vec<_> = head
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")))
        .collect();
    let function = head.uri.path().trim_start_matches('/').to_owned();
    let request_line = format!("{} {} {:?}", head.method, head.uri, head.version);
    record(&json!({ "requestLine": request_line, "headers": headers, "bodyText": text }));

    let invocation: Value = serde_json::from_str(&text).expect("JSON");
    let delivery =
        invocation["Metadata"]["DequeueCount"].as_str().and_then(|count| count.parse().ok()).unwrap_or(1);
    let mut told = told(&function, delivery);
    if told["delayMilliseconds"] == "as the message says" {
        let text = invocation["Data"]["msg"].as_str().and_then(|text| serde_json::from_str(text).ok());
        let text: String = text.expect("the text of a message");
        told["delayMilliseconds"] = text.parse::<u64>().expect("milliseconds").into();
    }
    follow(&told).await
}

fn recording() -> PathBuf {
    variable("RECORDING").expect("a file for the recording").into()
}

fn record(request: &Value) {
    let file = OpenOptions::new().append(true).create(true).open(recording());
    let mut file = file.expect("the recording opens");
    // In one write: requests are recorded at the same time, and `writeln!` would mix their lines.
    file.write_all(format!("{request}\n").as_bytes()).expect("the recording is written");
}

fn told(function: &str, delivery: usize) -> Value {
    let answers = std::fs::read_to_string(recording().with_file_name("answers.json"))
        .unwrap_or_else(|_| "{}".to_owned());
    let answers: Value = serde_json::from_str(&answers).expect("answers are JSON");
    let answers = answers[function].as_array().cloned().unwrap_or_default();
    answers.get(delivery - 1).or(answers.last()).cloned().unwrap_or_default()
}

async fn follow(told: &Value) -> Response<Body> {
    for line in told["stdout"].as_array().into_iter().flatten() {
        writeln!(std::io::stdout(), "{}", line.as_str().expect("text")).expect("stdout is open");
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
    if let Some(status) = told["exit"].as_i64() {
        leave(&status.to_string());
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
    response.body(Body::from(body)).expect("a response")
}
