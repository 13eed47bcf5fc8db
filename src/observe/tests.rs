//! One look at an Azure in process: in which order it reads, and what it makes of holders that sign.

mod reach;
mod secrets;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::response::Response;
use rotation::{Held, HolderKind, NoKey};
use serde_json::{Value, json};

use super::*;
use crate::azure::AccessKey;
use crate::azure::in_process::{KEY1, KEY2, Received, Served, answer, json as answer_json};

const GROUP: &str = "/subscriptions/s/resourceGroups/g/providers";
/// Container `mycontainer` of account `stacct`, signed by `key2`. Its end is in a stored access policy.
const BY_KEY2: &str =
    "?sv=2026-10-06&si=aml-policy&sr=c&sig=OyHnSQq6Yg4k05x9IhUQLZO9S1uAsFUx5%2BtsZ//HfKc%3D";

/// What an Azure with one workspace, one SAS datastore and two connections answers.
fn azure(one: &Received) -> Response {
    let path = one.line.split('?').next().unwrap_or_default();
    if path.contains("kv-ml.vault.azure.net") && !one.is_authorized {
        let challenge = r#"Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net""#;
        return answer(401, &[("www-authenticate", challenge)], "");
    }
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let connection = |name: &str, auth_type: &str| {
        json!({ "name": name, "properties": { "category": "AzureBlob", "authType": auth_type,
            "target": "https://stacct.blob.core.windows.net/mycontainer" } })
    };
    let body = match last {
        "storage-key" => json!({
            "id": "https://kv-ml.vault.azure.net/secrets/storage-key/a1",
            "value": KEY1,
            "tags": { "CredentialId": "key1", "ValidityPeriodDays": "90",
                "ProviderAddress": format!("{GROUP}/Microsoft.Storage/storageAccounts/stacct") },
            "attributes": { "enabled": true, "created": 1_795_435_200, "updated": 1_795_435_200 },
        }),
        "secrets" => json!({ "value": [] }),
        "stacct" => json!({ "properties": {} }),
        "permissions" => json!({ "value": [{ "actions": ["*"] }] }),
        "workspaces" => json!({ "value": [{
            "id": format!("{GROUP}/Microsoft.MachineLearningServices/workspaces/ws") }] }),
        "datastores" => json!({ "value": [{ "name": "signed", "properties": { "datastoreType": "AzureBlob",
            "accountName": "STACCT", "containerName": "mycontainer", "credentials": { "credentialsType": "Sas" } } }] }),
        "connections" => json!({ "value": [connection("keyed", "AccountKey"), connection("signed", "SAS"),
            { "name": "other", "properties": { "category": "AzureOpenAI", "authType": "ApiKey" } }] }),
        "listSecrets" => json!({ "secretsType": "Sas", "sasToken": BY_KEY2 }),
        "listsecrets" if path.contains("/keyed/") => {
            json!({ "properties": { "authType": "AccountKey", "credentials": { "key": KEY1 } } })
        }
        "listsecrets" => json!({ "properties": { "authType": "SAS", "credentials": { "sas": BY_KEY2 } } }),
        "listKeys" => keys(KEY1, KEY2),
        _ => return answer(501, &[], path),
    };
    answer_json(200, &body)
}

fn keys(key1: &str, key2: &str) -> Value {
    json!({ "keys": [{ "keyName": "key1", "value": key1 }, { "keyName": "key2", "value": key2 }] })
}

async fn look(
    rotator: &Rotator,
    before: Option<&Observation>,
    breadth: Breadth,
) -> Result<Observation, Failure> {
    let target = SecretId::new("kv-ml", "storage-key").unwrap();
    observe(rotator, &target, before, breadth, &BTreeSet::new(), &mut Run::default()).await
}

fn rotator<F>(answer: F) -> Rotator
where
    F: Fn(&Received) -> Response + Clone + Send + Sync + 'static,
{
    Rotator::over(Served::by(move |_, one| answer(one)).azure)
}

fn held(observation: &Observation) -> Vec<(HolderKind, &str, &Held)> {
    let holders = observation.survey.holders.iter();
    holders.map(|holder| (holder.id.kind, holder.id.name.as_str(), &holder.held)).collect()
}

