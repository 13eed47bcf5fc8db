//! What a look sees of secrets: the target's own, and others for the same account.

use rotation::{COMPROMISED, Declaration, KeyName, LeakedKeys, NeitherSeen, OtherSecret, PROVIDER_ADDRESS};

use super::*;

const DEAD: &str = "bm8ga2V5";
/// Versions, each with what it holds; the last one is current.
const VERSIONS: [(&str, &str); 3] = [("a0", KEY2), ("a1", DEAD), ("a2", DEAD)];

fn account() -> String {
    format!("{GROUP}/Microsoft.Storage/storageAccounts/stacct")
}

fn version(name: &str, id: &str, value: &str, tags: &Value) -> Value {
    json!({
        "id": format!("https://kv-ml.vault.azure.net/secrets/{name}/{id}"),
        "value": value,
        "tags": tags,
        "attributes": { "enabled": true, "created": 1_795_435_200, "updated": 1_795_435_260 },
    })
}

fn tags() -> Value {
    json!({ "CredentialId": "key1", "ValidityPeriodDays": "90", PROVIDER_ADDRESS: account() })
}

/// The secret and a second one, `other`, have the versions; one more of each is disabled.
fn with_versions(one: &Received) -> Response {
    let path = one.line.split('?').next().unwrap_or_default();
    let Some((_, secret)) = path.split_once("kv-ml.vault.azure.net/secrets").filter(|_| one.is_authorized)
    else {
        return azure(one);
    };
    let parts: Vec<&str> = secret.split('/').filter(|part| !part.is_empty()).collect();
    let body = match parts[..] {
        [] => json!({ "value": [{ "id": "https://kv-ml.vault.azure.net/secrets/other", "tags": tags() }] }),
        [name] => version(name, "a2", DEAD, &tags()),
        [name, "versions"] => {
            let listed =
                VERSIONS.iter().map(|(id, _)| (*id, true)).chain([("0ff", false)]).map(|(id, enabled)| {
                    json!({ "id": format!("https://kv-ml.vault.azure.net/secrets/{name}/{id}"),
                    "attributes": { "enabled": enabled } })
                });
            json!({ "value": listed.collect::<Vec<Value>>() })
        }
        [name, id] => {
            let value = VERSIONS.iter().find(|(known, _)| *known == id).map(|(_, value)| *value);
            version(name, id, value.unwrap(), &tags())
        }
        _ => return answer(501, &[], path),
    };
    answer_json(200, &body)
}

/// A rotator on that Azure, and the lines of what it asks for.
fn listening() -> (Rotator, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&lines);
    let rotator = rotator(move |one| {
        heard.lock().unwrap().push(one.line.clone());
        with_versions(one)
    });
    (rotator, lines)
}

fn declaration(secret: &str) -> Declaration {
    Declaration {
        target: SecretId::new("kv-ml", secret).unwrap(),
        account: account().parse().unwrap(),
        validity: time::Duration::days(90),
        mode: None,
        ignore_holders: Vec::new(),
    }
}

async fn look_in(rotator: &Rotator, run: &mut Run) -> Observation {
    let target = SecretId::new("kv-ml", "storage-key").unwrap();
    observe(rotator, &target, None, Breadth::Narrow, &BTreeSet::new(), run).await.unwrap()
}

fn fingerprint(rotator: &Rotator, value: &str) -> rotation::Fingerprint {
    rotator.fingerprint_key.fingerprint(&AccessKey::new(value))
}

#[tokio::test]
async fn earlier_versions_are_read_at_the_second_look_that_finds_neither_key() {
    let (rotator, lines) = listening();
    let mut run = Run::default();
    let first = look_in(&rotator, &mut run).await;
    assert_eq!(first.secret.as_ref().unwrap().earlier, []);
    assert!(lines.lock().unwrap().iter().all(|line| !line.contains("/versions")));
    assert!(matches!(&run.neither, Some(NeitherSeen { version, .. }) if version == "a2"));
    let second = look_in(&rotator, &mut run).await;
    let [key2, dead] = [KEY2, DEAD].map(|value| fingerprint(&rotator, value));
    assert_eq!(second.secret.as_ref().unwrap().earlier, [key2, dead]);
    let lines = lines.lock().unwrap();
    assert!(lines.iter().all(|line| !line.contains("/0ff")), "a disabled version cannot be read");
    let keys = lines.iter().rposition(|line| line.contains("/listKeys?")).unwrap();
    assert!(lines[keys..].iter().any(|line| line.contains("/versions")), "only when the keys were seen");
}

#[tokio::test]
async fn a_declared_secret_is_healed_whatever_its_earlier_versions_hold() {
    let (mut rotator, lines) = listening();
    rotator.declared = vec![declaration("storage-key")];
    let mut run = Run::default();
    look_in(&rotator, &mut run).await;
    let second = look_in(&rotator, &mut run).await;
    assert_eq!(second.declared, Some(declaration("storage-key")));
    assert!(lines.lock().unwrap().iter().all(|line| !line.contains("/versions")));
}

