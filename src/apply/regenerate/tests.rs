//! The key that was not asked for.

use rotation::{AccountSeen, KeySeen, Obstacle, Run, SecretId, Survey};
use serde_json::json;

use super::*;
use crate::azure::in_process::{self, KEY1, KEY2, Served};

const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stml";

/// A rotator whose account has these keys.
fn rotator(key1: &str, key2: &str) -> Rotator {
    let keys = json!({"keys": [{"keyName": "key1", "value": key1}, {"keyName": "key2", "value": key2}]});
    Rotator::over(Served::by(move |_, _| in_process::json(200, &keys)).azure)
}

async fn checked(before: (&str, &str), after: (&str, &str)) -> Result<(), Failure> {
    let rotator = rotator(after.0, after.1);
    let account: StorageAccountId = ACCOUNT.parse().unwrap();
    let keys = rotator.azure.storage_accounts.list_keys(&account).await.unwrap();
    let seen = |value: &str| KeySeen {
        value: rotator.fingerprint_key.fingerprint(&crate::azure::AccessKey::new(value)),
        created: None,
    };
    let observation = Observation {
        target: SecretId::new("kv-ml", "storage-key").unwrap(),
        vault_allowed: true,
        declared: None,
        forced: None,
        secret: Err(Obstacle::SecretNotFound),
        account: Ok(AccountSeen { key1: seen(before.0), key2: seen(before.1) }),
        survey: Survey::none(),
        run: Run::default(),
    };
    check_the_other_key(&rotator, &observation, &account, KeyName::Key2, &keys)
}

#[tokio::test]
async fn nothing_is_built_on_a_regeneration_that_changed_both_keys() {
    let other = KEY1.replace("AAEC", "BBEC");
    assert_eq!(checked((KEY1, KEY2), (KEY1, &other)).await, Ok(()));
    let failure = checked((KEY1, KEY2), (&other, KEY2)).await.unwrap_err();
    assert!(failure.to_string().contains("`key1` of storage account `stml` changed along with `key2`"));
    assert!(failure.disposition.may_pass());
}
