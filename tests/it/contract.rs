//! The contract with the Functions host: bad input kills nothing, and nothing is lost by it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use azure_sandbox::HeldKey;
use azure_sandbox::functions_host::InvocationOutcome;
use serde_json::{Value, json};

use crate::stage::{ACCOUNT, SECRET, Stage, VAULT};

#[tokio::test]
async fn a_message_that_nobody_can_read_is_parked_and_the_next_one_is_worked_on() {
    let stage = Stage::start(|_, _| {}).await;
    // In order, because four messages are worked on at once and nobody knows which ends first.
    let unreadable = [
        "",
        "[1,2]",
        "hello \"quoted\"",
        r#"{"vault":"a/b","secret":"s","askedBy":""}"#,
        r#"{"vault":"kv-ml"}"#,
    ];
    for message in unreadable {
        stage.host.enqueue("rotations", message);
    }
    stage.settle().await;
    let parked = stage.host.queue_messages("parked");
    let texts: Vec<Value> =
        parked.iter().map(|each| serde_json::from_str(&each.text().unwrap()).unwrap()).collect();
    let mut messages: Vec<&str> = texts.iter().map(|text| text["content"].as_str().unwrap()).collect();
    messages.sort_unstable();
    assert_eq!(messages, unreadable);
    assert!(stage.outcomes("Rotate").iter().all(|outcome| *outcome == InvocationOutcome::Succeeded));
    stage.near_expiry().await;
    assert_eq!(stage.published(), HeldKey::Key2);
    stage.check();
}

#[tokio::test]
async fn an_event_that_nobody_can_read_is_parked() {
    let stage = Stage::start(|_, _| {}).await;
    let event = json!({
        "id": "e1",
        "topic": "t",
        "subject": SECRET,
        "eventType": "Microsoft.KeyVault.SecretNearExpiry",
        "eventTime": "2026-11-24T09:00:00Z",
        "data": {"VaultName": VAULT, "ObjectType": "Secret", "ObjectName": "a/b"},
        "dataVersion": "1"
    });
    stage.event_grid.publish(event.clone()).await.unwrap();
    stage.event_grid.wait_until_delivered(Duration::from_secs(10)).await.unwrap();
    let parked = stage.host.queue_messages("parked");
    let text: Value = serde_json::from_str(&parked[0].text().unwrap()).unwrap();
    let content: Value = serde_json::from_str(text["content"].as_str().unwrap()).unwrap();
    assert_eq!(content, event);
    stage.assert_logged("ERROR", "park", "`a/b` is not the name of a secret");
    stage.check();
}

#[tokio::test]
async fn an_event_about_something_else_is_left_alone() {
    let stage = Stage::start(|_, _| {}).await;
    let mut event = stage.secret().event(azure_sandbox::event_grid::SecretEventKind::NearExpiry).to_json();
    event["eventType"] = json!("Microsoft.KeyVault.SecretNewVersionCreated");
    stage.event_grid.publish(event).await.unwrap();
    stage.event_grid.wait_until_delivered(Duration::from_secs(10)).await.unwrap();
    stage.settle().await;
    assert_eq!(stage.outcomes("SecretNearExpiry"), [InvocationOutcome::Succeeded]);
    assert_eq!((stage.outcomes("Rotate").len(), stage.sandbox.calls().len()), (0, 0));
    stage.check();
}

#[tokio::test]
async fn every_line_of_the_log_carries_its_invocation() {
    let stage = Stage::start(|_, _| {}).await;
    stage.near_expiry().await;
    let ids: Vec<String> = stage.host.invocations().iter().map(|each| each.id.to_string()).collect();
    let log = stage.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let steps: Vec<Value> = lines.filter(|line| line["step"] != "start").collect();
    assert!(steps.len() > 10);
    for line in steps {
        let id = line["span"]["invocation_id"].as_str().unwrap_or_default();
        assert!(ids.iter().any(|known| known == id), "{line}");
    }
    stage.check();
}

#[tokio::test]
async fn a_rotation_carries_keys_and_leaks_none_nor_does_its_traffic_when_it_is_written_out() {
    let stage = Stage::start(|_, _| {}).await;
    stage.near_expiry().await;
    assert_eq!(stage.published(), HeldKey::Key2);
    let calls = stage.sandbox.calls();
    let bodies = calls.iter().flat_map(|call| [call.request_body(), call.response_body()]).flatten();
    let with_secrets = bodies.filter(|body| stage.world().leak_in(body.to_string()).is_some());
    assert!(with_secrets.count() > 10);
    let file = tempfile::NamedTempFile::new().unwrap();
    stage.sandbox.write_traffic(file.path()).unwrap();
    let written = std::fs::read(file.path()).unwrap();
    assert_eq!((stage.world().leak_in(&written), stage.world().leaks()), (None, Vec::new()));
    assert_eq!(written.split(|byte| *byte == b'\n').count(), calls.len() + 1);
    stage.check();
}