#[tokio::test]
async fn holders_that_sign_are_known_by_the_key_that_signed() {
    let rotator = rotator(azure);
    let seen = look(&rotator, None, Breadth::Whole).await.unwrap();
    let value = |value: &str| Held::Value(rotator.fingerprint_key.fingerprint(&AccessKey::new(value)));
    assert_eq!(
        held(&seen),
        [
            (HolderKind::SasDatastore, "signed", &value(KEY2)),
            (HolderKind::Connection, "keyed", &value(KEY1)),
            (HolderKind::SasConnection, "signed", &value(KEY2)),
        ]
    );
}

/// Whether a project names the account of its hub as its own is not documented.
#[tokio::test]
async fn a_project_that_names_no_account_works_with_that_of_its_hub() {
    let id = |name: &str| format!("{GROUP}/Microsoft.MachineLearningServices/workspaces/{name}");
    let account = format!("{GROUP}/Microsoft.Storage/storageAccounts/stacct");
    let of = |name: &str, properties: Value| json!({ "id": id(name), "properties": properties });
    let workspaces = json!({ "value": [
        of("hub", json!({ "storageAccount": account })),
        of("project", json!({ "hubResourceId": id("HUB"), "storageAccount": null })),
        of("stray", json!({ "hubResourceId": id("nowhere") })),
        of("other", json!({ "hubResourceId": id("hub"), "storageAccount": account.replace("stacct", "stother") })),
    ] });
    let rotator = rotator(move |one| match &one.line {
        line if line.contains("/workspaces?") => answer_json(200, &workspaces),
        _ => azure(one),
    });
    let survey = look(&rotator, None, Breadth::Whole).await.unwrap().survey;
    let names: Vec<&str> = survey.workspaces.iter().map(|seen| seen.id.name().as_str()).collect();
    assert_eq!((names, survey.searched.len()), (vec!["hub", "project"], 4));
}

#[tokio::test]
async fn a_look_reads_the_secret_first_and_the_keys_last() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lines);
    let rotator = rotator(move |one| {
        seen.lock().unwrap().push(one.line.clone());
        azure(one)
    });
    look(&rotator, None, Breadth::Whole).await.unwrap();
    let lines = lines.lock().unwrap();
    assert!(lines[0].contains("/secrets/storage-key"), "{lines:?}");
    let ends = |end: &str| lines.iter().filter(|line| line.contains(end)).count();
    assert_eq!((ends("/listKeys?"), ends("/listsecrets?"), ends("/listSecrets?")), (1, 2, 1));
    assert!(lines.last().unwrap().contains("/storageAccounts/stacct/listKeys?"), "{lines:?}");
}

#[tokio::test]
async fn a_look_that_cannot_list_the_keys_traces_nothing() {
    let rotator = rotator(|one| match one.line.contains("/listKeys?") {
        true => answer_json(409, &json!({ "error": { "code": "ScopeLocked", "message": "locked" } })),
        false => azure(one),
    });
    let seen = look(&rotator, None, Breadth::Whole).await.unwrap();
    assert!(matches!(seen.account, Err(Obstacle::ReadOnlyLock(_))));
    let holders = held(&seen);
    assert!(matches!(holders[0], (HolderKind::SasDatastore, _, Held::EitherKey(_))), "{holders:?}");
    assert!(matches!(holders[1], (HolderKind::Connection, _, Held::Value(_))), "{holders:?}");
}

#[tokio::test]
async fn a_narrow_look_keeps_what_was_traced_although_the_keys_have_changed() {
    let changed = Arc::new(AtomicBool::new(false));
    let has_changed = Arc::clone(&changed);
    let rotator = rotator(move |one| {
        let regenerated = one.line.contains("/listKeys?") && has_changed.load(Ordering::Relaxed);
        if regenerated { answer_json(200, &keys(KEY1, "bmV3")) } else { azure(one) }
    });
    let before = look(&rotator, None, Breadth::Whole).await.unwrap();
    changed.store(true, Ordering::Relaxed);
    let narrow = look(&rotator, Some(&before), Breadth::Narrow).await.unwrap();
    assert_eq!(narrow.survey.holders, before.survey.holders);
    let [(.., Held::Value(dead)), ..] = held(&narrow)[..] else { panic!("{narrow:?}") };
    assert_eq!(narrow.account.as_ref().unwrap().name_of(*dead), None);
    let whole = look(&rotator, Some(&narrow), Breadth::Whole).await.unwrap();
    let foreign = Held::Nothing(NoKey::Foreign);
    assert_eq!(held(&whole)[0], (HolderKind::SasDatastore, "signed", &foreign));
    assert_eq!(held(&whole)[2], (HolderKind::SasConnection, "signed", &foreign));
}

