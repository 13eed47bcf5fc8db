//! `local-azure`, as somebody starts it for a client of theirs.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::StatusCode;
use rustix::process::{Pid, Signal, kill_process};

use super::expected::assert_expected;

/// Starts it, and gives all that it prints until it is ready.
fn start() -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aml-key-rotator"));
    command
        .args(["local-azure", "--latency", "0", "--resync", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut local_azure = command.spawn().unwrap();
    let mut printed = String::new();
    for line in BufReader::new(local_azure.stdout.take().unwrap()).lines() {
        printed += &(line.unwrap() + "\n");
        if printed.ends_with("# ready\n") {
            break;
        }
    }
    (local_azure, printed)
}

fn exported(printed: &str) -> BTreeMap<&str, &str> {
    let lines = printed.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    lines.map(|(name, value)| (name, value.trim_matches('\''))).collect()
}

/// The text without ports, keys and paths, of which each start has its own.
fn settled(printed: &str) -> String {
    let exported = exported(printed);
    let (_, key_of_events) = exported["LOCAL_AZURE_WEBHOOK"].split_once("code=").unwrap();
    let mut own = vec![
        (exported["IDENTITY_HEADER"], "IDENTITY-KEY"),
        (exported["LOCAL_AZURE_FUNCTION_KEY"], "FUNCTION-KEY"),
        (key_of_events, "EVENTS-KEY"),
        (exported["SSL_CERT_FILE"], "CERTIFICATES"),
    ];
    let addresses = ["HTTPS_PROXY", "IDENTITY_ENDPOINT", "LOCAL_AZURE_CONTROL", "LOCAL_AZURE_STATUS"];
    let places = ["127.0.0.1:AZURE", "127.0.0.1:IDENTITY", "127.0.0.1:CONTROL", "127.0.0.1:HOST"];
    own.extend(addresses.into_iter().map(|name| exported[name].split('/').nth(2).unwrap()).zip(places));
    own.into_iter().fold(printed.to_owned(), |text, (own, name)| text.replace(own, name))
}

#[tokio::test]
async fn it_prints_what_a_client_needs_and_its_app_answers_whoever_has_the_key() {
    let (mut local_azure, printed) = tokio::task::spawn_blocking(start).await.unwrap();
    assert_expected("local-azure.txt", &settled(&printed));
    let exported = exported(&printed);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = || client.get(exported["LOCAL_AZURE_STATUS"]);
    let answer = ask().header("x-functions-key", exported["LOCAL_AZURE_FUNCTION_KEY"]).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let target = format!("{}/{}", exported["LOCAL_AZURE_VAULT"], exported["LOCAL_AZURE_SECRET"]);
    let answer = answer.text().await.unwrap();
    assert!(answer.contains(&target), "{answer}");
    assert_eq!(ask().send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    kill_process(Pid::from_child(&local_azure), Signal::TERM).unwrap();
    assert_eq!(
        tokio::task::spawn_blocking(move || local_azure.wait().unwrap().code()).await.unwrap(),
        Some(0)
    );
}