#[tokio::test]
async fn the_world_finds_a_key_by_itself_and_the_handler_does_not_hand_it_on() {
    let stage = Stage::start(|_, _| {}).await;
    let value = stage.world().key_value(crate::stage::ACCOUNT, azure_sandbox::KeyName::Key1);
    stage.host.enqueue("rotations", &format!("no message, but {}", value.expose()));
    stage.settle().await;
    assert_eq!(stage.host.queue_messages("parked").len(), 1);
    let [violation] = stage.world().violations().try_into().unwrap();
    let told =
        "a message on queue `rotations` gives away a value of `key1` of storage account `stml`, as it is";
    assert_eq!(violation.to_string(), told);
    stage.no_leaks.allow_what_was_planted();
}

#[tokio::test]
async fn a_rotation_survives_the_loss_of_its_connection() {
    let stage = Stage::start(|world, _| {
        world.adjust(|behaviour| behaviour.resync_duration = Duration::from_secs(1));
    })
    .await;
    let connection = post_rotate(&stage);
    stage.until("a regeneration", |stage| stage.regenerations() == 1).await;
    drop(connection);
    stage.until("the move", |stage| stage.datastore("workspacefilestore") == HeldKey::Key2).await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn an_orphan_whom_nobody_hears_finishes_its_rotation() {
    let stage = Stage::start(|world, _| {
        world.adjust(|behaviour| behaviour.resync_duration = Duration::from_secs(1));
    })
    .await;
    stage.announce(&stage.secret()).await;
    stage.until("a regeneration", |stage| stage.regenerations() == 1).await;
    let Stage { host, sandbox, no_leaks: _no_leaks, _app, .. } = stage;
    let orphan = host.abandon().await.unwrap();
    let moved = azure_sandbox::Dependent::Datastore {
        workspace: "ws-ml".to_owned(),
        name: "workspacefilestore".to_owned(),
    };
    let started = std::time::Instant::now();
    while sandbox.world().held_by(ACCOUNT, &moved) != HeldKey::Key2 {
        assert!(started.elapsed() < Duration::from_secs(60), "the orphan never finished");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(sandbox.call_count("StorageAccounts_RegenerateKey"), 1);
    assert!(orphan.process_id().is_some(), "it lives");
    assert!(sandbox.world().violations().is_empty());
}

#[tokio::test]
async fn a_message_that_comes_while_the_same_one_is_worked_on_waits_for_it() {
    let stage = Stage::start(|_, _| {}).await;
    let connections: Vec<TcpStream> = (0..4).map(|_| post_rotate(&stage)).collect();
    let answers = connections.into_iter().map(|mut connection| {
        tokio::task::spawn_blocking(move || {
            let mut status = [0; 15];
            connection.read_exact(&mut status).unwrap();
            String::from_utf8_lossy(&status).into_owned()
        })
    });
    for answer in answers.collect::<Vec<_>>() {
        assert_eq!(answer.await.unwrap(), "HTTP/1.1 200 OK");
    }
    assert_eq!((stage.regenerations(), stage.published(), stage.secret().versions), (1, HeldKey::Key2, 2));
    stage.check();
}

/// Calls the handler's `Rotate` as the host would, past the queue.
fn post_rotate(stage: &Stage) -> TcpStream {
    let message = format!(r#"{{"vault":"{VAULT}","secret":"{SECRET}","askedBy":"a test"}}"#);
    let body = json!({"Data": {"message": message}, "Metadata": {}}).to_string();
    let mut connection = TcpStream::connect(("127.0.0.1", stage.handler_port())).unwrap();
    let length = body.len();
    let head = format!("POST /Rotate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n");
    connection.write_all((head + &body).as_bytes()).unwrap();
    connection
}

#[test]
fn a_half_configured_app_says_all_that_is_missing() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_aml-key-rotator")).arg("serve").env_clear().output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for name in
        ["FUNCTIONS_CUSTOMHANDLER_PORT", "ROTATOR_MODE", "ROTATOR_VAULTS", "AzureWebJobsStorage__accountName"]
    {
        assert!(said.contains(name), "{said}");
    }
}
