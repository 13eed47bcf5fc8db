use std::error::Error as _;
use std::time::{Duration, Instant};

use azure_sandbox::*;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::*;

/// What the proxy says to the head of a request.
async fn say(azure: &Azure, head: &str) -> String {
    let proxy = azure.sandbox.proxy_url();
    let mut stream = TcpStream::connect(proxy.trim_start_matches("http://")).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn hosts_that_this_azure_does_not_have_are_refused_and_counted() {
    let azure = Azure::start().await;
    for host in ["example.com:443", "other.vault.azure.net:443", "management.azure.com:80"] {
        let answer = say(&azure, &format!("CONNECT {host} HTTP/1.1\r\nhost: {host}\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
        assert!(answer.contains(host), "{answer}");
    }
    assert_eq!(azure.sandbox.refused_hosts().len(), 3);
    assert!(azure.client.get("https://example.com/").send().await.is_err());
    assert_eq!(azure.sandbox.refused_hosts()["example.com:443"], 2);
    let plain = say(&azure, "GET http://example.com/ HTTP/1.1\r\nhost: example.com\r\n\r\n").await;
    assert!(plain.starts_with("HTTP/1.1 405 "), "{plain}");
}

#[tokio::test]
async fn nobody_else_trusts_the_sandbox() {
    let azure = Azure::start().await;
    let stranger = reqwest::Client::builder()
        .proxy(reqwest::Proxy::all(azure.sandbox.proxy_url()).unwrap())
        .build()
        .unwrap();
    let error = stranger.get("https://management.azure.com/").send().await.unwrap_err();
    let mut chain = String::new();
    let mut cause = error.source();
    while let Some(source) = cause {
        chain += &format!("{source}; ");
        cause = source.source();
    }
    assert!(chain.contains("certificate"), "{chain}");
}

#[tokio::test]
async fn unknown_operations_are_refused_by_name() {
    let azure = Azure::start().await;
    let url = "https://management.azure.com/subscriptions/x/providers/Microsoft.Compute/virtualMachines?api-version=2024-01-01";
    let answer = azure.get(url).await;
    assert_eq!((answer.0, code(&answer)), (501, "SandboxDoesNotKnow"));
    let message = answer.1["error"]["message"].as_str().unwrap();
    assert!(message.contains("GET https://management.azure.com/subscriptions/x/providers"), "{message}");
    let queue = azure.client.get("https://stacct.queue.core.windows.net/?comp=list").send().await.unwrap();
    assert_eq!(queue.status(), 501);
    assert_eq!(
        azure.client.get("https://login.microsoftonline.com/common").send().await.unwrap().status(),
        501
    );
}

#[tokio::test]
async fn every_call_is_logged_and_written_out_without_a_key() {
    let azure = Azure::start().await;
    azure.regenerate(KeyName::Key2).await;
    azure.get(&azure.account_url("")).await;
    let calls = azure.sandbox.calls();
    let call = calls.iter().find(|call| call.operation == "StorageAccounts_RegenerateKey").unwrap();
    assert_eq!((call.status, call.method.as_str()), (200, "POST"));
    assert_eq!(call.api_version.as_deref(), Some("2024-01-01"));
    assert_eq!(call.request_body().unwrap()["keyName"], "key2");
    assert!(azure.world().leak_in(call.response_body().unwrap().to_string()).is_some());
    assert_eq!(azure.world().leak_in(format!("{calls:?}")), None);
    assert_eq!(azure.sandbox.call_count("StorageAccounts_RegenerateKey"), 1);
    assert!(!calls.iter().any(|call| call.request_headers.contains_key("authorization")));

    let file = tempfile::NamedTempFile::new().unwrap();
    azure.sandbox.write_traffic(file.path()).unwrap();
    let text = std::fs::read_to_string(file.path()).unwrap();
    assert_eq!(azure.world().leak_in(&text), None);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), calls.len());
    let line = lines.iter().find(|line| line["url"].as_str().unwrap().contains("/regenerateKey")).unwrap();
    assert_eq!(line["responseBody"]["keys"][1]["value"].as_str().unwrap().len(), 88);
}

#[tokio::test]
async fn what_a_guard_writes_has_the_calls_that_a_test_forgot() {
    let azure = Azure::start().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let guard = azure.sandbox.traffic_goes_to(file.path());
    azure.get(&azure.account_url("")).await;
    azure.sandbox.clear_calls();
    azure.regenerate(KeyName::Key2).await;
    assert_eq!(azure.sandbox.call_count("StorageAccounts_GetProperties"), 0);
    drop(guard);
    let text = std::fs::read_to_string(file.path()).unwrap();
    for call in ["/regenerateKey?", &azure.account_url("")] {
        assert!(text.contains(call), "{call}");
    }
}

#[tokio::test]
async fn latency_is_added_to_every_call() {
    let options = SandboxOptions { latency: Duration::from_millis(60), ..SandboxOptions::default() };
    let azure = Azure::start_with(options).await;
    let started = Instant::now();
    azure.get(&azure.account_url("")).await;
    assert!(started.elapsed() >= Duration::from_millis(120), "the token and the call");
}

#[tokio::test]
async fn odd_requests_do_no_harm() {
    let azure = Azure::start().await;
    let token = azure.token("https://management.azure.com").await;
    for path in [
        "/",
        "//%2f%zz",
        "/subscriptions",
        "/providers/Microsoft.Authorization/permissions?api-version=%00",
        "/?&&==",
    ] {
        let url = format!("https://management.azure.com{path}");
        let status = azure.client.get(&url).bearer_auth(&token).send().await.unwrap().status();
        assert!(status.as_u16() >= 400, "{path} {status}");
    }
    let large =
        azure.client.put(azure.workspace_url("/datastores/x")).bearer_auth(&token).body(vec![b' '; 2 << 20]);
    assert_eq!(large.send().await.unwrap().status(), 413);
    let broken = azure.client.put(azure.workspace_url("/datastores/x")).bearer_auth(&token).body("{");
    assert_eq!(broken.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn everything_ends_with_the_sandbox() {
    let azure = Azure::start().await;
    let (client, url) = (azure.client.clone(), azure.account_url(""));
    let ca_file = azure.sandbox.ca_file();
    assert!(ca_file.exists());
    assert!(client.get(&url).send().await.is_ok());
    drop(azure.sandbox);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(client.get(&url).send().await.is_err());
    assert!(!ca_file.exists());
}

/// As in Azure: the work goes on when nobody waits for the answer any more.
#[tokio::test]
async fn a_caller_that_hangs_up_undoes_nothing() {
    let latency = Duration::from_millis(300);
    let azure = Azure::start_with(SandboxOptions { latency, ..SandboxOptions::default() }).await;
    let token = azure.token("https://management.azure.com").await;
    let request = azure
        .client
        .post(azure.account_url("/regenerateKey"))
        .bearer_auth(token)
        .json(&serde_json::json!({ "keyName": "key2" }))
        .timeout(latency / 3);
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(azure.world().regenerations(ACCOUNT, KeyName::Key2), 0, "it is under way yet");
    tokio::time::sleep(2 * latency).await;
    assert_eq!(azure.world().regenerations(ACCOUNT, KeyName::Key2), 1);
    assert_eq!(azure.sandbox.call_count("StorageAccounts_RegenerateKey"), 1);
}
