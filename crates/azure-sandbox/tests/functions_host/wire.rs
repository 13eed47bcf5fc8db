//! What goes over the wire to the handler, byte by byte. (Letter case of header names aside, which HTTP ignores.)

use azure_sandbox::functions_host::FunctionsHost;
use serde_json::{Value, json};

use crate::app::{App, eventually, notify};

/// The requests of one event, the probe's among them.
async fn requests(event: &Value) -> Vec<Value> {
    let app = App::new();
    let host = FunctionsHost::start(app.options_to("raw")).await.unwrap();
    assert_eq!(notify(&host, &json!([event])).await, 202);
    app.recorded()
}

fn chunks(request: &Value) -> Vec<&str> {
    request["chunks"].as_array().unwrap().iter().map(|chunk| chunk.as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_invocation_has_the_recorded_headers_in_their_order_and_no_others() {
    let requests = requests(&json!({ "id": "1" })).await;
    let head = requests[1]["head"].as_str().unwrap();
    let lines: Vec<_> = head.trim_end().split("\r\n").map(str::to_ascii_lowercase).collect();
    let port = lines[1].strip_prefix("host: 127.0.0.1:").unwrap();
    assert!(port.parse::<u16>().is_ok());
    let id = lines[3].strip_prefix("x-azure-functions-invocationid: ").unwrap();
    assert_eq!(id.len(), 36);
    let expected = [
        "post /onevent http/1.1".to_owned(),
        format!("host: 127.0.0.1:{port}"),
        "x-azure-functions-hostversion: 4.1037.0.0".to_owned(),
        format!("x-azure-functions-invocationid: {id}"),
        "user-agent: azure-functions-host/4.1037.0.0".to_owned(),
        "transfer-encoding: chunked".to_owned(),
        "content-type: application/json; charset=utf-8".to_owned(),
    ];
    assert_eq!(lines, expected);
    assert!(head.starts_with("POST /OnEvent HTTP/1.1\r\n"));
}

#[tokio::test]
async fn the_probe_is_a_bare_get_whose_connection_is_kept_for_invocations() {
    let app = App::new();
    let host = FunctionsHost::start(app.options_to("raw")).await.unwrap();
    for id in ["1", "2"] {
        assert_eq!(notify(&host, &json!({ "id": id })).await, 202);
    }
    let requests = app.recorded();
    let head = requests[0]["head"].as_str().unwrap().to_ascii_lowercase();
    let lines: Vec<_> = head.trim_end().split("\r\n").collect();
    assert_eq!((lines.len(), lines[0]), (2, "get / http/1.1"));
    assert!(lines[1].starts_with("host: 127.0.0.1:"));
    let connections: Vec<_> = requests.iter().map(|request| &request["connection"]).collect();
    assert_eq!(connections, [0, 0, 0]);
}

#[tokio::test]
async fn invocations_at_the_same_time_have_connections_of_their_own() {
    let app = App::new();
    let host = FunctionsHost::start(app.options_to("raw")).await.unwrap();
    let events: Vec<_> = (0..8).map(|id| json!({ "id": id.to_string() })).collect();
    assert_eq!(notify(&host, &events.into()).await, 202);
    eventually("all of them", || app.recorded().len() == 9).await;
}

#[tokio::test]
async fn a_long_body_comes_in_chunks_of_1024_characters_of_raw_utf_8() {
    // 1.2 MB, which the payload has twice.
    let text = "ü".repeat(600_000);
    let requests = requests(&json!({ "id": "long", "data": { "text": text } })).await;
    let chunks = chunks(&requests[1]);
    let (last, full) = chunks.split_last().unwrap();
    assert!(full.iter().all(|chunk| chunk.chars().count() == 1024));
    assert!((1..=1024).contains(&last.chars().count()));
    // Seen on the real host: 1,174, with the empty one at the end.
    assert_eq!(chunks.len() + 1, 1_174);
    assert_eq!(requests[1]["bytes"][500], 2048, "two bytes a letter");
    let body: Value = serde_json::from_str(&chunks.concat()).unwrap();
    assert_eq!(body["Data"]["event"]["data"]["text"], text);
    assert_eq!(body["Metadata"]["data"]["text"], text);
}

#[tokio::test]
async fn a_character_of_two_utf_16_units_is_not_torn_apart() {
    let text = "x".to_owned() + &"😀".repeat(3_000);
    let requests = requests(&json!({ "id": "1", "data": text })).await;
    // Whole characters in every chunk, or this would not be text.
    let chunks = chunks(&requests[1]);
    assert!(chunks.concat().contains(&text));
    let units: Vec<_> = chunks.iter().map(|chunk| chunk.encode_utf16().count()).collect();
    assert!(units[..units.len() - 1].iter().all(|units| (1023..=1025).contains(units)), "{units:?}");
    assert!(units.iter().any(|units| *units != 1024), "a character fell upon a border: {units:?}");
}
