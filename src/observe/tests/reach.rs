//! What a look may have missed, and how it says so: a holder that is hidden must never look like one that is not there.

use super::*;

const WORKSPACE: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/ws";

/// A look at an Azure that answers otherwise where the address has `part` in it.
async fn look_where(part: &'static str, status: u16, body: Value) -> Result<(Rotator, Observation), Failure> {
    let rotator = rotator(move |one| match one.line.contains(part) && one.is_authorized {
        true => answer_json(status, &body),
        false => azure(one),
    });
    let seen = look(&rotator, None, Breadth::Whole).await?;
    Ok((rotator, seen))
}

#[tokio::test]
async fn whatever_may_hide_a_holder_is_named() {
    for (part, status, body, hidden) in [
        ("/ws/datastores?", 403, json!({}), format!("`{WORKSPACE}` may be hidden from us: we lack")),
        ("/ws/connections?", 403, json!({}), format!("`{WORKSPACE}` may be hidden from us: we lack")),
        ("/ws/datastores?", 400, json!({}), format!("`{WORKSPACE}` is hidden from us: failed to list")),
        ("/ws/connections?", 400, json!({}), format!("`{WORKSPACE}` is hidden from us: failed to list")),
        ("/workspaces?", 403, json!({}), "`/subscriptions/s` may be hidden from us: we lack".to_owned()),
        (
            "/permissions?",
            200,
            json!({ "value": [] }),
            "`/subscriptions/s` may be hidden from us: we lack".to_owned(),
        ),
        ("/secrets?", 403, json!({}), "at `key vault kv-ml`".to_owned()),
    ] {
        let (_, seen) = look_where(part, status, body).await.unwrap();
        let said: Vec<String> = seen.survey.hidden.iter().map(ToString::to_string).collect();
        assert!(said.len() == 1 && said[0].contains(&hidden), "{part} {status}: {said:?}");
    }
    let (_, seen) = look_where("nowhere", 500, json!({})).await.unwrap();
    assert_eq!(seen.survey.hidden, []);
}

/// A workspace that is gone, which was listed a moment ago, is not listed by the next look.
#[tokio::test(start_paused = true)]
async fn a_list_that_fails_for_now_brings_the_message_back_and_hides_no_other() {
    let faults = ["/permissions?", "/workspaces?", "/ws/datastores?", "/ws/connections?", "/secrets?"];
    let faults = faults.map(|part| (part, 503));
    for (part, status) in faults.into_iter().chain([("/ws/datastores?", 404), ("/ws/connections?", 404)]) {
        let (_, seen) = look_where(part, status, json!({})).await.unwrap();
        let [failure] = &seen.run.failures[..] else { panic!("{part} {status}: {seen:?}") };
        assert!(failure.disposition.may_pass(), "{part} {status}: {failure:?}");
        assert_eq!(seen.survey.hidden, [Obstacle::Unseen(failure.what.clone())], "{part} {status}");
        let left = match part {
            "/workspaces?" => 0,
            "/ws/datastores?" => 2,
            "/ws/connections?" => 1,
            _ => 3,
        };
        assert_eq!(seen.survey.holders.len(), left, "{part} {status}");
    }
}

fn secrets() -> Value {
    let listed = |name: &str, account: &str| {
        json!({ "id": format!("https://kv-ml.vault.azure.net/secrets/{name}"), "tags": {
            "ProviderAddress": format!("{GROUP}/Microsoft.Storage/storageAccounts/{account}") } })
    };
    json!({ "value": [listed("storage-key", "stacct"), listed("second", "STACCT"), listed("other", "other")] })
}

#[tokio::test(start_paused = true)]
async fn another_secret_of_the_account_counts_whether_or_not_it_can_be_read() {
    let look_with = async |status: u16, body: Value| {
        let rotator = rotator(move |one| match &one.line {
            line if line.contains("/secrets/second") && one.is_authorized => answer_json(status, &body),
            line if line.contains("/secrets?") && one.is_authorized => answer_json(200, &secrets()),
            _ => azure(one),
        });
        let seen = look(&rotator, None, Breadth::Whole).await.unwrap();
        let key2 = rotator.fingerprint_key.fingerprint(&AccessKey::new(KEY2));
        let others = seen.survey.other_secrets.into_iter();
        let others: Vec<(String, Option<bool>)> =
            others.map(|other| (other.id.to_string(), other.value.map(|value| value == key2))).collect();
        (others, seen.survey.hidden.iter().map(Obstacle::passes).collect::<Vec<_>>())
    };
    let second = |value| (vec![("kv-ml/second".to_owned(), value)], Vec::new());
    let secret = json!({ "id": "https://kv-ml.vault.azure.net/secrets/second/a1", "value": KEY2,
        "attributes": { "created": 1_795_435_200 } });
    assert_eq!(look_with(200, secret).await, second(Some(true)));
    for status in [403, 404] {
        assert_eq!(look_with(status, json!({})).await, second(None), "{status}");
    }
    assert_eq!(look_with(503, json!({})).await, (Vec::new(), vec![true]));
}

#[tokio::test]
async fn a_datastore_that_names_no_account_may_be_on_any() {
    for (account, expected) in [(json!(null), 3), (json!("stACCt"), 3), (json!("another"), 2)] {
        let datastores = json!({ "value": [{ "name": "signed", "properties": { "datastoreType": "AzureBlob",
            "accountName": account, "containerName": "mycontainer", "credentials": { "credentialsType": "Sas" } } }] });
        let (_, seen) = look_where("/ws/datastores?", 200, datastores).await.unwrap();
        assert_eq!(held(&seen).len(), expected, "{account}");
    }
}
