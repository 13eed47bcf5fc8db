//! Whole runs against a local Azure of which some answers are not what they should be: a rotation, both forms of the
//! status, and a sweep, through the handler. Nothing panics, all end in time, nothing goes to another host, and no key
//! comes out in an answer, a message or the log.
//!
//! An input says in its first line which calls are answered otherwise (`FIRST COUNT`), then the answer as
//! [`Answer`] reads it. A status of 0 leaves the answer's own, an empty body too, and a body of `@ NUMBER TEXT` puts TEXT in
//! the place of one value in it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::Request as HttpRequest;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use azure_sandbox::{
    AccountSetup, ConnectionSetup, DatastoreSetup, InProcess, KeyName, SasSetup, WorkspaceSetup, World,
};
use futures::TryStreamExt;
use http_body_util::BodyExt;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::time::{Instant, timeout};
use tower::ServiceExt;

use super::answers::{Answer, head};
use super::json::{any_text, put_at};
use super::outputs::{NAMES, panics, put_into, search};
use super::{Cases, for_any_bytes};
use crate::azure::in_process::LeaseStore;
use crate::azure::{Azure, Bounded, Cloud};
use crate::handler::router;
use crate::rotator::Rotator;
use crate::telemetry::Recorder;
use crate::year::door::{Door, Identity};
use crate::year::due_target::{ACCOUNT, GROUP, SUBSCRIPTION, due_target};

/// `functionTimeout` of host.json: the host kills what takes longer.
const LONGEST: Duration = Duration::from_secs(7_200);

const WORDS: &[&str] = &[
    "value",
    "nextLink",
    "id",
    "name",
    "properties",
    "error",
    "code",
    "key1",
    "key2",
    "https://example.org/next",
    "https://management.azure.com/subscriptions?skip=1",
    "AccountKey",
    "Sas",
    "stml",
    "ws-ml",
    "Failed",
    "Succeeded",
    "workspaceblobstore",
    "3000-01-01T00:00:00Z",
    "Compromised",
    "HoldersMovedAt",
    "storageAccount",
];

/// A client whose answers are not all those of the local Azure.
struct Tampering {
    azure: Door,
    first: usize,
    count: usize,
    answer: Answer,
    calls: AtomicUsize,
    hosts: Mutex<BTreeSet<String>>,
}

impl fmt::Debug for Tampering {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tampering")
    }
}

#[async_trait]
impl HttpClient for Tampering {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let is_known =
            host.ends_with(".azure.com") || host.ends_with(".azure.net") || host.ends_with(".windows.net");
        self.hosts.lock().unwrap().extend(Some(host).filter(|_| !is_known));
        if !is_known {
            return Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Connection,
                "no such host",
            ));
        }
        let right = self.azure.execute_request(request).await?;
        if number < self.first || self.first + self.count <= number {
            return Ok(right);
        }
        let (status, headers, body) = right.deconstruct();
        let body: Vec<u8> = body.try_collect::<Vec<_>>().await?.concat();
        let tampered = self.answer.tampered(&body);
        let (mut all, given) = (headers, tampered.headers().clone());
        for (name, value) in &given {
            all.insert(name.as_str().to_owned(), value.to_str().unwrap().to_owned());
        }
        let status = if self.answer.keeps_the_status() { status } else { tampered.status().as_u16().into() };
        let body = tampered.into_body().collect().await.unwrap().to_bytes();
        let headers: Headers = all;
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}

impl Answer {
    /// The answer in place of one with this body.
    fn tampered(&self, right: &[u8]) -> axum::response::Response {
        let text = String::from_utf8_lossy(&self.body);
        let patch = text.strip_prefix("@ ").and_then(|patch| patch.split_once(' '));
        let body = match patch.and_then(|(at, text)| Some((at.parse().ok()?, text))) {
            _ if self.body.is_empty() => right.to_vec(),
            Some((at, text)) => put_at(right, at, text),
            None => self.body.clone(),
        };
        self.response(body)
    }
}

fn case() -> impl Strategy<Value = Vec<u8>> {
    let calls = (0..110_usize, prop_oneof![3 => Just(1_usize), 1 => Just(4), 1 => Just(1_000)]);
    let head = prop_oneof![2 => Just("0".to_owned()), 1 => head()];
    let body = prop_oneof![
        6 => (any::<u16>(), any_text(WORDS)).prop_map(|(at, text)| format!("@ {at} {text}").into_bytes()),
        1 => Just(Vec::new()),
        1 => any_text(WORDS).prop_map(String::into_bytes),
        1 => select(NAMES.to_vec()).prop_map(|name| format!("<html>{name}</html>").into_bytes()),
        1 => any::<Vec<u8>>(),
    ];
    (calls, head, body).prop_map(|((first, count), head, body)| {
        [format!("{first} {count}\n{head}\n\n").as_bytes(), &body].concat()
    })
}

