//! Leases on blobs, and the containers and blobs that they need.

use azure_sandbox::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use reqwest::{Method, RequestBuilder, Response};
use sha2::Sha256;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use crate::support::*;

const OURS: &str = "11111111-1111-4111-8111-111111111111";
const THEIRS: &str = "22222222-2222-4222-8222-222222222222";
const BLOB: &str = "/leases/stml";
const WRITE_BLOBS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write";
const WRITE_CONTAINERS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/write";

type Headers<'a> = &'a [(&'a str, &'a str)];

fn created(code: &str) -> (u16, String) {
    (201, code.to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn outcome(response: &Response) -> (u16, String) {
    let code = response.headers().get("x-ms-error-code").map_or("", |code| code.to_str().unwrap());
    (response.status().as_u16(), code.to_owned())
}

fn request(azure: &Azure, path_and_query: &str, headers: Headers<'_>) -> RequestBuilder {
    let url = format!("https://{ACCOUNT}.blob.core.windows.net{path_and_query}");
    let request = azure.client.request(Method::PUT, url).header("content-length", "0");
    let request = request.header("x-ms-version", "2024-08-04");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

async fn put(azure: &Azure, path_and_query: &str, headers: Headers<'_>) -> (u16, String) {
    let token = azure.token("https://storage.azure.com").await;
    let response = request(azure, path_and_query, headers).bearer_auth(token).send().await.unwrap();
    outcome(&response)
}

async fn make_container(azure: &Azure) -> (u16, String) {
    put(azure, "/leases?restype=container", &[]).await
}

async fn make_blob(azure: &Azure) -> (u16, String) {
    put(azure, BLOB, &[("x-ms-blob-type", "BlockBlob"), ("if-none-match", "*")]).await
}

async fn acquire(azure: &Azure, id: &str, seconds: &str) -> (u16, String) {
    let headers =
        [("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", seconds), ("x-ms-proposed-lease-id", id)];
    put(azure, &format!("{BLOB}?comp=lease"), &headers).await
}

async fn with_id(azure: &Azure, action: &str, id: &str) -> (u16, String) {
    let headers = [("x-ms-lease-action", action), ("x-ms-lease-id", id)];
    put(azure, &format!("{BLOB}?comp=lease"), &headers).await
}

/// An account with a blob that nobody has leased.
async fn with_blob() -> Azure {
    let azure = Azure::start().await;
    assert_eq!(make_container(&azure).await, created(""));
    assert_eq!(make_blob(&azure).await, created(""));
    azure
}

#[tokio::test]
async fn container_and_blob_are_made_once() {
    let azure = Azure::start().await;
    assert_eq!(acquire(&azure, OURS, "60").await, refused(404, "ContainerNotFound"));
    assert_eq!(make_blob(&azure).await, refused(404, "ContainerNotFound"));
    assert_eq!(make_container(&azure).await, created(""));
    assert_eq!(make_container(&azure).await, refused(409, "ContainerAlreadyExists"));
    assert_eq!(acquire(&azure, OURS, "60").await, refused(404, "BlobNotFound"));
    assert_eq!(make_blob(&azure).await, created(""));
    assert_eq!(make_blob(&azure).await, refused(409, "BlobAlreadyExists"));
    assert_eq!(put(&azure, "/-a-?restype=container", &[]).await, refused(400, "InvalidResourceName"));
}

#[tokio::test]
async fn one_has_the_lease_until_it_is_released() {
    let azure = with_blob().await;
    assert_eq!(acquire(&azure, OURS, "60").await, created(""));
    assert_eq!(acquire(&azure, OURS, "60").await, created(""));
    assert_eq!(acquire(&azure, THEIRS, "60").await, refused(409, "LeaseAlreadyPresent"));
    assert_eq!(with_id(&azure, "renew", OURS).await.0, 200);
    assert_eq!(with_id(&azure, "renew", THEIRS).await, refused(409, "LeaseIdMismatchWithLeaseOperation"));
    assert_eq!(with_id(&azure, "release", THEIRS).await, refused(409, "LeaseIdMismatchWithLeaseOperation"));
    assert!(azure.world().is_leased(ACCOUNT, "leases", "stml"));
    assert_eq!(with_id(&azure, "release", OURS).await.0, 200);
    assert!(!azure.world().is_leased(ACCOUNT, "leases", "stml"));
    assert_eq!(acquire(&azure, THEIRS, "60").await, created(""));
}

#[tokio::test]
async fn a_lease_runs_out_as_the_world_ages() {
    let azure = with_blob().await;
    acquire(&azure, OURS, "60").await;
    azure.world().age(Duration::seconds(40));
    assert_eq!(acquire(&azure, THEIRS, "60").await, refused(409, "LeaseAlreadyPresent"));
    assert_eq!(with_id(&azure, "renew", OURS).await.0, 200);
    azure.world().age(Duration::seconds(40));
    assert_eq!(acquire(&azure, THEIRS, "60").await, refused(409, "LeaseAlreadyPresent"));
    azure.world().age(Duration::seconds(21));
    assert_eq!(acquire(&azure, THEIRS, "60").await, created(""));
    assert_eq!(with_id(&azure, "renew", OURS).await, refused(409, "LeaseIdMismatchWithLeaseOperation"));
}

#[tokio::test]
async fn others_take_and_break_leases_too() {
    let azure = Azure::start().await;
    azure.world().lease_blob_outside(ACCOUNT, "leases", "stml");
    assert_eq!(acquire(&azure, OURS, "60").await, refused(409, "LeaseAlreadyPresent"));
    azure.world().age(Duration::minutes(1));
    assert_eq!(acquire(&azure, OURS, "60").await, created(""));
    azure.world().break_lease_outside(ACCOUNT, "leases", "stml");
    assert_eq!(with_id(&azure, "renew", OURS).await, refused(409, "LeaseIsBrokenAndCannotBeRenewed"));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let azure = with_blob().await;
    for seconds in ["14", "61", "0", "a minute"] {
        assert_eq!(acquire(&azure, OURS, seconds).await, refused(400, "InvalidHeaderValue"), "{seconds}");
    }
    assert_eq!(acquire(&azure, "no id", "60").await, refused(400, "InvalidHeaderValue"));
    let lease = format!("{BLOB}?comp=lease");
    let renew = [("x-ms-lease-action", "renew")];
    assert_eq!(put(&azure, &lease, &renew).await, refused(400, "MissingRequiredHeader"));
}

#[tokio::test]
async fn what_the_sandbox_does_not_know_it_says() {
    let azure = with_blob().await;
    let lease = format!("{BLOB}?comp=lease");
    let cases: [(&str, Headers<'_>); 6] = [
        (&lease, &[("x-ms-lease-action", "break")]),
        (&lease, &[("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", "-1")]),
        (&lease, &[("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", "60"), ("if-match", "*")]),
        (BLOB, &[("x-ms-blob-type", "PageBlob"), ("if-none-match", "*")]),
        (BLOB, &[("x-ms-blob-type", "BlockBlob")]),
        ("/leases/a/b", &[("x-ms-blob-type", "BlockBlob"), ("if-none-match", "*")]),
    ];
    for (path, headers) in cases {
        assert_eq!(put(&azure, path, headers).await.0, 501, "{path} {headers:?}");
    }
}

#[tokio::test]
async fn a_token_needs_the_right_audience_and_a_role_on_the_account() {
    let azure = with_blob().await;
    let lease = format!("{BLOB}?comp=lease");
    let headers = [("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", "60")];
    let response = request(&azure, &lease, &headers).send().await.unwrap();
    assert_eq!(outcome(&response), refused(401, "NoAuthenticationInformation"));
    let other = azure.token("https://management.azure.com").await;
    let response = request(&azure, &lease, &headers).bearer_auth(other).send().await.unwrap();
    assert_eq!(outcome(&response), refused(401, "InvalidAuthenticationInfo"));
    assert!(response.headers()["www-authenticate"].to_str().unwrap().contains("https://storage.azure.com"));

    let everything = || Grant::everything_needed(azure.account.as_str());
    let denied = refused(403, "AuthorizationPermissionMismatch");
    azure.world().set_grants(vec![everything().without(WRITE_BLOBS)]);
    assert_eq!(acquire(&azure, OURS, "60").await, denied);
    assert_eq!(make_blob(&azure).await, denied);
    assert_eq!(make_container(&azure).await.0, 409);
    azure.world().set_grants(vec![everything().without(WRITE_CONTAINERS)]);
    assert_eq!(make_container(&azure).await, denied);
    assert_eq!(acquire(&azure, OURS, "60").await, created(""));
    azure.world().set_grants(vec![Grant::everything_needed("/subscriptions/other")]);
    assert_eq!(with_id(&azure, "renew", OURS).await, denied);
}

#[tokio::test]
async fn a_live_key_opens_the_same_doors() {
    let azure = with_blob().await;
    let acquire =
        [("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", "60"), ("x-ms-proposed-lease-id", OURS)];
    let key = azure.world().key_value(ACCOUNT, KeyName::Key2);
    assert_eq!(signed(&azure, &key, &acquire).await, created(""));
    let renew = [("x-ms-lease-action", "renew"), ("x-ms-lease-id", OURS)];
    assert_eq!(signed(&azure, &key, &renew).await.0, 200);
    azure.world().regenerate_outside(ACCOUNT, KeyName::Key2);
    assert_eq!(signed(&azure, &key, &renew).await, refused(403, "AuthenticationFailed"));
    azure.world().allow_shared_key(ACCOUNT, Some(false));
    let key = azure.world().key_value(ACCOUNT, KeyName::Key1);
    assert_eq!(signed(&azure, &key, &renew).await, refused(403, "KeyBasedAuthenticationNotPermitted"));
}

/// An operation on the lease, with a signature.
async fn signed(azure: &Azure, key: &KeyValue, headers: Headers<'_>) -> (u16, String) {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = OffsetDateTime::from(std::time::SystemTime::now()).format(&format).unwrap();
    let mut own = [headers, &[("x-ms-date", date.as_str()), ("x-ms-version", "2024-08-04")]].concat();
    own.sort_unstable();
    let own: String = own.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let text = format!("PUT{}{own}/{ACCOUNT}{BLOB}\ncomp:lease", "\n".repeat(12));
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(key.expose()).unwrap()).unwrap();
    mac.update(text.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let request = request(azure, &format!("{BLOB}?comp=lease"), headers).header("x-ms-date", &date);
    let request = request.header("authorization", format!("SharedKey {ACCOUNT}:{signature}"));
    outcome(&request.send().await.unwrap())
}