#[tokio::test(start_paused = true)]
async fn a_fault_while_the_secret_of_a_holder_is_read_brings_the_message_back_and_hides_no_other() {
    for secret in
        ["/connections/keyed/listsecrets?", "/connections/signed/listsecrets?", "/signed/listSecrets?"]
    {
        let rotator = rotator(move |one| match one.line.contains(secret) {
            true => answer(503, &[], ""),
            false => azure(one),
        });
        let seen = look(&rotator, None, Breadth::Whole).await.unwrap();
        let [failure] = &seen.run.failures[..] else { panic!("{secret}: {seen:?}") };
        assert!(failure.disposition.may_pass(), "{secret}: {failure:?}");
        assert!(failure.what.contains("failed to read the secret of"), "{failure}");
        let unseen = held(&seen).into_iter().filter(|(.., held)| matches!(held, Held::Unseen(_))).count();
        assert_eq!((unseen, seen.survey.holders.len()), (1, 3), "{secret}");
    }
}

#[tokio::test]
async fn a_secret_that_is_refused_or_of_another_kind_makes_its_holder_unreadable() {
    let key = json!({ "secretsType": "AccountKey", "key": KEY1 });
    let token = json!({ "properties": { "authType": "SAS", "credentials": { "sas": BY_KEY2 } } });
    for (status, body) in [(403, json!({})), (404, json!({})), (400, json!({})), (200, json!({}))] {
        let rotator = rotator(move |one| match one.line.to_ascii_lowercase().contains("/listsecrets?") {
            true => answer_json(status, &body),
            false => azure(one),
        });
        let seen = look(&rotator, None, Breadth::Whole).await.unwrap();
        assert_eq!(seen.survey.holders.len(), 3);
        for (kind, name, held) in held(&seen) {
            assert!(matches!(held, Held::Unreadable(_)), "{status}: {kind} {name} {held:?}");
        }
    }
    let rotator = rotator(move |one| match &one.line {
        line if line.contains("/datastores/signed/listSecrets?") => answer_json(200, &key),
        line if line.contains("/connections/keyed/listsecrets?") => answer_json(200, &token),
        _ => azure(one),
    });
    let seen = look(&rotator, None, Breadth::Whole).await.unwrap();
    for (_, name, held) in &held(&seen)[..2] {
        assert_eq!(**held, Held::Unreadable("it answers with another kind of secret".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn a_connection_with_a_whole_connection_string_may_hold_either_key() {
    let connection_string = format!("DefaultEndpointsProtocol=https;AccountName=stacct;AccountKey={KEY2}");
    let rotator = rotator(move |one| {
        if one.line.contains("/keyed/") {
            let credentials = json!({ "key": connection_string });
            return answer_json(
                200,
                &json!({ "properties": { "authType": "AccountKey", "credentials": credentials } }),
            );
        }
        azure(one)
    });
    let seen = look(&rotator, None, Breadth::Whole).await.unwrap();
    let keyed = seen.survey.holders.iter().find(|holder| holder.id.kind == HolderKind::Connection).unwrap();
    assert_eq!(keyed.held, Held::EitherKey("what it holds has not the form of an access key".to_owned()));
}

/// What was last written by us entitles a holder to a key, so nobody may pass for us.
#[tokio::test]
async fn a_person_who_is_called_by_our_id_is_not_taken_for_us() {
    for (kind, expected) in [(json!("User"), false), (json!("ManagedIdentity"), true), (Value::Null, true)] {
        let written = json!({ "lastModifiedAt": "2026-11-23T12:00:00Z", "lastModifiedBy": "OUR-object",
            "lastModifiedByType": kind });
        let datastores = json!({ "value": [{ "name": "keyed", "systemData": written, "properties": {
            "datastoreType": "AzureBlob", "accountName": "stacct", "credentials": { "credentialsType": "AccountKey" } } }] });
        let rotator = rotator(move |one| match &one.line {
            line if line.contains("/datastores?") => answer_json(200, &datastores),
            _ => azure(one),
        });
        let survey = look(&rotator, None, Breadth::Whole).await.unwrap().survey;
        let write = survey.holders[0].last_write.as_ref().unwrap();
        assert_eq!((write.by.as_str(), write.ours), ("OUR-object", expected), "{kind}");
    }
}
