use azure_sandbox::*;
use serde_json::json;
use time::Duration;

use crate::support::*;

fn url(rest: &str) -> String {
    format!("https://{VAULT}.vault.azure.net/{rest}?api-version=7.5")
}

#[tokio::test]
async fn a_request_without_a_token_is_challenged() {
    let azure = Azure::start().await;
    let response = azure.client.get(url("secrets/stacct-key")).send().await.unwrap();
    assert_eq!(response.status(), 401);
    let tenant = azure.world().principal().tenant_id;
    let expected = format!(
        "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"https://vault.azure.net\""
    );
    assert_eq!(response.headers()["www-authenticate"], expected.as_str());
}

#[tokio::test]
async fn a_new_version_is_current_and_the_old_one_can_still_be_read() {
    let azure = Azure::start().await;
    let (_, old) = azure.get(&url("secrets/stacct-key/")).await;
    assert_eq!(old["value"], azure.world().key_value(ACCOUNT, KeyName::Key1).expose());
    let value = azure.world().key_value(ACCOUNT, KeyName::Key2);
    let body = json!({
        "value": value.expose(),
        "contentType": "text/plain",
        "tags": { "CredentialId": "key2" },
        "attributes": { "exp": 1_900_000_000 },
    });
    let (status, new) = azure.put(&url("secrets/stacct-key"), body).await;
    assert_eq!(status, 200);
    assert_eq!(new["attributes"]["exp"], 1_900_000_000);
    assert_eq!(azure.get(&url("secrets/stacct-key")).await.1, new);
    let version = old["id"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(azure.get(&url(&format!("secrets/stacct-key/{version}"))).await.1, old);
    let (_, versions) = azure.get(&url("secrets/stacct-key/versions")).await;
    assert_eq!(versions["value"].as_array().unwrap().len(), 2);
    assert_eq!(azure.world().leak_in(versions.to_string()), None);
    let (_, list) = azure.get(&url("secrets")).await;
    assert_eq!(list["value"][0]["id"], "https://rotation-vault.vault.azure.net/secrets/stacct-key");
    assert_eq!(azure.world().secret(VAULT, SECRET).unwrap().versions, 2);
}

#[tokio::test]
async fn a_vault_may_show_a_new_version_late() {
    let azure = Azure::start().await;
    azure.world().adjust(|behaviour| behaviour.vault_lag = Duration::minutes(5));
    let (_, old) = azure.get(&url("secrets/stacct-key")).await;
    let value = azure.world().key_value(ACCOUNT, KeyName::Key2);
    let (_, new) = azure.put(&url("secrets/stacct-key"), json!({ "value": value.expose() })).await;
    assert_eq!(azure.get(&url("secrets/stacct-key")).await.1, old);
    let version = new["id"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(azure.get(&url(&format!("secrets/stacct-key/{version}"))).await.1, new);
    // Whoever reads the old one by then has the overlap from then on.
    azure.world().age(Duration::hours(24));
    azure.regenerate(KeyName::Key1).await;
    let is_a_reader = |violation: &Violation| matches!(violation, Violation::ReaderOnDeadKey { .. });
    assert!(azure.world().violations().iter().any(is_a_reader));
    assert_eq!(azure.get(&url("secrets/stacct-key")).await.1["value"], new["value"]);

    let first = azure.put(&url("secrets/another"), json!({ "value": "a value" })).await;
    assert_eq!((first.0, azure.get(&url("secrets/another")).await.0), (200, 404));
}

#[tokio::test]
async fn versions_come_page_by_page() {
    let azure = Azure::start().await;
    for _ in 0..6 {
        azure.world().put_secret(SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key1));
    }
    let mut next = Some(format!("{}&maxresults=3", url("secrets/stacct-key/versions")));
    let mut sizes = Vec::new();
    while let Some(url) = next {
        let (_, page) = azure.get(&url).await;
        sizes.push(page["value"].as_array().unwrap().len());
        next = page["nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(sizes, [3, 3, 1]);
}

#[tokio::test]
async fn an_update_in_place_replaces_tags_and_keeps_the_rest() {
    let azure = Azure::start().await;
    let before = azure.world().secret(VAULT, SECRET).unwrap();
    let url = url(&format!("secrets/stacct-key/{}", before.version));
    let (status, body) = azure.patch(&url, json!({ "tags": { "a": "b" } })).await;
    assert_eq!(status, 200);
    assert!(body.get("value").is_none());
    let after = azure.world().secret(VAULT, SECRET).unwrap();
    assert_eq!(after.tags, [("a".to_owned(), "b".to_owned())].into());
    assert_eq!(
        (after.version, after.expires, after.created),
        (before.version, before.expires, before.created)
    );
    assert!(after.updated > before.updated);
    azure.patch(&url, json!({ "attributes": { "exp": 2_000_000_000 } })).await;
    let expires = azure.world().secret(VAULT, SECRET).unwrap().expires.unwrap();
    assert_eq!(expires.unix_timestamp(), 2_000_000_000);
}

#[tokio::test]
async fn a_role_at_one_secret_opens_no_other_and_lists_none() {
    let azure = Azure::start().await;
    azure.put(&url("secrets/other"), json!({ "value": "x" })).await;
    let vaults =
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.KeyVault/vaults");
    let secret = format!("{vaults}/{VAULT}/secrets/{SECRET}");
    azure.world().set_grants(vec![Grant::everything_needed(secret)]);
    assert_eq!(azure.get(&url("secrets/stacct-key")).await.0, 200);
    assert_eq!(azure.put(&url("secrets/stacct-key"), json!({ "value": "x" })).await.0, 200);
    for forbidden in [azure.get(&url("secrets/other")).await, azure.get(&url("secrets")).await] {
        assert_eq!(forbidden.1["error"]["innererror"]["code"], "ForbiddenByRbac");
    }
}

#[tokio::test]
async fn what_cannot_be_read_or_written_says_why() {
    let azure = Azure::start().await;
    let secret = url("secrets/stacct-key");
    let (status, body) = azure.post(&secret, None).await;
    assert_eq!((status, body["error"]["code"].as_str()), (501, Some("SandboxDoesNotKnow")));
    let inner = |answer: &Answer| answer.1["error"]["innererror"]["code"].clone();

    let empty = azure.send(reqwest::Method::PUT, &secret, None).await;
    assert_eq!(empty.status(), 400);
    assert!(empty.text().await.unwrap().contains("Request body not specified"));

    assert_eq!(code(&azure.get(&url("secrets/none")).await), "SecretNotFound");
    azure.world().enable_secret_outside(VAULT, SECRET, false);
    let disabled = azure.get(&secret).await;
    assert_eq!((disabled.0, inner(&disabled)), (403, json!("SecretDisabled")));
    azure.world().enable_secret_outside(VAULT, SECRET, true);

    assert_eq!(azure.delete(&secret).await.0, 200);
    assert_eq!(azure.get(&secret).await.0, 404);
    assert_eq!(azure.get(&url("deletedsecrets/stacct-key")).await.0, 200);
    let conflict = azure.put(&secret, json!({ "value": "x" })).await;
    assert_eq!((conflict.0, inner(&conflict)), (409, json!("ObjectIsDeletedButRecoverable")));
    assert_eq!(azure.post(&url("deletedsecrets/stacct-key/recover"), None).await.0, 200);
    assert_eq!(azure.get(&secret).await.0, 200);

    let grant = Grant::everything_needed("/").without("Microsoft.KeyVault/vaults/secrets/getSecret/action");
    azure.world().set_grants(vec![grant]);
    let forbidden = azure.get(&secret).await;
    assert_eq!((forbidden.0, inner(&forbidden)), (403, json!("ForbiddenByRbac")));
}

#[tokio::test]
async fn a_secret_that_is_deleted_is_a_violation() {
    let azure = Azure::start().await;
    assert_eq!(azure.delete(&url("secrets/none")).await.0, 404);
    assert_eq!(azure.world().violations(), []);
    assert_eq!(azure.delete(&url("secrets/STACCT-KEY")).await.0, 200);
    let holder = Dependent::Secret { vault: VAULT.to_owned(), name: SECRET.to_owned() };
    assert_eq!(azure.world().violations(), [Violation::Deleted { holder }]);
}

#[tokio::test]
async fn readers_keep_the_overlap_to_move_in() {
    let azure = Azure::start().await;
    let value = azure.world().key_value(ACCOUNT, KeyName::Key2);
    azure.put(&url("secrets/stacct-key"), json!({ "value": value.expose() })).await;
    azure.world().set_datastore_key_outside(&azure.workspace, "workspaceblobstore", ACCOUNT, KeyName::Key2);
    azure.world().age(Duration::hours(23));
    azure.regenerate(KeyName::Key1).await;
    let violations = azure.world().violations();
    assert!(
        matches!(&violations[..], [Violation::ReaderOnDeadKey { key: Some(KeyName::Key1), .. }]),
        "{violations:?}"
    );
}

#[tokio::test]
async fn whoever_reads_a_dead_key_is_exposed_until_another_is_published() {
    let azure = Azure::start().await;
    let secret = Dependent::Secret { vault: VAULT.to_owned(), name: SECRET.to_owned() };
    azure.regenerate(KeyName::Key1).await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let value = azure.world().key_value(ACCOUNT, KeyName::Key2);
    azure.put(&url("secrets/stacct-key"), json!({ "value": value.expose() })).await;
    let exposure = azure.world().exposure()[&secret];
    assert!(exposure >= std::time::Duration::from_millis(50), "{exposure:?}");
    assert_eq!(azure.world().exposure()[&secret], exposure, "it is over");
    azure.world().reset_exposure();
    azure.world().regenerate_outside(ACCOUNT, KeyName::Key2);
    assert!(!azure.world().exposure().contains_key(&secret), "it is excused");
}

#[tokio::test]
async fn after_the_overlap_the_old_key_may_die() {
    let azure = Azure::start().await;
    let value = azure.world().key_value(ACCOUNT, KeyName::Key2);
    azure.put(&url("secrets/stacct-key"), json!({ "value": value.expose() })).await;
    azure.world().set_datastore_key_outside(&azure.workspace, "workspaceblobstore", ACCOUNT, KeyName::Key2);
    azure.world().age(Duration::hours(25));
    azure.regenerate(KeyName::Key1).await;
    assert_eq!(azure.world().violations(), []);
}

#[tokio::test]
async fn a_deleted_secret_is_listed_until_it_is_purged() {
    let azure = Azure::start().await;
    let deleted = async || {
        let (status, page) = azure.get(&url("deletedsecrets")).await;
        assert_eq!(status, 200);
        page["value"].as_array().unwrap().iter().map(|one| one["recoveryId"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(azure.delete(&url("deletedsecrets/stacct-key")).await.0, 404, "it is not deleted");
    azure.delete(&url("secrets/stacct-key")).await;
    assert_eq!(deleted().await, [json!(format!("https://{VAULT}.vault.azure.net/deletedsecrets/{SECRET}"))]);
    let grant = Grant::everything_needed("/").without("Microsoft.KeyVault/vaults/secrets/purge/action");
    azure.world().set_grants(vec![grant]);
    assert_eq!(azure.delete(&url("deletedsecrets/stacct-key")).await.0, 403);
    azure.world().set_grants(vec![Grant::everything_needed("/")]);
    assert_eq!(azure.delete(&url("deletedsecrets/stacct-key")).await.0, 204);
    assert_eq!(deleted().await, [] as [serde_json::Value; 0]);
    assert_eq!(azure.put(&url("secrets/stacct-key"), json!({ "value": "anew" })).await.0, 200);
}
