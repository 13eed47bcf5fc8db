//! One rotation of an account at a time, over all instances of the app, by a lease in its storage.

use std::time::{Duration, Instant};

use azure_sandbox::functions_host::{FunctionsHost, InvocationOutcome};
use azure_sandbox::{AccountSetup, HeldKey, KeyName, SecretSetup, WorkspaceSetup, World};
use azurite::Azurite;
use time::Duration as Span;

use crate::stage::{ACCOUNT, GROUP, HOST_STORAGE, Place, SECRET, SUBSCRIPTION, Stage, VAULT};

const PATIENCE: Duration = Duration::from_secs(60);
const CONTAINER: &str = "aml-key-rotator-leases";
const WAITS: &str = "another run has the lease of storage account `stml`: waiting for it";

fn message(secret: &str) -> String {
    format!(r#"{{"vault":"{VAULT}","secret":"{secret}","askedBy":"a test"}}"#)
}

/// Somebody has the lease, and is never heard of again.
fn leased(world: &World, _: &Place) {
    world.lease_blob_outside(HOST_STORAGE, CONTAINER, ACCOUNT);
}

fn is_leased(stage: &Stage, account: &str) -> bool {
    stage.world().is_leased(HOST_STORAGE, CONTAINER, account)
}

fn says(host: &FunctionsHost, text: &str) -> bool {
    host.log().iter().any(|line| line.text.contains(text))
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[track_caller]
fn rotated_once(stage: &Stage) {
    assert_eq!((stage.regenerations(), stage.published(), stage.secret().versions), (1, HeldKey::Key2, 2));
    assert_eq!(stage.datastore("workspacefilestore"), HeldKey::Key2);
    stage.check();
}

#[tokio::test]
async fn two_instances_with_the_same_message_rotate_once() {
    let stage = Stage::start(leased).await;
    let other = stage.another_host().await;
    for host in [&stage.host, &other] {
        host.enqueue("rotations", &message(SECRET));
    }
    // Both have seen a target that is due by now.
    until("both waiting", || says(&stage.host, WAITS) && says(&other, WAITS)).await;
    assert_eq!(stage.writes(), Vec::<String>::new());
    stage.world().age(Span::minutes(1));
    stage.settle().await;
    other.wait_until_idle(PATIENCE).await.unwrap();
    let outcomes = [stage.host.invocations(), other.invocations()].concat();
    assert_eq!(outcomes.len(), 2);
    assert!(outcomes.iter().all(|each| each.outcome == InvocationOutcome::Succeeded));
    let published = |host: &FunctionsHost| says(host, "published `key2`");
    assert!(published(&stage.host) != published(&other), "one of them found it done");
    assert!(!is_leased(&stage, ACCOUNT));
    rotated_once(&stage);
}

#[tokio::test]
async fn messages_for_different_accounts_are_worked_on_at_once() {
    let stage = Stage::start(|world, _| {
        world.adjust(|behaviour| behaviour.resync_duration = Duration::from_secs(1));
        let account = world.add_storage_account(
            AccountSetup::new(SUBSCRIPTION, GROUP, "stother")
                .key_ages(Some(Span::days(61)), Some(Span::days(121))),
        );
        world.add_workspace(WorkspaceSetup::new(SUBSCRIPTION, GROUP, "ws-other", &account));
        let secret = SecretSetup::of_key(VAULT, "other-key", "stother", KeyName::Key1)
            .tag("CredentialId", "key1")
            .tag("ProviderAddress", &account)
            .tag("ValidityPeriodDays", "90")
            .expires_in(Span::days(29));
        world.put_secret(secret.made_ago(Span::days(61)));
    })
    .await;
    for secret in [SECRET, "other-key"] {
        stage.host.enqueue("rotations", &message(secret));
    }
    until("both at work", || is_leased(&stage, ACCOUNT) && is_leased(&stage, "stother")).await;
    stage.settle().await;
    assert_eq!(stage.regenerations(), 2);
    stage.check();
}

#[tokio::test]
async fn an_orphaned_handler_goes_on_under_its_lease_and_no_second_rotation_starts() {
    let stage = Stage::start(|world, _| {
        world.adjust(|behaviour| behaviour.resync_duration = Duration::from_secs(3));
    })
    .await;
    let other = stage.another_host().await;
    stage.announce(&stage.secret()).await;
    stage.until("a regeneration", |stage| stage.regenerations() == 1).await;
    let Stage { sandbox, host, no_leaks, .. } = stage;
    let orphan = host.abandon().await.unwrap();
    other.enqueue("rotations", &message(SECRET));
    other.wait_until_idle(PATIENCE).await.unwrap();
    assert!(orphan.process_id().is_some());
    assert!(says(&other, WAITS), "it had to wait for the orphan");
    assert!(!says(&other, "published `key2`"), "the orphan had done it by then");
    assert_eq!(sandbox.call_count("StorageAccounts_RegenerateKey"), 1);
    assert_eq!(sandbox.world().secret(VAULT, SECRET).unwrap().versions, 2);
    assert!(sandbox.world().violations().is_empty());
    drop((orphan, no_leaks));
}

/// Settings of storage that is entered by the managed identity with that client id, named by its three addresses.
fn by_addresses(client_id: &str) -> Vec<(String, String)> {
    let address = |service: &str| format!("https://{HOST_STORAGE}.{service}.core.windows.net");
    let settings = [
        ("AzureWebJobsStorage__accountName", String::new()),
        ("AzureWebJobsStorage__blobServiceUri", address("blob")),
        ("AzureWebJobsStorage__queueServiceUri", address("queue")),
        ("AzureWebJobsStorage__tableServiceUri", address("table")),
        ("AzureWebJobsStorage__credential", "managedidentity".to_owned()),
        ("AzureWebJobsStorage__clientId", client_id.to_owned()),
    ];
    settings.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

#[tokio::test]
async fn the_storage_is_named_by_its_addresses_and_entered_by_an_identity_of_its_own() {
    let settings = |world: &World| by_addresses(&world.principal().client_id);
    let stage = Stage::start_in(|_, _| {}, settings, Duration::ZERO).await;
    stage.near_expiry().await;
    let calls = stage.sandbox.calls();
    let tokens: Vec<&str> = calls
        .iter()
        .filter(|call| call.operation == "ManagedIdentity_Token")
        .map(|call| call.url.as_str())
        .collect();
    let for_storage = |url: &&&str| url.contains("storage.azure.com");
    assert!(tokens.iter().filter(for_storage).count() > 0, "{tokens:?}");
    // The rest of the work is done with the app's own identity.
    assert!(
        tokens.iter().all(|url| url.contains("client_id=") == url.contains("storage.azure.com")),
        "{tokens:?}"
    );
    rotated_once(&stage);
}

#[tokio::test]
async fn an_identity_that_the_app_does_not_have_is_said() {
    let stage = Stage::start_in(|_, _| {}, |_| by_addresses("another"), Duration::ZERO).await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (0, HeldKey::Key1));
    stage.assert_logged("ERROR", "blocked", "take the lease `https://sthost.blob.core.windows.net/");
    stage.assert_logged("ERROR", "blocked", "`AzureWebJobsStorage__clientId`");
    stage.check();
}

fn by_key(world: &World) -> Vec<(String, String)> {
    let key = world.key_value(HOST_STORAGE, KeyName::Key1);
    let text = format!(
        "DefaultEndpointsProtocol=https;AccountName={HOST_STORAGE};AccountKey={};EndpointSuffix=core.windows.net",
        key.expose()
    );
    // The most talkative log must not give the key away either.
    let settings = [("AzureWebJobsStorage", text.as_str()), ("ROTATOR_LOG", "trace")];
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

#[tokio::test]
async fn the_storage_is_entered_by_the_key_of_a_connection_string_and_a_dead_one_is_said() {
    let stage = Stage::start_in(|_, _| {}, by_key, Duration::ZERO).await;
    stage.near_expiry().await;
    assert!(stage.sandbox.call_count("Blob_AcquireLease") > 0 && !is_leased(&stage, ACCOUNT));
    assert!(stage.sandbox.calls().iter().all(|call| !call.url.contains("storage.azure.com")));
    rotated_once(&stage);

    let stage = Stage::start_in(|_, _| {}, by_key, Duration::ZERO).await;
    stage.world().regenerate_outside(HOST_STORAGE, KeyName::Key1);
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 0);
    stage.assert_logged("ERROR", "blocked", "AuthenticationFailed");
    stage.assert_logged("ERROR", "blocked", "put a live key of that account into the connection string");
    stage.check();
}

#[tokio::test]
async fn an_emulator_will_do_for_the_leases() {
    let azurite = Azurite::start().await.unwrap_or_else(|error| panic!("{error}"));
    let text = format!(
        "DefaultEndpointsProtocol=http;AccountName={};AccountKey={};BlobEndpoint={}",
        azurite::ACCOUNT,
        azurite::KEY,
        azurite.blob_endpoint()
    );
    let stage =
        Stage::start_in(|_, _| {}, |_| vec![("AzureWebJobsStorage".to_owned(), text)], Duration::ZERO).await;
    stage.near_expiry().await;
    stage.assert_logged("INFO", "lease", "released the lease of storage account `stml`");
    assert_eq!(stage.sandbox.call_count("Blob_AcquireLease"), 0);
    rotated_once(&stage);
}
