use std::collections::BTreeMap;

use axum::response::Response;
use rotation::{Name, SecretId};
use serde_json::{Value, json};
use time::macros::datetime;

use super::NewVersion;
use crate::azure::in_process::{KEY1, Received, Served, answer, json, lost, refused};
use crate::azure::{AccessKey, AzureError, Cause, Cloud};

const VERSION: &str = "0123456789abcdef0123456789abcdef";

fn secret() -> SecretId {
    SecretId::new("kv-ml", "storage-key").unwrap()
}

fn stored() -> Value {
    json!({
        "id": format!("https://kv-ml.vault.azure.net/secrets/storage-key/{VERSION}"),
        "value": KEY1,
        "contentType": "text/plain",
        "tags": { "CredentialId": "key1" },
        "attributes": { "enabled": true, "created": 1_795_435_200, "updated": 1_795_435_201, "exp": 1_800_000_000 },
    })
}

/// What a vault answers to whoever has no token.
fn challenge() -> Response {
    let value =
        r#"Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net""#;
    answer(401, &[("www-authenticate", value)], "")
}

/// A vault that asks for a token and then answers as told.
fn vault<F>(answer: F) -> Served
where
    F: Fn(usize, &Received) -> Response + Clone + Send + Sync + 'static,
{
    Served::by(move |number, one| if one.is_authorized { answer(number, one) } else { challenge() })
}

async fn set(served: &Served) -> Result<String, AzureError> {
    let value = AccessKey::new(KEY1);
    let version = NewVersion {
        value: &value,
        tags: BTreeMap::from([("CredentialId".to_owned(), "key1".to_owned())]),
        content_type: Some("text/plain".to_owned()),
        expires: Some(datetime!(2027-02-21 12:00 UTC)),
    };
    served.azure.key_vaults.set(&secret(), version).await
}

#[tokio::test]
async fn a_secret_is_read_with_all_that_belongs_to_it() {
    let served = vault(|_, _| json(200, &stored()));
    let found = served.azure.key_vaults.get(&secret()).await.unwrap();
    assert_eq!((found.version.as_str(), found.value.expose()), (VERSION, KEY1));
    assert_eq!(found.tags, BTreeMap::from([("CredentialId".to_owned(), "key1".to_owned())]));
    assert_eq!(found.content_type.as_deref(), Some("text/plain"));
    assert_eq!(found.created, Some(datetime!(2026-11-23 12:00 UTC)));
    assert_eq!(found.expires.unwrap().unix_timestamp(), 1_800_000_000);
    assert!(!format!("{found:?}").contains(&KEY1[..20]));
    assert_eq!(found.updated, Some(datetime!(2026-11-23 12:00:01 UTC)));
    served.azure.key_vaults.get(&secret()).await.unwrap();
    served.azure.key_vaults.get_version(&secret(), VERSION).await.unwrap();
    let lines = served.lines();
    assert_eq!(lines.len(), 4, "one challenge in the life of a client: {lines:?}");
    assert_eq!(lines[2], "GET kv-ml.vault.azure.net/secrets/storage-key/?api-version=2025-07-01");
    let of_version =
        format!("GET kv-ml.vault.azure.net/secrets/storage-key/{VERSION}?api-version=2025-07-01");
    assert_eq!(lines[3], of_version);
    assert!(served.azure.key_vaults.get_version(&secret(), "../other").await.is_err());
}

/// The SDK gives its token only to a vault below the domain that the challenge names.
#[tokio::test]
async fn a_vault_is_read_in_each_cloud_and_gets_no_token_for_another() {
    for (name, domain) in [
        ("AzureCloud", "vault.azure.net"),
        ("AzureUSGovernment", "vault.usgovcloudapi.net"),
        ("AzureChinaCloud", "vault.azure.cn"),
    ] {
        for asked_for in ["vault.azure.net", "vault.usgovcloudapi.net", "vault.azure.cn"] {
            let cloud = Cloud::named(name).unwrap();
            let served = Served::in_cloud(cloud, move |_, one| {
                if one.is_authorized {
                    return json(200, &stored());
                }
                let challenge = format!("Bearer authorization=\"x\", resource=\"https://{asked_for}\"");
                answer(401, &[("www-authenticate", &challenge)], "")
            });
            let found = served.azure.key_vaults.get(&secret()).await;
            assert_eq!(found.is_ok(), asked_for == domain, "{name} {asked_for}");
            let received = served.received();
            assert!(received.iter().all(|one| one.line.starts_with(&format!("GET kv-ml.{domain}/"))));
            assert_eq!(received.iter().any(|one| one.is_authorized), asked_for == domain);
        }
    }
}

