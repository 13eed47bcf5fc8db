//! The leases against Azurite, a blob server that nobody here wrote.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::base64;
use azure_core::credentials::{AccessToken, TokenRequestOptions};
use azure_core::http::HttpClient;
use azure_storage_blob::models::BlobClientBreakLeaseOptions;
use azurite::{Azurite, Certificate};
use serde_json::json;
use time::macros::datetime;

use super::*;
use crate::azure::host_storage::{BlobService, StorageIdentity};
use crate::azure::http_client::{ANSWER_LIMIT, http_client};
use crate::clock::Clock;

const MINUTE: Duration = Duration::from_secs(60);

fn leases(storage: &HostStorage, http: Arc<dyn HttpClient>) -> BlobLeases {
    let now = Clock::system().as_fn();
    BlobLeases::new(&Cloud::public(), storage, Transport::new(http), Arc::new(Token), now).unwrap()
}

/// All that is asked of a blob service, in the order of a rotation, and what comes between.
async fn the_whole_life_of_a_lease(leases: &BlobLeases) {
    let account = Name::new("stML");
    let [ours, theirs] = [Uuid::new_v4(), Uuid::new_v4()];
    let acquire = async |id| leases.acquire(&account, id, MINUTE).await.unwrap();
    let lost = |why: &str| Renewal::Lost { why: why.to_owned() };

    assert_eq!(acquire(ours).await, Acquisition::NoContainer);
    assert!(!leases.find_container().await.unwrap());
    leases.create_container().await.unwrap();
    leases.create_container().await.unwrap();
    assert!(leases.find_container().await.unwrap());
    assert_eq!(acquire(ours).await, Acquisition::NoBlob);
    leases.create_blob(&account).await.unwrap();
    leases.create_blob(&account).await.unwrap();

    assert_eq!(acquire(ours).await, Acquisition::Acquired);
    // As after an answer that was lost.
    assert_eq!(acquire(ours).await, Acquisition::Acquired);
    assert_eq!(acquire(theirs).await, Acquisition::Taken);
    leases.create_blob(&account).await.unwrap();
    assert_eq!(leases.renew(&account, ours).await.unwrap(), Renewal::Renewed);
    let mismatch = lost("409 LeaseIdMismatchWithLeaseOperation");
    assert_eq!(leases.renew(&account, theirs).await.unwrap(), mismatch);

    leases.release(&account, ours).await.unwrap();
    assert_eq!(leases.renew(&account, ours).await.unwrap(), mismatch);
    assert_eq!(acquire(theirs).await, Acquisition::Acquired);
    assert_eq!(leases.renew(&account, ours).await.unwrap(), mismatch);
    leases.release(&account, ours).await.unwrap_err();

    // An operator ends what goes on.
    let at_once = BlobClientBreakLeaseOptions { break_period: Some(0), ..Default::default() };
    leases.blob(&account).break_lease(Some(at_once)).await.unwrap();
    let broken = lost("409 LeaseIsBrokenAndCannotBeRenewed");
    assert_eq!(leases.renew(&account, theirs).await.unwrap(), broken);
    assert_eq!(acquire(ours).await, Acquisition::Acquired);
    leases.release(&account, ours).await.unwrap();
    leases.blob(&account).delete(None).await.unwrap();
    assert_eq!(leases.renew(&account, ours).await.unwrap(), lost("404 BlobNotFound"));
}

#[tokio::test]
async fn a_key_in_a_connection_string_opens_it() {
    let azurite = Azurite::start().await.unwrap_or_else(|error| panic!("{error}"));
    let emulator = HostStorage::of_connection_string("UseDevelopmentStorage=true").unwrap();
    let endpoint = azurite.blob_endpoint();
    // The emulator's account and key, at another port than the usual one, which may be taken.
    let emulator = HostStorage { blobs: BlobService::At(endpoint.parse().unwrap()), ..emulator };
    let leases = leases(&emulator, http_client(ANSWER_LIMIT).unwrap());
    the_whole_life_of_a_lease(&leases).await;

    let wrong = format!("AccountName=devstoreaccount1;AccountKey=RkFLRQ==;BlobEndpoint={endpoint}");
    let wrong = HostStorage::of_connection_string(&wrong).unwrap();
    let refused =
        self::leases(&wrong, http_client(ANSWER_LIMIT).unwrap()).create_container().await.unwrap_err();
    assert!(refused.is_forbidden() && !refused.is_passing(), "{refused:?}");
}

#[tokio::test]
async fn a_token_opens_it() {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let pem = Certificate { certificate: certificate.pem(), key: key.serialize_pem() };
    let azurite = Azurite::start_with_tokens(&pem).await.unwrap_or_else(|error| panic!("{error}"));
    let root = reqwest::Certificate::from_pem(pem.certificate.as_bytes()).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([root]).no_proxy().build().unwrap();
    let storage = HostStorage::at_address(&azurite.blob_endpoint(), StorageIdentity::SameAsApp).unwrap();
    the_whole_life_of_a_lease(&leases(&storage, Arc::new(http))).await;
}

/// A token for storage, which Azurite takes without a look at its signature.
#[derive(Debug)]
struct Token;

#[async_trait]
impl TokenCredential for Token {
    async fn get_token(
        &self,
        scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, ["https://storage.azure.com/.default"]);
        let now = Clock::system().now().unix_timestamp();
        let claims = json!({
            "aud": "https://storage.azure.com",
            "iss": "https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/",
            "iat": now - 60,
            "nbf": now - 60,
            "exp": now + 600,
        });
        let part = |text: String| base64::encode_url_safe(text).trim_end_matches('=').to_owned();
        let token = format!(
            "{}.{}.c2ln",
            part(json!({"alg": "none", "typ": "JWT"}).to_string()),
            part(claims.to_string())
        );
        Ok(AccessToken::new(token, datetime!(2999-01-01 0:00 UTC)))
    }
}
