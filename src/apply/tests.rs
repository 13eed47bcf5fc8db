//! What is written, in which order, and that nothing is written without the lease.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rotation::{
    AccountSeen, Amendment, AmendmentReason, Breadth, CREDENTIAL_ID, Cache, HolderId, HolderKind, KeySeen,
    LeakedKeys, Move, RegenerableKey, Regeneration, RegenerationReason, Scope, SecretId, SecretSeen, Survey,
    Tags, WorkspaceSeen,
};
use serde_json::json;
use tokio::time::sleep;

use super::*;
use crate::azure::in_process::{self, KEY1, KEY2, Served};

const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stml";
const WORKSPACE: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/ws-ml";

fn workspace() -> WorkspaceId {
    WORKSPACE.parse().unwrap()
}

fn observation(rotator: &Rotator) -> Observation {
    let now = rotator.clock.now();
    let value = |key: &str| rotator.fingerprint_key.fingerprint(&AccessKey::new(key));
    let seen = |key: &str| KeySeen { value: value(key), created: Some(now) };
    Observation {
        target: SecretId::new("kv-ml", "storage-key").unwrap(),
        vault_allowed: true,
        declared: None,
        forced: None,
        secret: Ok(SecretSeen {
            version: "a1".to_owned(),
            value: value(KEY1),
            has_key_form: true,
            published_at: now,
            updated_at: None,
            expires: None,
            tags: Tags {
                credential_id: Some("key1".to_owned()),
                provider_address: Some(ACCOUNT.to_owned()),
                validity_period_days: Some("90".to_owned()),
            },
            compromised: LeakedKeys::NONE,
            holders_moved_at: None,
            earlier: Vec::new(),
        }),
        account: Ok(AccountSeen { key1: seen(KEY1), key2: seen(KEY2) }),
        survey: Survey {
            workspaces: vec![WorkspaceSeen { id: workspace(), cache: Cache::Unknown }],
            ..Survey::none()
        },
        run: Run::default(),
    }
}

fn holder(name: &str) -> HolderId {
    HolderId { workspace: workspace(), kind: HolderKind::Datastore, name: name.to_owned() }
}

/// Carries out `decision` after the lease went to somebody else, and gives what was sent and what failed.
async fn applied_without_the_lease(decision: Decision) -> (Vec<String>, Vec<Failure>) {
    let keys = json!({"keys": [{"keyName": "key1", "value": KEY1}, {"keyName": "key2", "value": KEY2}]});
    let secret = json!({"id": "https://kv-ml.vault.azure.net/secrets/storage-key/a1", "value": KEY1});
    let served = Served::by(move |_, request| {
        in_process::json(200, if request.line.contains("vault.azure.net") { &secret } else { &keys })
    });
    let (leases, lines) = (served.leases.clone(), served.receiver());
    let rotator = Rotator::over(served.azure);
    let lease = Lease::take(&rotator.azure.leases, &ACCOUNT.parse().unwrap()).await.unwrap();
    leases.lend("stml", Duration::from_secs(60));
    sleep(Duration::from_secs(16)).await;
    let message = r#"{"vault":"kv-ml","secret":"storage-key","askedBy":"a test"}"#;
    let activation = Activation::from_message(message).unwrap();
    let observation = observation(&rotator);
    let (rotator, activation, lease, observation) = (&rotator, &activation, &lease, &observation);
    let step = Step { rotator, activation, started: Instant::now(), lease, observation };
    let (mut run, mut resyncs) = (Run::default(), Resyncs::default());
    apply(step, decision, &mut run, &mut resyncs).await;
    (lines(), run.failures)
}

#[tokio::test(start_paused = true)]
async fn no_holder_is_moved_and_no_workspace_resynced_without_the_lease() {
    let moves = Decision::Move(Move {
        key: KeyName::Key1,
        default_datastores: vec![holder("workspaceblobstore")],
        others: vec![holder("one"), holder("two")],
        undated: vec![holder("one")],
    });
    let (sent, failures) = applied_without_the_lease(moves).await;
    let reads = |line: &String| line.starts_with("GET ") || line.contains("/listKeys?");
    assert!(sent.iter().all(reads) && sent.iter().any(|line| line.contains("vault")), "{sent:?}");
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(
        failures[0].what.contains("its lease is not ours any more") && failures[0].disposition.may_pass()
    );
}