#[tokio::test]
async fn a_version_is_made_in_one_request() {
    let served = vault(|_, _| json(200, &stored()));
    assert_eq!(set(&served).await.unwrap(), VERSION);
    let received = served.received();
    let writes: Vec<_> = received.iter().filter(|one| one.line.starts_with("PUT")).collect();
    assert_eq!(writes.len(), 1);
    assert_eq!(
        serde_json::from_str::<Value>(&writes[0].body).unwrap(),
        json!({
            "value": KEY1,
            "contentType": "text/plain",
            "tags": { "CredentialId": "key1" },
            "attributes": { "exp": datetime!(2027-02-21 12:00 UTC).unix_timestamp() },
        })
    );
}

/// The SDK sends the first request of a client without its body, and again without it after a fault.
#[tokio::test(start_paused = true)]
async fn the_first_write_of_a_client_survives_what_made_no_version_with_its_body() {
    for fault in [refused as fn() -> Response, || answer(429, &[("retry-after", "1")], "")] {
        let served = Served::by(move |number, one| {
            let writes_so_far = number;
            match (one.line.starts_with("PUT"), one.is_authorized) {
                // A challenge, then a read of a secret that does not exist yet, then the first write.
                (true, _) if writes_so_far == 2 => fault(),
                (_, false) => challenge(),
                (true, true) if one.body.is_empty() => answer(400, &[], ""),
                (true, true) => json(200, &stored()),
                (false, true) => answer(404, &[], ""),
            }
        });
        assert_eq!(set(&served).await.unwrap(), VERSION);
        let writes: Vec<_> =
            served.received().into_iter().filter(|one| one.line.starts_with("PUT")).collect();
        assert_eq!(writes.len(), 2);
        assert!(writes.iter().all(|one| one.is_authorized && one.body.contains(KEY1)));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_as_long_as_the_vault_cannot_be_read() {
    let served = vault(|_, _| answer(503, &[], ""));
    set(&served).await.unwrap_err();
    assert!(served.lines().iter().all(|line| line.starts_with("GET")));
}

#[tokio::test(start_paused = true)]
async fn a_write_is_not_waited_for_for_ever() {
    let served = vault(|_, one| match one.line.starts_with("PUT") {
        true => answer(429, &[("retry-after", "60")], ""),
        false => json(200, &stored()),
    });
    let start = tokio::time::Instant::now();
    assert!(set(&served).await.unwrap_err().is_uncertain());
    assert_eq!(start.elapsed().as_secs(), 20);
}

#[tokio::test]
async fn tags_and_expiry_are_put_right_in_place() {
    let served = vault(|_, _| json(200, &stored()));
    let tags = BTreeMap::from([("CredentialId".to_owned(), "key2".to_owned())]);
    let expires = Some(datetime!(2027-02-21 12:00 UTC));
    served.azure.key_vaults.update_tags_and_expiry(&secret(), VERSION, tags, expires).await.unwrap();
    let received = served.received();
    let write = received.last().unwrap();
    assert_eq!(
        write.line,
        format!("PATCH kv-ml.vault.azure.net/secrets/storage-key/{VERSION}?api-version=2025-07-01")
    );
    assert_eq!(
        serde_json::from_str::<Value>(&write.body).unwrap(),
        json!({
            "tags": { "CredentialId": "key2" },
            "attributes": { "exp": datetime!(2027-02-21 12:00 UTC).unix_timestamp() }
        })
    );
    let error =
        served.azure.key_vaults.update_tags_and_expiry(&secret(), "../x", BTreeMap::new(), None).await;
    error.unwrap_err();
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let read = async |status: u16, code: &str, inner: &str| {
        let body = json!({ "error": { "code": code, "message": "m", "innererror": { "code": inner } } });
        let served = vault(move |_, _| json(status, &body));
        served.azure.key_vaults.get(&secret()).await.unwrap_err()
    };
    let gone = read(404, "SecretNotFound", "").await;
    assert!(gone.is_not_found() && !gone.is_forbidden());
    let disabled = read(403, "Forbidden", "SecretDisabled").await;
    assert!(disabled.is_secret_disabled() && !disabled.is_forbidden());
    for inner in ["ForbiddenByRbac", "ForbiddenByPolicy", "ForbiddenByFirewall"] {
        let error = read(403, "Forbidden", inner).await;
        assert!(error.is_forbidden() && !error.is_secret_disabled());
        assert_eq!(error.is_behind_firewall(), inner == "ForbiddenByFirewall");
    }

    let body = json!({ "error": { "code": "Conflict", "message": "m", "innererror": { "code": "ObjectIsDeletedButRecoverable" } } });
    let served = vault(move |_, one| match one.line.starts_with("PUT") {
        true => json(409, &body),
        false => answer(404, &[], ""),
    });
    let error = set(&served).await.unwrap_err();
    assert!(error.is_soft_deleted() && !error.is_passing() && !error.is_uncertain(), "{error:?}");
}

#[tokio::test]
async fn no_error_shows_a_value() {
    let said = format!("the value '{KEY1}' is odd");
    for body in [
        json!({ "error": { "code": "BadParameter", "message": said } }),
        json!([KEY1]),
        json!({ "value": [KEY1] }),
    ] {
        for status in [200, 400] {
            let body = body.clone();
            let served = vault(move |_, _| json(status, &body));
            for error in
                [served.azure.key_vaults.get(&secret()).await.unwrap_err(), set(&served).await.unwrap_err()]
            {
                let text = format!("{error} {} {error:?} {:?}", error.cause(), served.azure);
                assert!(!text.contains(&KEY1[..20]), "{text}");
            }
        }
    }
}

fn listed(id: &str, is_enabled: bool) -> Value {
    json!({
        "id": format!("https://kv-ml.vault.azure.net/secrets/{id}"),
        "tags": { "CredentialId": "key1" },
        "attributes": { "enabled": is_enabled },
    })
}

#[tokio::test]
async fn the_secrets_of_a_vault_are_listed_to_the_end() {
    let served = vault(|_, one| match one.line.contains("skiptoken") {
        false => json(
            200,
            &json!({
                "value": [listed("a", true)],
                "nextLink": "https://kv-ml.vault.azure.net/secrets?$skiptoken=x"
            }),
        ),
        true => json(200, &json!({ "value": [listed("b", false)], "nextLink": null })),
    });
    let found = served.azure.key_vaults.list(&Name::new("KV-ml")).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].id, SecretId::new("kv-ml", "a").unwrap());
    assert!(found[0].is_enabled && !found[1].is_enabled);
    assert_eq!(found[1].tags["CredentialId"], "key1");
}