/// A due target whose workspace has a holder of each kind, and somebody else's workspace.
fn world() -> World {
    let world = World::new();
    world.adjust(|azure| azure.resync_duration = Duration::ZERO);
    let place = due_target(&world);
    let (workspace, signed) = (&place.workspace_id, SasSetup::container("data").signed_by(KeyName::Key2));
    world.add_datastore(DatastoreSetup::blob(workspace, "signed", ACCOUNT, "data").holding(signed));
    world.add_connection(ConnectionSetup::blob(workspace, "connected", ACCOUNT, "data"));
    let other = world.add_storage_account(AccountSetup::new(SUBSCRIPTION, GROUP, "stother"));
    let strangers = world.add_workspace(WorkspaceSetup::new(SUBSCRIPTION, GROUP, "ws-strangers", &other));
    world.add_datastore(DatastoreSetup::blob(&strangers, "guest", ACCOUNT, "data"));
    world
}

/// The invocations of one input, in turn.
fn invocations() -> [(&'static str, Value); 4] {
    let message = json!({"vault": "kv-ml", "secret": "storage-key", "askedBy": "a test"}).to_string();
    [
        ("Rotate", json!({"Data": {"message": message}})),
        ("Status", json!({"Data": {"req": {"Query": {"target": "kv-ml/storage-key"}}}})),
        ("Status", json!({"Data": {"req": {"Query": {}}}})),
        ("Sweep", json!({"Data": {"timer": {}}})),
    ]
}

async fn work(http: Arc<Tampering>) -> Result<Vec<u8>, String> {
    let credential = Arc::new(Identity(http.azure.clone()));
    let client = Arc::new(Bounded::new(http));
    let azure = Azure::over(Cloud::public(), client, credential, LeaseStore::default().leases()).unwrap();
    let router = router(Arc::new(Rotator::over(azure)));
    let mut answers = Vec::new();
    for (function, body) in invocations() {
        let started = Instant::now();
        let request = HttpRequest::post(format!("/{function}")).body(Body::from(body.to_string())).unwrap();
        let answered = timeout(LONGEST * 2, router.clone().oneshot(request)).await;
        let answered = answered.map_err(|_| format!("{function} does not end"))?.unwrap();
        if started.elapsed() > LONGEST {
            return Err(format!("{function} took {} s", started.elapsed().as_secs()));
        }
        let body = answered.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice::<Value>(&body)
            .map_err(|error| format!("{function} answers no JSON: {error}"))?;
        answers.extend_from_slice(&body);
        answers.push(b'\n');
    }
    Ok(answers)
}

#[test]
fn no_answer_of_azure_makes_a_run_panic_hang_go_elsewhere_or_give_a_key_away() {
    let recorder = Recorder::new();
    for_any_bytes("runs", Cases { usual: 40, one_in: 20 }, case(), |input| {
        let world = world();
        let values = KeyName::BOTH.map(|key| world.key_value(ACCOUNT, key).expose().to_owned()).to_vec();
        let values = [values, vec![world.sign_sas(ACCOUNT, SasSetup::container("data"))]].concat();
        let input = put_into(input, &values);
        let (calls, answer) =
            input.split_at(input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len()));
        let calls = String::from_utf8_lossy(calls).into_owned();
        let mut calls = calls.split(' ').map(|number| number.parse().unwrap_or(1_usize));
        let http = Arc::new(Tampering {
            azure: Door::new(InProcess::over(world.clone()), Arc::new(|_| true)),
            first: calls.next().unwrap_or_default(),
            count: calls.next().unwrap_or(1),
            answer: Answer::read(answer.get(1..).unwrap_or_default()),
            calls: AtomicUsize::new(0),
            hosts: Mutex::default(),
        });
        let before = panics();
        let (answers, log) = recorder.of(|| {
            let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            runtime.block_on(work(Arc::clone(&http)))
        });
        if panics() > before {
            return Err("it panicked".to_owned());
        }
        let hosts = http.hosts.lock().unwrap();
        if !hosts.is_empty() {
            return Err(format!("something is sent to {hosts:?}"));
        }
        search(&world, "the log", &log)?;
        search(&world, "an answer", answers?)
    });
}
