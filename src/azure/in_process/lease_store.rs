//! For tests: a blob service that has nothing but leases, and keeps time by tokio's clock, which can be paused.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::response::Response;
use azure_core::http::Transport;
use time::macros::datetime;
use tokio::time::{Duration, Instant};

use super::{DELAY, FakeCredential, InProcess, KEY1, Received, answer};
use crate::azure::Cloud;
use crate::azure::blob_leases::BlobLeases;
use crate::azure::host_storage::{HostStorage, StorageIdentity};

/// The store, and whoever disturbs it. A clone is the same store.
#[derive(Clone, Default)]
pub(crate) struct LeaseStore(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    has_container: bool,
    /// By name; who has it, and until when.
    blobs: BTreeMap<String, Option<(String, Instant)>>,
    /// What was done, as in `acquire stml`; what was refused is among it.
    calls: Vec<String>,
    fault: Option<fn() -> Response>,
    /// In seconds.
    delay: u64,
}

impl LeaseStore {
    /// A client of the store, which is entered by a token.
    pub(crate) fn leases(&self) -> BlobLeases {
        self.entered(&HostStorage::of_account("sthost", StorageIdentity::SameAsApp).unwrap())
    }

    /// A client of the store, which is entered by a key.
    pub(crate) fn leases_by_key(&self) -> BlobLeases {
        let connection_string = format!("AccountName=sthost;AccountKey={KEY1}");
        self.entered(&HostStorage::of_connection_string(&connection_string).unwrap())
    }

    fn entered(&self, storage: &HostStorage) -> BlobLeases {
        let store = self.clone();
        let (http, _) = InProcess::answering(move |_, request: &Received| {
            let mut response = store.answer(request);
            response.headers_mut().insert(DELAY, store.lock().delay.into());
            response
        });
        let (transport, credential) = (Transport::new(Arc::new(http)), Arc::new(FakeCredential));
        let now = || datetime!(2026-11-24 12:00 UTC);
        BlobLeases::new(&Cloud::public(), storage, transport, credential, now).unwrap()
    }

    /// What was asked for so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    /// Somebody else has the lease for so long.
    pub(crate) fn lend(&self, blob: &str, length: Duration) {
        let mut state = self.lock();
        state.has_container = true;
        state.blobs.insert(blob.to_owned(), Some(("a rival".to_owned(), Instant::now() + length)));
    }

    /// Whether somebody has the lease.
    pub(crate) fn is_lent(&self, blob: &str) -> bool {
        let held = self.lock().blobs.get(blob).cloned().flatten();
        held.is_some_and(|(_, until)| Instant::now() < until)
    }

    /// Answers every request so from now on, and carries out none; `None` ends that.
    pub(crate) fn fail(&self, fault: Option<fn() -> Response>) {
        self.lock().fault = fault;
    }

    /// Carries out every request at once from now on, and answers it so many seconds later.
    pub(crate) fn delay(&self, seconds: u64) {
        self.lock().delay = seconds;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn answer(&self, request: &Received) -> Response {
        let header = |name: &str| request.headers.get(name).map_or("", |value| value.to_str().unwrap());
        let path = request.line.split('?').next().unwrap();
        let blob = path.strip_prefix("PUT sthost.blob.core.windows.net/aml-key-rotator-leases").unwrap();
        let blob = blob.trim_start_matches('/').to_owned();
        let mut state = self.lock();
        let action = match header("x-ms-lease-action") {
            "" if blob.is_empty() => "create container",
            "" => "create",
            action => action,
        };
        state.calls.push(format!("{action} {blob}").trim_end().to_owned());
        if let Some(fault) = state.fault {
            return fault();
        }
        if action == "create container" {
            state.has_container = true;
            return answer(201, &[], "");
        }
        if !state.has_container {
            return refusal(404, "ContainerNotFound");
        }
        if action == "create" {
            state.blobs.entry(blob).or_default();
            return answer(201, &[], "");
        }
        let Some(held) = state.blobs.get_mut(&blob) else { return refusal(404, "BlobNotFound") };
        let id = match action {
            "acquire" => header("x-ms-proposed-lease-id"),
            _ => header("x-ms-lease-id"),
        };
        let is_ours = held.as_ref().is_some_and(|(holder, _)| holder == id);
        let is_lent = held.as_ref().is_some_and(|(_, until)| Instant::now() < *until);
        match action {
            "acquire" if is_lent && !is_ours => refusal(409, "LeaseAlreadyPresent"),
            "acquire" => {
                let seconds: u64 = header("x-ms-lease-duration").parse().unwrap();
                *held = Some((id.to_owned(), Instant::now() + Duration::from_secs(seconds)));
                answer(201, &[("x-ms-lease-id", id)], "")
            }
            _ if !is_ours => refusal(409, "LeaseIdMismatchWithLeaseOperation"),
            "renew" => {
                *held = Some((id.to_owned(), Instant::now() + Duration::from_secs(60)));
                answer(200, &[("x-ms-lease-id", id)], "")
            }
            "release" => {
                *held = None;
                answer(200, &[], "")
            }
            other => panic!("the store does not know `{other}`"),
        }
    }
}

fn refusal(status: u16, code: &str) -> Response {
    answer(status, &[("x-ms-error-code", code)], "<Error/>")
}