#[tokio::test]
async fn the_versions_of_a_secret_are_listed_to_the_end() {
    let served = vault(|_, one| match one.line.contains("skiptoken") {
        false => json(
            200,
            &json!({
                "value": [listed("storage-key/a", true)],
                "nextLink": "https://kv-ml.vault.azure.net/secrets/storage-key/versions?$skiptoken=x"
            }),
        ),
        true => json(200, &json!({ "value": [listed("storage-key/b", false)], "nextLink": null })),
    });
    let found = served.azure.key_vaults.list_versions(&secret()).await.unwrap();
    let found: Vec<_> = found.iter().map(|found| (found.version.as_str(), found.is_enabled)).collect();
    assert_eq!(found, [("a", true), ("b", false)]);
    assert!(served.lines()[1].starts_with("GET kv-ml.vault.azure.net/secrets/storage-key/versions?"));
}

#[tokio::test]
async fn what_cannot_be_the_name_of_a_version_is_not_taken_for_one_and_not_shown() {
    let version = KEY1.replace(|odd: char| !odd.is_ascii_alphanumeric(), "");
    let mut odd = stored();
    odd["id"] = json!(format!("https://kv-ml.vault.azure.net/secrets/storage-key/{version}"));
    let body = odd.clone();
    let served = vault(move |_, one| match one.line.contains("/versions") {
        false => json(200, &body),
        true => json(200, &json!({ "value": [{ "id": body["id"], "attributes": {} }] })),
    });
    let vaults = &served.azure.key_vaults;
    let errors = [
        vaults.get(&secret()).await.unwrap_err(),
        vaults.list_versions(&secret()).await.unwrap_err(),
        set(&served).await.unwrap_err(),
    ];
    for error in &errors {
        assert!(!format!("{error} {error:?}").contains(&version[..20]));
    }
    assert!(errors[2].is_uncertain(), "the version may have been made all the same");
}

