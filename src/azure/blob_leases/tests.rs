//! What is sent, what an answer means, and what is never sent or said.

use std::sync::Mutex;

use axum::response::Response;
use time::macros::datetime;
use tokio::time::Instant;

use super::*;
use crate::azure::host_storage::StorageIdentity;
use crate::azure::in_process::{FakeCredential, InProcess, KEY1, Received, answer, lost, silence};

const ID: Uuid = Uuid::from_u128(0x1111_1111_1111_4111_8111_1111_1111_1111);
const BLOB: &str = "sthost.blob.core.windows.net/aml-key-rotator-leases/stml";

struct Served {
    leases: BlobLeases,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Served {
    fn by_token(answer: fn(usize) -> Response) -> Self {
        Self::of(&HostStorage::of_account("stHost", StorageIdentity::SameAsApp).unwrap(), answer)
    }

    fn by_key(connection_string: &str, answer: fn(usize) -> Response) -> Self {
        Self::of(&HostStorage::of_connection_string(connection_string).unwrap(), answer)
    }

    fn of(storage: &HostStorage, answer: fn(usize) -> Response) -> Self {
        let (http, received) = InProcess::answering(move |number, _: &Received| answer(number));
        let (transport, credential) = (Transport::new(Arc::new(http)), Arc::new(FakeCredential));
        let now = || datetime!(2026-11-23 12:00 UTC);
        let leases = BlobLeases::new(&Cloud::public(), storage, transport, credential, now).unwrap();
        Self { leases, received }
    }

    async fn acquire(&self) -> Result<Acquisition, AzureError> {
        self.leases.acquire(&Name::new("stML"), ID, Duration::from_secs(60)).await
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

fn refusal(status: u16, code: &'static str) -> Response {
    answer(status, &[("x-ms-error-code", code)], "<Error/>")
}

fn header<'a>(request: &'a Received, name: &str) -> &'a str {
    request.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn each_operation_is_one_request() {
    let served = Served::by_token(|_| answer(201, &[], ""));
    assert_eq!(served.acquire().await.unwrap(), Acquisition::Acquired);
    served.leases.create_container().await.unwrap();
    served.leases.create_blob(&Name::new("stML")).await.unwrap();
    let received = served.received();
    let lines: Vec<&str> = received.iter().map(|one| one.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            format!("PUT {BLOB}?comp=lease"),
            "PUT sthost.blob.core.windows.net/aml-key-rotator-leases?restype=container".to_owned(),
            format!("PUT {BLOB}"),
        ]
    );
    for (name, value) in [
        ("x-ms-lease-action", "acquire"),
        ("x-ms-lease-duration", "60"),
        ("x-ms-proposed-lease-id", "11111111-1111-4111-8111-111111111111"),
        ("x-ms-version", "2024-08-04"),
    ] {
        assert_eq!(header(&received[0], name), value);
    }
    assert!(received.iter().all(|one| header(one, "authorization").starts_with("Bearer ")));
    assert_eq!((header(&received[2], "if-none-match"), received[2].body.as_str()), ("*", ""));

    let served = Served::by_token(|_| answer(200, &[], ""));
    served.leases.renew(&Name::new("stML"), ID).await.unwrap();
    served.leases.release(&Name::new("stML"), ID).await.unwrap();
    for (request, action) in served.received().iter().zip(["renew", "release"]) {
        assert_eq!(request.line, format!("PUT {BLOB}?comp=lease"));
        assert_eq!(header(request, "x-ms-lease-action"), action);
        assert_eq!(header(request, "x-ms-lease-id"), "11111111-1111-4111-8111-111111111111");
    }
}

#[tokio::test]
async fn what_a_refusal_means_is_told_apart() {
    let acquired = async |answer| Served::by_token(answer).acquire().await.unwrap();
    assert_eq!(acquired(|_| refusal(409, "LeaseAlreadyPresent")).await, Acquisition::Taken);
    assert_eq!(acquired(|_| refusal(409, "LeaseIsBreakingAndCannotBeAcquired")).await, Acquisition::Taken);
    assert_eq!(acquired(|_| refusal(404, "BlobNotFound")).await, Acquisition::NoBlob);
    assert_eq!(acquired(|_| refusal(404, "ContainerNotFound")).await, Acquisition::NoContainer);

    let refused = async |answer| Served::by_token(answer).acquire().await.unwrap_err();
    assert!(refused(|_| refusal(404, "ResourceNotFound")).await.is_not_found());
    assert!(refused(|_| refusal(403, "AuthorizationPermissionMismatch")).await.is_forbidden());
    assert!(refused(|_| refusal(403, "AuthorizationFailure")).await.is_behind_firewall());
    assert!(refused(|_| refusal(409, "ContainerBeingDeleted")).await.is_passing());
    assert!(!refused(|_| refusal(400, "InvalidHeaderValue")).await.is_passing());

    let name = Name::new("stml");
    for answer in [
        (|_| refusal(404, "ContainerNotFound")) as fn(usize) -> Response,
        |_| refusal(409, "LeaseIdMismatchWithLeaseOperation"),
        |_| refusal(409, "LeaseNotPresentWithLeaseOperation"),
        |_| refusal(412, "LeaseLost"),
    ] {
        let renewed = Served::by_token(answer).leases.renew(&name, ID).await.unwrap();
        assert!(matches!(renewed, Renewal::Lost { .. }));
    }
    let unknown = Served::by_token(|_| refusal(403, "AuthorizationFailure")).leases.renew(&name, ID).await;
    assert!(unknown.unwrap_err().is_forbidden(), "that says nothing about whose it is");
}

#[tokio::test]
async fn what_is_there_already_need_not_be_made() {
    let name = Name::new("stml");
    Served::by_token(|_| refusal(409, "ContainerAlreadyExists")).leases.create_container().await.unwrap();
    for answer in
        [(|_| refusal(409, "BlobAlreadyExists")) as fn(usize) -> Response, |_| refusal(412, "LeaseIdMissing")]
    {
        Served::by_token(answer).leases.create_blob(&name).await.unwrap();
    }
    let other = Served::by_token(|_| refusal(409, "ContainerBeingDeleted"));
    other.leases.create_container().await.unwrap_err();
    other.leases.create_blob(&name).await.unwrap_err();
}

/// The second try must not be locked out by the first.
#[tokio::test(start_paused = true)]
async fn an_acquisition_whose_answer_was_lost_is_repeated_under_the_same_id() {
    let served = Served::by_token(|number| if number == 0 { lost() } else { answer(201, &[], "") });
    assert_eq!(served.acquire().await.unwrap(), Acquisition::Acquired);
    let ids: Vec<String> =
        served.received().iter().map(|one| header(one, "x-ms-proposed-lease-id").to_owned()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_keeps_silent_is_not_waited_for_for_long() {
    let served = Served::by_token(|_| silence());
    let started = Instant::now();
    let error = served.acquire().await.unwrap_err();
    assert!(error.is_passing() && error.is_uncertain());
    assert_eq!(started.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn each_try_is_signed_and_no_key_stands_in_an_address() {
    let by_key = format!("AccountName=stHost;AccountKey={KEY1}");
    let served =
        Served::by_key(
            &by_key,
            |number| if number == 0 { refusal(503, "ServerBusy") } else { answer(201, &[], "") },
        );
    served.acquire().await.unwrap();
    let received = served.received();
    assert_eq!(received.len(), 2);
    for request in &received {
        assert!(header(request, "authorization").starts_with("SharedKey sthost:"), "{request:?}");
        assert_eq!(header(request, "x-ms-date"), "Mon, 23 Nov 2026 12:00:00 GMT");
        assert_eq!(request.line, format!("PUT {BLOB}?comp=lease"));
        assert!(!format!("{request:?}").contains(&KEY1[..20]));
    }
}

#[tokio::test]
async fn no_key_is_printed_or_said() {
    let by_key = format!("AccountName=sthost;AccountKey={KEY1}");
    let served = Served::by_key(&by_key, |_| refusal(403, "AuthenticationFailed"));
    let error = served.acquire().await.unwrap_err();
    let said = format!("{:?} {} {error} {error:?}", served.leases, served.leases);
    assert!(said.contains("https://sthost.blob.core.windows.net") && !said.contains(&KEY1[..20]), "{said}");
}

#[tokio::test]
async fn a_container_is_found_by_a_lease_that_nobody_has() {
    for (status, code, found) in [
        (404, "ContainerNotFound", Some(false)),
        (404, "BlobNotFound", Some(true)),
        (409, "LeaseIdMismatchWithLeaseOperation", Some(true)),
        (404, "ResourceNotFound", None),
        (403, "AuthorizationPermissionMismatch", None),
    ] {
        let storage = HostStorage::of_account("stHost", StorageIdentity::SameAsApp).unwrap();
        let (http, received) = InProcess::answering(move |_, _: &Received| refusal(status, code));
        let (transport, credential) = (Transport::new(Arc::new(http)), Arc::new(FakeCredential));
        let now = || datetime!(2026-11-23 12:00 UTC);
        let leases = BlobLeases::new(&Cloud::public(), &storage, transport, credential, now).unwrap();
        assert_eq!(leases.find_container().await.ok(), found, "{status} {code}");
        let received = received.lock().unwrap().clone();
        let lines: Vec<&str> = received.iter().map(|one| one.line.as_str()).collect();
        let blob = BLOB.replace("stml", "check-only");
        assert_eq!(lines, [format!("PUT {blob}?comp=lease")]);
        assert_eq!(received[0].headers["x-ms-lease-action"], "renew");
    }
}
