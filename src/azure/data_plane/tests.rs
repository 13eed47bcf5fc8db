use axum::response::Response;
use azure_core::http::Url;
use rotation::Name;
use time::macros::datetime;

use super::Proof;
use crate::azure::in_process::{KEY1, Served, answer, lost, refused};
use crate::azure::{AccessKey, AzureError, Cause, StorageAccount};

fn account() -> StorageAccount {
    let endpoint = |service: &str| Url::parse(&format!("https://stml.{service}.core.windows.net/")).ok();
    StorageAccount {
        allow_shared_key_access: true,
        allow_shared_key_access_to_blobs: true,
        allow_shared_key_access_to_files: true,
        longest_sas: None,
        blob_endpoint: endpoint("blob"),
        file_endpoint: endpoint("file"),
    }
}

async fn prove(served: &Served, account: &StorageAccount) -> Result<Proof, AzureError> {
    let now = datetime!(2026-11-23 12:00 UTC);
    served.azure.data_plane.prove(account, &Name::new("stml"), &AccessKey::new(KEY1), now).await
}

fn accepted() -> Response {
    answer(200, &[("x-ms-version", "2025-07-05")], "")
}

fn refusal(status: u16, code: &'static str) -> Response {
    answer(status, &[("x-ms-error-code", code)], "<Error/>")
}

#[tokio::test]
async fn the_blob_service_is_asked_first() {
    let served = Served::by(|_, _| accepted());
    assert_eq!(prove(&served, &account()).await.unwrap(), Proof::Accepted);
    let line = "GET stml.blob.core.windows.net/?restype=service&comp=properties";
    assert_eq!(served.lines(), [line]);
    assert!(served.received()[0].is_authorized);
}

#[tokio::test]
async fn the_file_service_is_asked_where_the_blob_service_takes_no_key() {
    let closed = StorageAccount { allow_shared_key_access_to_blobs: false, ..account() };
    let missing = StorageAccount { blob_endpoint: None, ..account() };
    for account in [closed, missing] {
        let served = Served::by(|_, _| accepted());
        assert_eq!(prove(&served, &account).await.unwrap(), Proof::Accepted);
        assert_eq!(served.lines(), ["GET stml.file.core.windows.net/?restype=service&comp=properties"]);
    }
}

#[tokio::test]
async fn nobody_is_asked_where_no_service_takes_a_key() {
    let served = Served::by(|_, _| accepted());
    let off = StorageAccount { allow_shared_key_access: false, ..account() };
    assert_eq!(prove(&served, &off).await.unwrap(), Proof::SharedKeyOff);
    let bare = StorageAccount { blob_endpoint: None, file_endpoint: None, ..account() };
    assert!(matches!(prove(&served, &bare).await.unwrap(), Proof::Unreachable { .. }));
    assert!(served.lines().is_empty());
}

#[tokio::test]
async fn only_a_failed_authentication_means_not_yet() {
    let ask = async |respond: fn() -> Response| {
        let served = Served::by(move |_, _| respond());
        let proof = prove(&served, &account()).await;
        assert_eq!(served.lines().len(), 1);
        proof
    };
    assert_eq!(ask(|| refusal(403, "AuthenticationFailed")).await.unwrap(), Proof::NotYet);
    let off = ask(|| refusal(403, "KeyBasedAuthenticationNotPermitted")).await;
    assert_eq!(off.unwrap(), Proof::SharedKeyOff);
    let firewall = ask(|| refusal(403, "AuthorizationFailure")).await;
    assert_eq!(firewall.unwrap(), Proof::Unreachable { why: "403 AuthorizationFailure".into() });
    let alone = ask(refused).await;
    assert!(matches!(alone.unwrap(), Proof::Unreachable { .. }));
    for passing in [
        lost as fn() -> Response,
        // A page of a proxy, which says nothing about the key.
        || answer(200, &[], "<html>Sign in</html>"),
        || answer(500, &[], ""),
        || refusal(503, "ServerBusy"),
        || answer(429, &[], ""),
    ] {
        assert!(ask(passing).await.unwrap_err().is_passing());
    }
    let odd = ask(|| refusal(400, "InvalidHeaderValue")).await.unwrap_err();
    assert!(!odd.is_passing() && odd.cause().to_string().contains("InvalidHeaderValue"), "{odd:?}");
}

#[tokio::test]
async fn a_key_is_never_proven_over_http() {
    let served = Served::by(|_, _| accepted());
    let plain =
        StorageAccount { blob_endpoint: Url::parse("http://stml.blob.core.windows.net/").ok(), ..account() };
    let error = prove(&served, &plain).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Unsendable(_)));
    assert!(served.lines().is_empty());
}