#[tokio::test]
async fn a_page_without_its_items_is_no_empty_page() {
    for odd in [json!({}), json!({ "value": null }), json!({ "nextLink": null })] {
        let body = odd.clone();
        let served = vault(move |_, one| match one.line.contains("skiptoken") {
            false => json(
                200,
                &json!({
                    "value": [listed("a", true)],
                    "nextLink": "https://kv-ml.vault.azure.net/secrets?$skiptoken=x"
                }),
            ),
            true => json(200, &body),
        });
        let error = served.azure.key_vaults.list(&Name::new("kv-ml")).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Malformed(_)) && !error.is_passing(), "{odd}: {error:?}");
    }
}

#[tokio::test]
async fn the_token_of_a_vault_stays_with_it() {
    for hostile in [
        "https://example.org/secrets",
        "https://kv-ml.vault.azure.net.example.org/",
        "https://kv-other.vault.azure.net/",
    ] {
        let served = vault(move |_, _| json(200, &json!({ "value": [], "nextLink": hostile })));
        let error = served.azure.key_vaults.list(&Name::new("kv-ml")).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Malformed(_)), "{error:?}");
        assert!(served.lines().iter().all(|line| line.starts_with("GET kv-ml.vault.azure.net/")));
    }
}

/// Each PUT makes a version, whether its answer arrives or not.
#[tokio::test(start_paused = true)]
async fn a_write_that_the_vault_did_not_decide_is_uncertain_and_never_sent_again() {
    for fault in [
        lost as fn() -> Response,
        || answer(408, &[], ""),
        || answer(500, &[], ""),
        || answer(502, &[], ""),
        || answer(503, &[("retry-after", "1")], ""),
        || answer(504, &[], ""),
        || json(200, &json!({ "id": "x" })),
    ] {
        let served = vault(move |_, one| match one.line.starts_with("PUT") {
            true => fault(),
            false => json(200, &stored()),
        });
        let error = set(&served).await.unwrap_err();
        assert!(error.is_uncertain(), "{error:?}");
        assert!(!error.cause().to_string().contains("retried"), "{}", error.cause());
        assert_eq!(served.lines().iter().filter(|line| line.starts_with("PUT")).count(), 1, "{error:?}");
    }
}

/// A change in place may be made twice.
#[tokio::test(start_paused = true)]
async fn a_change_in_place_is_sent_again_after_what_passes() {
    for fault in [lost as fn() -> Response, || answer(503, &[], "")] {
        let served = vault(move |number, one| match one.line.starts_with("PATCH") {
            true if number == 2 => fault(),
            _ => json(200, &stored()),
        });
        let vaults = &served.azure.key_vaults;
        vaults.update_tags_and_expiry(&secret(), VERSION, BTreeMap::new(), None).await.unwrap();
        assert_eq!(served.lines().iter().filter(|line| line.starts_with("PATCH")).count(), 2);
    }
}