#[tokio::test]
async fn another_tagged_secret_is_read_back_to_its_first_version() {
    let (rotator, _) = listening();
    let seen = look(&rotator, None, Breadth::Whole).await.unwrap();
    let [key2, dead] = [KEY2, DEAD].map(|value| fingerprint(&rotator, value));
    let id = SecretId::new("kv-ml", "other").unwrap();
    let expected = [OtherSecret { id, is_declared: false, value: Some(dead), earlier: vec![key2, dead] }];
    assert_eq!(seen.survey.other_secrets, expected);
    let narrow = look(&rotator, Some(&seen), Breadth::Narrow).await.unwrap();
    assert_eq!(narrow.survey.other_secrets, expected);
}

#[tokio::test]
async fn where_another_one_is_declared_nothing_more_is_asked_for() {
    let (mut rotator, lines) = listening();
    rotator.declared = vec![declaration("other")];
    for breadth in [Breadth::Narrow, Breadth::Whole] {
        let seen = look(&rotator, None, breadth).await.unwrap();
        let other = OtherSecret::declared(SecretId::new("kv-ml", "other").unwrap());
        assert_eq!(seen.survey.other_secrets, [other]);
    }
    assert!(lines.lock().unwrap().iter().all(|line| line.contains("vault.azure.net/secrets/storage-key")));
}

#[tokio::test]
async fn both_declared_secrets_are_seen_once_by_looks_of_every_breadth() {
    let (mut rotator, _) = listening();
    rotator.declared = vec![declaration("storage-key"), declaration("other")];
    let other = || OtherSecret::declared(SecretId::new("kv-ml", "other").unwrap());
    let whole = look(&rotator, None, Breadth::Whole).await.unwrap();
    assert_eq!(whole.survey.other_secrets, [other()]);
    let narrow = look(&rotator, Some(&whole), Breadth::Narrow).await.unwrap();
    assert_eq!(narrow.survey.other_secrets, [other()]);
}

/// Until its tags are put right it may hold a key of the account that they name.
#[tokio::test]
async fn a_tagged_secret_that_is_declared_for_another_account_is_seen_all_the_same() {
    let (mut rotator, _) = listening();
    let elsewhere = account().replace("stacct", "stother").parse().unwrap();
    rotator.declared = vec![Declaration { account: elsewhere, ..declaration("other") }];
    let seen = look(&rotator, None, Breadth::Whole).await.unwrap();
    let [other] = &seen.survey.other_secrets[..] else { panic!("{seen:?}") };
    assert_eq!((other.id.secret().as_str(), other.is_declared), ("other", false));
}

#[tokio::test]
async fn the_account_of_a_declared_secret_that_does_not_exist_is_looked_at() {
    let mut rotator = rotator(|one| match one.line.contains("/secrets/storage-key") && one.is_authorized {
        true => answer_json(404, &json!({ "error": { "code": "SecretNotFound", "message": "m" } })),
        false => azure(one),
    });
    let seen = look(&rotator, None, Breadth::Narrow).await.unwrap();
    assert_eq!((&seen.secret, seen.account.is_ok()), (&Err(Obstacle::SecretNotFound), false));
    rotator.declared = vec![declaration("storage-key")];
    let seen = look(&rotator, None, Breadth::Whole).await.unwrap();
    assert_eq!((&seen.secret, seen.account.is_ok()), (&Err(Obstacle::SecretNotFound), true));
    assert_eq!(seen.survey.holders.len(), 3);
}

#[tokio::test]
async fn what_stands_on_a_version_is_seen() {
    let see = async |tag: &'static str| {
        let rotator =
            rotator(move |one| match one.line.contains("/secrets/storage-key/?") && one.is_authorized {
                true => {
                    let mut tags = tags();
                    tags[COMPROMISED] = json!(tag);
                    answer_json(200, &version("storage-key", "a1", KEY1, &tags))
                }
                false => azure(one),
            });
        look(&rotator, None, Breadth::Narrow).await.unwrap().secret
    };
    let seen = see("key2,key1").await.unwrap();
    assert_eq!(seen.compromised, LeakedKeys::NONE.with(KeyName::Key1).with(KeyName::Key2));
    assert_eq!(seen.updated_at, Some(seen.published_at + time::Duration::minutes(1)));
    assert!(seen.has_key_form);
    let malformed = Obstacle::TagMalformed { tag: COMPROMISED, text: "all".to_owned() };
    assert_eq!(see("all").await, Err(malformed));
    let (rotator, _) = listening();
    let dead = look(&rotator, None, Breadth::Narrow).await.unwrap().secret.unwrap();
    assert!(!dead.has_key_form && dead.compromised == LeakedKeys::NONE);
}
