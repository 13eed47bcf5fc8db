//! `RotateNow` and `Status`, through the host, as a person calls them.

use azure_sandbox::HeldKey;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use time::Duration;

use crate::stage::{SECRET, Stage, VAULT};

/// Calls an HTTP function with its own key.
pub(crate) async fn call(
    stage: &Stage,
    method: Method,
    function: &str,
    query: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = stage.host.http_url(function).unwrap();
    let url = if query.is_empty() {
        url
    } else {
        format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' })
    };
    let key = stage.host.keys().function(function).unwrap();
    let mut request = client.request(method, url).header("x-functions-key", key);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("application/json"));
    (status, response.json().await.unwrap())
}

#[tokio::test]
async fn a_person_has_a_target_looked_at_and_rotated_if_it_is_due() {
    let stage = Stage::start(|_, _| {}).await;
    let asked = json!({"target": format!("{VAULT}/{SECRET}"), "askedBy": "Ada"});
    let (status, answer) = call(&stage, Method::POST, "RotateNow", "", Some(asked)).await;
    assert_eq!((status, &answer["enqueued"]), (StatusCode::ACCEPTED, &json!("kv-ml/storage-key")));
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.assert_logged("INFO", "publish", "asked by Ada by RotateNow with function key default");
    stage.check();
}

#[tokio::test]
async fn nobody_gets_in_without_the_key_of_the_function() {
    let stage = Stage::start(|_, _| {}).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = stage.host.http_url("RotateNow").unwrap();
    let url = url.split('?').next().unwrap().to_owned();
    for key in [None, stage.host.keys().function("Status"), Some(stage.host.keys().event_grid())] {
        let request = client.post(&url).body(json!({"target": format!("{VAULT}/{SECRET}")}).to_string());
        let request = match key {
            Some(key) => request.header("x-functions-key", key),
            None => request,
        };
        assert!(!request.send().await.unwrap().status().is_success());
    }
    stage.settle().await;
    assert_eq!((stage.outcomes("RotateNow").len(), stage.sandbox.calls().len()), (0, 0));
    stage.check();
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_reason() {
    let stage = Stage::start(|_, _| {}).await;
    for (asked, status, reason) in [
        (json!({"target": "kv-ml"}), StatusCode::BAD_REQUEST, "is not of the form vault/secret"),
        (json!({"target": "kv-other/s"}), StatusCode::NOT_FOUND, "is not one of `ROTATOR_VAULTS`"),
    ] {
        let (seen, answer) = call(&stage, Method::POST, "RotateNow", "", Some(asked)).await;
        assert_eq!(seen, status);
        assert!(answer["error"].as_str().unwrap().contains(reason), "{answer}");
    }
    stage.settle().await;
    assert!(stage.outcomes("Rotate").is_empty());
    stage.check();
}

#[tokio::test]
async fn the_status_tells_of_every_target_and_of_one_in_full() {
    let stage = Stage::start(|world, _| world.age(-Duration::days(20))).await;
    let (status, overview) = call(&stage, Method::GET, "Status", "", None).await;
    assert_eq!(status, StatusCode::OK);
    let target = &overview["targets"][0];
    assert_eq!(
        (&target["target"], &target["state"], &target["key"]),
        (&json!("kv-ml/storage-key"), &json!("upToDate"), &json!("key1"))
    );
    assert!(
        stage.sandbox.calls().iter().all(|call| !call.url.contains("management.azure.com")),
        "metadata only"
    );

    let (status, look) = call(&stage, Method::GET, "Status", "target=kv-ml/storage-key", None).await;
    assert_eq!(
        (status, &look["published"], &look["writes"]),
        (StatusCode::OK, &json!("key1"), &json!(false))
    );
    let holds: Vec<&Value> =
        look["holders"].as_array().unwrap().iter().map(|holder| &holder["holds"]).collect();
    assert_eq!(holds, ["key1", "key1"]);
    assert_eq!(look["workspaces"][0]["holds"], "key2");
    assert_eq!(stage.writes(), Vec::<String>::new());
    stage.check();
}
