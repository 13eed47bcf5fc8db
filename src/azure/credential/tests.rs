use std::sync::Arc;

use axum::response::Response;
use azure_core::credentials::TokenCredential;
use azure_core::http::Transport;
use rotation::{Name, Scope};
use serde_json::json;

use super::{Choice, NoCredential, choose, credential};
use crate::azure::in_process::{InProcess, Received, answer, json, lost};
use crate::azure::{Azure, AzureError, Cause, Cloud};

const PLATFORM: [(&str, &str); 3] =
    [("IDENTITY_ENDPOINT", "http://127.0.0.1/msi"), ("IDENTITY_HEADER", "h"), ("WEBSITE_INSTANCE_ID", "i")];
const CLIENT: [(&str, &str); 3] =
    [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "s3cr3t")];

fn lookup(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    move |name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    }
}

fn choice(variables: &[(&str, &str)]) -> Result<Choice, NoCredential> {
    choose(&lookup(variables))
}

#[test]
fn the_platforms_identity_comes_first() {
    assert_eq!(choice(&PLATFORM).unwrap(), Choice::ManagedIdentity { client_id: None });
    let all = [&PLATFORM[..], &CLIENT[..]].concat();
    assert_eq!(choice(&all).unwrap(), Choice::ManagedIdentity { client_id: Some("c".into()) });
}

#[test]
fn a_client_secret_needs_all_three_variables() {
    let complete = Choice::ClientSecret { tenant_id: "t".into(), client_id: "c".into() };
    assert_eq!(choice(&CLIENT).unwrap(), complete);
    assert_eq!(choice(&CLIENT[..2]).unwrap(), Choice::DeveloperTools);
    let blank = [CLIENT[0], CLIENT[1], ("AZURE_CLIENT_SECRET", "")];
    assert_eq!(choice(&blank).unwrap(), Choice::DeveloperTools);
}

#[test]
fn without_an_identity_the_error_says_what_to_do() {
    assert!(matches!(choice(&PLATFORM[2..]), Err(NoCredential::NoIdentity)));
    assert!(matches!(choice(&PLATFORM[..1]), Err(NoCredential::NoIdentityHeader)));
    assert_eq!(choice(&[]).unwrap(), Choice::DeveloperTools);
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
        credential(&cloud, &Transport::new(http.clone()), &lookup(&CLIENT)).unwrap();
    let azure = Azure::over(cloud, http, credential).unwrap();
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