#[tokio::test(start_paused = true)]
async fn no_stale_workspace_is_resynced_without_the_lease() {
    let (sent, failures) = applied_without_the_lease(Decision::Resync(vec![workspace()])).await;
    assert_eq!((sent, failures.len()), (Vec::new(), 1));
}

fn put_right() -> Decision {
    let (reason, tags) = (AmendmentReason::PutRight, vec![(CREDENTIAL_ID, Some("key1".to_owned()))]);
    Decision::Amend(Amendment { reason, tags, expires: None })
}

#[tokio::test(start_paused = true)]
async fn nothing_is_changed_on_the_secret_without_the_lease() {
    let (sent, failures) = applied_without_the_lease(put_right()).await;
    assert!(sent.iter().all(|line| line.starts_with("GET ")), "{sent:?}");
    assert!(failures[0].what.contains("its lease is not ours any more"), "{failures:?}");
}

const CHALLENGE: &str =
    r#"Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net""#;
/// The vault's expiry of the secret, which somebody moved since the look.
const EXPIRY: i64 = 1_800_000_000;

/// Changes the secret in a vault that returns what it was before for so many questions more, and gives how often it was
/// asked since, and the run.
async fn amended_with_a_lag(lag: usize) -> (usize, Run) {
    let asked_since = Arc::new(Mutex::new(None));
    let served = Served::by({
        let asked_since = Arc::clone(&asked_since);
        move |_, request| {
            if !request.is_authorized {
                return in_process::answer(401, &[("www-authenticate", CHALLENGE)], "");
            }
            let mut asked = asked_since.lock().unwrap();
            if request.line.starts_with("PATCH ") {
                *asked = Some(0);
            } else if let Some(asked) = asked.as_mut() {
                *asked += 1;
            }
            let is_changed = asked.is_some_and(|asked| lag < asked);
            let tags = if is_changed { json!({"CredentialId": "key1"}) } else { json!({}) };
            let secret = json!({"id": "https://kv-ml.vault.azure.net/secrets/storage-key/a1", "value": KEY1,
                "tags": tags});
            in_process::json(200, &secret)
        }
    });
    let rotator = Rotator::over(served.azure);
    let run = applied(&rotator, put_right()).await;
    let asked_since = asked_since.lock().unwrap().unwrap();
    (asked_since, run)
}

#[tokio::test(start_paused = true)]
async fn a_change_in_place_is_waited_for_until_the_vault_returns_it() {
    let (asked_since, run) = amended_with_a_lag(2).await;
    assert_eq!((asked_since, run), (3, Run::default()));
    let (_, run) = amended_with_a_lag(usize::MAX).await;
    assert!(run.amend_failed && run.failures[0].disposition.may_pass());
    assert!(run.failures[0].what.contains("the vault does not return"), "{:?}", run.failures);
}

/// Carries out `decision` under the lease.
async fn applied(rotator: &Rotator, decision: Decision) -> Run {
    let lease = Lease::take(&rotator.azure.leases, &ACCOUNT.parse().unwrap()).await.unwrap();
    let message = r#"{"vault":"kv-ml","secret":"storage-key","askedBy":"a test"}"#;
    let activation = Activation::from_message(message).unwrap();
    let observation = observation(rotator);
    let (activation, lease, observation) = (&activation, &lease, &observation);
    let step = Step { rotator, activation, started: Instant::now(), lease, observation };
    let (mut run, mut resyncs) = (Run::default(), Resyncs::default());
    apply(step, decision, &mut run, &mut resyncs).await;
    run
}

