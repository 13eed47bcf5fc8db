use std::sync::Arc;

use axum::response::Response;
use azure_core::credentials::TokenCredential;
use azure_core::http::Transport;
use rotation::{Name, Scope};
use secrecy::ExposeSecret;
use serde_json::json;

use super::{Choice, CredentialSettings, NoCredential, credential, storage_credential};
use crate::azure::in_process::{FakeCredential, InProcess, LeaseStore, Received, answer, json, lost};
use crate::azure::{Azure, AzureError, Cause, Cloud, StorageIdentity};

fn platform() -> CredentialSettings {
    CredentialSettings {
        identity_endpoint: Some("http://127.0.0.1/msi".into()),
        identity_header: Some("h34d3r".into()),
        runs_in_azure: true,
        ..CredentialSettings::default()
    }
}

fn client() -> CredentialSettings {
    CredentialSettings {
        tenant_id: Some("t".into()),
        client_id: Some("c".into()),
        client_secret: Some("s3cr3t".into()),
        ..CredentialSettings::default()
    }
}

#[test]
fn the_platforms_identity_comes_first() {
    assert!(matches!(platform().choose(), Ok(Choice::ManagedIdentity { client_id: None })));
    let both = CredentialSettings {
        identity_endpoint: platform().identity_endpoint,
        identity_header: platform().identity_header,
        ..client()
    };
    assert!(matches!(both.choose(), Ok(Choice::ManagedIdentity { client_id: Some("c") })));
}

#[test]
fn a_client_secret_needs_all_three_settings() {
    let chosen = client();
    let Ok(Choice::ClientSecret { tenant_id, client_id, client_secret }) = chosen.choose() else { panic!() };
    assert_eq!((tenant_id, client_id, client_secret.expose_secret()), ("t", "c", "s3cr3t"));
    for incomplete in [
        CredentialSettings { tenant_id: None, ..client() },
        CredentialSettings { client_id: None, ..client() },
        CredentialSettings { client_secret: None, ..client() },
    ] {
        assert!(matches!(incomplete.choose(), Ok(Choice::DeveloperTools)), "{incomplete:?}");
        let in_azure = CredentialSettings { runs_in_azure: true, ..incomplete };
        assert!(matches!(in_azure.choose(), Err(NoCredential::NoIdentity)), "{in_azure:?}");
    }
    let in_azure = CredentialSettings { runs_in_azure: true, ..client() };
    assert!(matches!(in_azure.choose(), Ok(Choice::ClientSecret { .. })));
}

#[test]
fn without_an_identity_the_error_says_what_to_do() {
    let nobody = CredentialSettings { runs_in_azure: true, ..CredentialSettings::default() };
    assert!(matches!(nobody.choose(), Err(NoCredential::NoIdentity)));
    let half = CredentialSettings { identity_header: None, ..platform() };
    assert!(matches!(half.choose(), Err(NoCredential::NoIdentityHeader)));
    assert!(matches!(CredentialSettings::default().choose(), Ok(Choice::DeveloperTools)));
}

#[test]
fn the_storage_of_the_host_has_its_own_identity_where_its_settings_say_so() {
    let (http, _) = InProcess::answering(|_, _| lost());
    let (transport, own) =
        (Transport::new(Arc::new(http)), Arc::new(FakeCredential) as Arc<dyn TokenCredential>);
    let chosen = |settings: &CredentialSettings, identity: StorageIdentity| {
        storage_credential(&Cloud::public(), &transport, settings, &identity, &own)
    };
    let same = chosen(&client(), StorageIdentity::SameAsApp).unwrap();
    assert!(Arc::ptr_eq(&same, &own));
    for identity in [StorageIdentity::SystemAssigned, StorageIdentity::UserAssigned("s".to_owned())] {
        let other = chosen(&platform(), identity.clone()).unwrap();
        assert!(!Arc::ptr_eq(&other, &own));
        // The secret of an application is none of the storage's business.
        assert!(matches!(chosen(&client(), identity), Err(NoCredential::NoStorageIdentity)));
    }
}

#[test]
fn settings_do_not_show_their_secrets() {
    let text = format!("{:?} {:?}", platform(), client());
    assert!(!text.contains("h34d3r") && !text.contains("s3cr3t"), "{text}");
}

/// A read in a national cloud, by a client secret whose token endpoint answers as told.
async fn read_with<F>(token: F) -> (Result<Vec<String>, AzureError>, Vec<String>)
where
    F: Fn() -> Response + Clone + Send + Sync + 'static,
{
    let cloud = Cloud::named("AzureChinaCloud").unwrap();
    let (http, received) = InProcess::answering(move |_, one: &Received| {
        if one.line.contains("login.") { token() } else { json(200, &json!({ "value": [] })) }
    });
    let http = Arc::new(http);
    let credential: Arc<dyn TokenCredential> =
        credential(&cloud, &Transport::new(http.clone()), &client()).unwrap();
    let azure = Azure::over(cloud, http, credential, LeaseStore::default().leases()).unwrap();
    let scope = Scope::Subscription(Name::new("0b1f"));
    let missing = azure.permissions.missing(&scope, &["a"]).await;
    let lines = received.lock().unwrap().iter().map(|one| one.line.clone()).collect();
    (missing, lines)
}

#[tokio::test(start_paused = true)]
async fn tokens_come_from_the_authority_of_the_cloud() {
    let (missing, lines) = read_with(|| {
        json(200, &json!({ "access_token": "a.b.c", "expires_in": 3600, "token_type": "Bearer" }))
    })
    .await;
    missing.unwrap();
    assert_eq!(lines[0], "POST login.chinacloudapi.cn/t/oauth2/v2.0/token");
    assert!(lines[1].starts_with("GET management.chinacloudapi.cn/subscriptions/0b1f/"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_is_not_asked_for_again_and_again() {
    let refused = json!({ "error": "invalid_client", "error_description": "AADSTS7000215: no" });
    let (missing, lines) = read_with(move || json(401, &refused)).await;
    let error = missing.unwrap_err();
    assert!(matches!(error.cause(), Cause::Token { is_passing: false, .. }), "{error:?}");
    assert!(error.cause().to_string().contains("AADSTS7000215"), "{}", error.cause());
    assert!(!format!("{error:?}").contains("s3cr3t"));
    assert_eq!(lines.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_could_not_be_had_may_be_had_later() {
    for fault in [lost as fn() -> Response, || answer(503, &[], "")] {
        let (missing, _) = read_with(fault).await;
        let error = missing.unwrap_err();
        assert!(matches!(error.cause(), Cause::Token { is_passing: true, .. }), "{error:?}");
    }
}
