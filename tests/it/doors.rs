//! Every way in: both schemas, batches, kinds of events, sizes, and what makes no sense.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use azure_sandbox::HeldKey;
use azure_sandbox::event_grid::{EventGrid, EventGridOptions, EventSubscription, SecretEventKind};
use azure_sandbox::functions_host::InvocationOutcome;
use serde_json::{Value, json};
use time::Duration as Span;

use crate::stage::{SECRET, Stage, VAULT, target_secret};

const PATIENCE: Duration = Duration::from_secs(60);

fn near_expiry(stage: &Stage) -> Value {
    stage.secret().event(SecretEventKind::NearExpiry).to_json()
}

/// Posts to the webhook as Event Grid does, and gives the status of the answer.
async fn post(stage: &Stage, body: String) -> u16 {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(stage.host.event_grid_webhook("SecretNearExpiry"));
    let response = request.header("aeg-event-type", "Notification").body(body).send().await.unwrap();
    response.status().as_u16()
}

fn parked(stage: &Stage) -> Vec<Value> {
    let messages = stage.host.queue_messages("parked");
    messages.iter().map(|message| serde_json::from_str(&message.text().unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn a_cloud_event_rotates_as_well() {
    let stage = Stage::start(|_, _| {}).await;
    let webhook = stage.host.event_grid_webhook("SecretNearExpiry");
    let subscription = EventSubscription::new("near-expiry", webhook).cloud_events();
    let topic = EventGrid::new(vec![subscription], &EventGridOptions::default());
    topic.publish(near_expiry(&stage)).await.unwrap();
    topic.wait_until_delivered(PATIENCE).await.unwrap();
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.check();
}

/// Where Event Grid cannot reach the function app, it leaves each event on the queue.
#[tokio::test]
async fn an_event_on_the_queue_rotates_in_both_schemas() {
    let stage = Stage::start(|_, _| {}).await;
    let event = near_expiry(&stage);
    let cloud_event = json!({
        "specversion": "1.0",
        "id": event["id"],
        "source": event["topic"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "data": event["data"],
    });
    stage.host.enqueue("rotations", &event.to_string());
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.assert_logged("INFO", "publish", "asked by event Microsoft.KeyVault.SecretNearExpiry");
    stage.host.enqueue("rotations", &cloud_event.to_string());
    let mut other = event.clone();
    other["eventType"] = json!("Microsoft.KeyVault.SecretNewVersionCreated");
    stage.host.enqueue("rotations", &other.to_string());
    let mut foreign = event.clone();
    foreign["data"]["VaultName"] = json!("kv-of-others");
    stage.host.enqueue("rotations", &foreign.to_string());
    let mut unreadable = event;
    unreadable["data"]["ObjectName"] = json!("a/b");
    stage.host.enqueue("rotations", &unreadable.to_string());
    stage.settle().await;
    assert_eq!(stage.outcomes("Rotate"), [const { InvocationOutcome::Succeeded }; 5]);
    assert_eq!((stage.regenerations(), parked(&stage).len()), (1, 1));
    stage.assert_logged("INFO", "ignore", "Microsoft.KeyVault.SecretNewVersionCreated");
    stage.check();
}

#[tokio::test]
async fn an_expired_secret_is_rotated_and_called_overdue() {
    let stage = Stage::start(|world, _| world.age(Span::days(30))).await;
    stage.event_grid.publish(stage.secret().event(SecretEventKind::Expired).to_json()).await.unwrap();
    stage.event_grid.wait_until_delivered(PATIENCE).await.unwrap();
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.assert_logged("ERROR", "overdue", "is overdue: it was due on");
    stage.check();
}

#[tokio::test]
async fn each_event_of_a_batch_counts_by_itself() {
    let stage = Stage::start(|_, _| {}).await;
    let mut unreadable = near_expiry(&stage);
    unreadable["data"]["ObjectName"] = json!("a/b");
    let mut other = near_expiry(&stage);
    other["eventType"] = json!("Microsoft.KeyVault.SecretNewVersionCreated");
    let batch = json!([near_expiry(&stage), unreadable, other, near_expiry(&stage)]);
    assert_eq!(post(&stage, batch.to_string()).await, 202);
    stage.settle().await;
    assert_eq!(stage.outcomes("SecretNearExpiry"), [const { InvocationOutcome::Succeeded }; 4]);
    assert_eq!(stage.outcomes("Rotate"), [const { InvocationOutcome::Succeeded }; 2]);
    assert_eq!((parked(&stage).len(), stage.regenerations()), (1, 1));
    stage.check();
}

#[tokio::test]
async fn a_secret_that_is_gone_is_said_and_nothing_is_done() {
    let stage = Stage::start(|world, place| {
        world.put_secret(target_secret(VAULT, "deleted", &place.account_id));
    })
    .await;
    let deleted = stage.world().secret(VAULT, "deleted").unwrap();
    let mut never = deleted.clone();
    never.name = "never-was".to_owned();
    stage.world().delete_secret_outside(VAULT, "deleted");
    for secret in [&deleted, &never] {
        stage.announce(secret).await;
        stage.settle().await;
        stage.assert_logged("ERROR", "blocked", &format!("blocked `{VAULT}/{}`: the secret", secret.name));
    }
    assert_eq!(stage.outcomes("Rotate"), [const { InvocationOutcome::Succeeded }; 2]);
    assert_eq!(stage.writes(), Vec::<String>::new());
    stage.check();
}

#[tokio::test]
async fn a_megabyte_of_data_rotates_or_is_parked_within_the_size_of_a_message() {
    let stage = Stage::start(|_, _| {}).await;
    let mut event = near_expiry(&stage);
    event["data"]["more"] = json!("\"x ".repeat(1 << 19));
    event["data"]["ObjectName"] = json!("a/b");
    assert_eq!(post(&stage, event.to_string()).await, 202);
    let copies = parked(&stage);
    assert_eq!((copies.len(), &copies[0]["complete"]), (1, &json!(false)));
    assert!(stage.host.queue_messages("parked")[0].encoded.len() <= 64 << 10);
    event["data"]["ObjectName"] = json!(SECRET);
    assert_eq!(post(&stage, event.to_string()).await, 202);
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.check();
}

/// What a broken client could send to the handler itself, and how it is answered, if at all. One that gives up closes
/// its side of the connection.
fn send(stage: &Stage, request: &[u8], gives_up: bool) -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", stage.handler_port())).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    connection.write_all(request).unwrap();
    if gives_up {
        connection.shutdown(Shutdown::Write).unwrap();
    }
    let mut answer = Vec::new();
    // A connection that is reset has answered nothing more.
    let _ = connection.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_makes_no_sense_fails_and_kills_nothing() {
    let stage = Stage::start(|_, _| {}).await;
    let process = stage.host.handler_process_id();
    let post = |headers: &str, body: &[u8]| {
        [format!("POST /Rotate HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n").as_bytes(), body].concat()
    };
    let sized = |body: &[u8]| post(&format!("Content-Length: {}\r\nConnection: close", body.len()), body);
    let deep = format!(r#"{{"Data":{{"message":{}"#, "[".repeat(1 << 20));
    let requests = [
        (sized(b""), "500"),
        (sized(b"null"), "500"),
        (sized(b"[]"), "500"),
        (sized(b"{\"Data\":"), "500"),
        (sized(b"{\"Data\":{\"message\":\"\xff\xfe\"}}"), "500"),
        (sized(&b"\xef\xbb\xbf{\"Data\":{}}"[..]), "500"),
        (sized(deep.as_bytes()), "500"),
        (sized(&vec![b' '; 17 << 20]), "500"),
        (b"GET /Rotate HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_vec(), "405"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(), "405"),
        (b"POST /a/b HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(), "404"),
        (b"no HTTP at all\r\n\r\n".to_vec(), "400"),
        (post("Transfer-Encoding: chunked", b"zz\r\n"), ""),
        (post("Content-Length: 1000", b"{\"Data\":{"), ""),
        (post("Transfer-Encoding: chunked", b"5\r\n{\"Dat"), ""),
    ];
    for (request, status) in requests {
        let shown = String::from_utf8_lossy(&request[..request.len().min(120)]).into_owned();
        let answer = send(&stage, &request, status.is_empty());
        let seen = answer.split(' ').nth(1).unwrap_or_default();
        assert!(status.is_empty() && !seen.starts_with('2') || seen == status, "{shown}: {answer}");
    }
    stage.near_expiry().await;
    assert_eq!((stage.host.handler_process_id(), stage.published()), (process, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn the_most_talkative_log_gives_no_secret_away() {
    let stage = Stage::start_with(|_, _| {}, &[("ROTATOR_LOG", "trace")]).await;
    stage.near_expiry().await;
    assert_eq!(stage.published(), HeldKey::Key2);
    let log = stage.log();
    assert!(log.contains("\"level\":\"TRACE\""), "it is not talkative");
    let header = &stage.sandbox.environment()["IDENTITY_HEADER"];
    assert!(!log.contains(header.as_str()), "the identity's own secret");
    assert!(!log.contains("Bearer ey") && !log.contains("access_token"), "a token");
    stage.check();
}