/// Regenerates `key2`, with or without an answer, and gives the run.
async fn regenerated(is_answered: bool) -> Run {
    let keys = json!({"keys": [{"keyName": "key1", "value": KEY1}, {"keyName": "key2", "value": KEY2}]});
    let secret = json!({"id": "https://kv-ml.vault.azure.net/secrets/storage-key/a1", "value": KEY1});
    let served = Served::by(move |_, request| {
        if !request.is_authorized {
            in_process::answer(401, &[("www-authenticate", CHALLENGE)], "")
        } else if request.line.contains("/regenerateKey?") && !is_answered {
            in_process::lost()
        } else {
            in_process::json(200, if request.line.contains("vault.azure.net") { &secret } else { &keys })
        }
    });
    let rotator = Rotator::over(served.azure);
    let mut seen = observation(&rotator);
    let now = rotator.clock.now();
    seen.secret.as_mut().unwrap().published_at = now - time::Duration::days(10);
    seen.survey.breadth = Breadth::Whole;
    seen.survey.scopes = vec![Scope::Workspace(workspace())];
    let regeneration = Regeneration {
        reason: RegenerationReason::Due,
        key: RegenerableKey::check(&seen, &rotator.policy, now).unwrap(),
        followers: Vec::new(),
        resync: vec![workspace()],
        cut_short: Vec::new(),
    };
    applied(&rotator, Decision::Regenerate(regeneration)).await
}

#[tokio::test(start_paused = true)]
async fn a_resync_beside_a_regeneration_without_an_answer_is_not_the_last() {
    let run = regenerated(true).await;
    assert_eq!((run.regenerated, run.resynced), (Some(KeyName::Key2), [workspace()].into()));
    let run = regenerated(false).await;
    assert_eq!((run.regeneration_sent, run.regenerated), (Some(KeyName::Key2), None));
    assert_eq!(run.resynced, BTreeSet::new());
}

/// Moves one datastore without a date of its own, and gives what was written: the line, and its body.
async fn moved_without_a_date() -> Vec<(String, serde_json::Value)> {
    let keys = json!({"keys": [{"keyName": "key1", "value": KEY1}, {"keyName": "key2", "value": KEY2}]});
    let secret = json!({"id": "https://kv-ml.vault.azure.net/secrets/storage-key/a1", "value": KEY1,
        "attributes": {"enabled": true, "created": 1, "updated": 1, "exp": EXPIRY}, "tags": {"cost-centre": "4711"}});
    let datastore = json!({"name": "one", "properties": {"datastoreType": "AzureBlob", "accountName": "stml",
        "containerName": "data", "credentials": {"credentialsType": "AccountKey"}}});
    let writes = Arc::new(Mutex::new(Vec::new()));
    let served = Served::by({
        let writes = Arc::clone(&writes);
        move |_, request| {
            if !request.is_authorized {
                return in_process::answer(401, &[("www-authenticate", CHALLENGE)], "");
            }
            if ["PATCH ", "PUT "].iter().any(|method| request.line.starts_with(method)) {
                let body = serde_json::from_str(&request.body).unwrap();
                writes.lock().unwrap().push((request.line.clone(), body));
            }
            let answers = [("vault.azure.net", &secret), ("/datastores/", &datastore)];
            let answer = answers.into_iter().find(|(part, _)| request.line.contains(part));
            let answer = answer.map_or(&keys, |(_, answer)| answer);
            in_process::json(200, answer)
        }
    });
    let rotator = Rotator::over(served.azure);
    let one = vec![holder("one")];
    let moves =
        Move { key: KeyName::Key1, default_datastores: Vec::new(), others: one.clone(), undated: one };
    let run = applied(&rotator, Decision::Move(moves)).await;
    assert_eq!(run.failures, []);
    std::mem::take(&mut writes.lock().unwrap())
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_move_without_a_date_is_written_before_it_and_again_after_it() {
    let written = moved_without_a_date().await;
    let order: Vec<&str> = written.iter().map(|(line, _)| line.split(' ').next().unwrap()).collect();
    assert_eq!(order, ["PATCH", "PUT", "PATCH"]);
    let noted = |index: usize| {
        let (_, body): &(String, serde_json::Value) = &written[index];
        assert_eq!(body["attributes"]["exp"], EXPIRY, "what somebody changed since the look stays");
        assert_eq!(body["tags"]["cost-centre"], "4711");
        body["tags"]["HoldersMovedAt"].as_str().unwrap().to_owned()
    };
    assert!(noted(0) < noted(2));
}
