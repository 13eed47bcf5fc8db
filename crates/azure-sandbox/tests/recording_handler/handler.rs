//! A custom handler that records what it gets and answers as it is told.
//!
//! `RECORDING` names the file that gets one JSON line per request. `answers.json` beside it holds an array of answers
//! per function; the n-th delivery of a message gets the n-th, or the last. `START` may be `exit:<n>`
//! (leave before listening), `deaf` (never listen), `mute` (listen and answer nothing, the first time), `raw` (record
//! every byte, see `raw.rs`) or `loud` (print where and how it was started).
#![expect(clippy::disallowed_methods, reason = "its environment is what a test of the host looks at")]

mod answer;
mod raw;
mod recording;

use std::io::Write as _;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const BODY_LIMIT: usize = 16 * 1024 * 1024;

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

fn print(line: &str) {
    // Nobody may be reading: that is an orphan's lot.
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[expect(clippy::exit, reason = "leaving is one of the things that it is told to do")]
fn leave(status: &str) -> ! {
    std::process::exit(status.parse().expect("an exit status"))
}

#[tokio::main]
async fn main() {
    let start = variable("START").unwrap_or_default();
    match start.split_once(':').unwrap_or((&start, "")) {
        ("exit", status) => leave(status),
        ("deaf", _) => std::future::pending().await,
        ("loud", _) => introduce(),
        _ => {}
    }
    let port = variable("FUNCTIONS_CUSTOMHANDLER_PORT").expect("the host gives a port");
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    match start.as_str() {
        "mute" if std::fs::create_dir("was-mute").is_ok() => keep_silent(listener).await,
        "raw" => raw::serve(listener).await,
        _ => axum::serve(listener, Router::new().fallback(answer)).await.expect("the server goes on"),
    }
}

fn introduce() {
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    print(&format!("environment: {}", names.join(" ")));
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    print(&format!("arguments: {arguments:?}"));
    print(&format!("directory: {}", std::env::current_dir().expect("there is one").display()));
}

async fn keep_silent(listener: TcpListener) {
    let mut connections = Vec::new();
    while let Ok(connection) = listener.accept().await {
        connections.push(connection);
    }
}

async fn answer(request: Request) -> Response<Body> {
    if request.method() == Method::GET {
        return answer::follow(&json!({ "body": r#"{"Logs":["got"]}"# })).await;
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
    recording::record(&json!({ "requestLine": request_line, "headers": headers, "bodyText": text }));

    let invocation: Value = serde_json::from_str(&text).expect("JSON");
    let delivery =
        invocation["Metadata"]["DequeueCount"].as_str().and_then(|count| count.parse().ok()).unwrap_or(1);
    let mut told = answer::told(&function, delivery);
    if told["delayMilliseconds"] == "as the message says" {
        let text = invocation["Data"]["msg"].as_str().and_then(|text| serde_json::from_str(text).ok());
        let text: String = text.expect("the text of a message");
        told["delayMilliseconds"] = text.parse::<u64>().expect("milliseconds").into();
    }
    // It goes on although the host hangs up. Should it panic, so does this, and the connection is dropped.
    tokio::spawn(async move { answer::follow(&told).await }).await.expect("an answer")
}
