//! Other secrets that are tagged for the same account: whoever reads one may hold the key that would be regenerated.

use std::collections::BTreeMap;

use rotation::{Failure, Obstacle, OtherSecret, PROVIDER_ADDRESS, SecretId, StorageAccountId};

use crate::failure::{failure, refusal};
use crate::rights::{GET_SECRET, LIST_SECRETS};
use crate::rotator::Rotator;

/// Looks through every vault on the allow-list. What stands in the way of that is pushed on `hidden`.
pub(super) async fn find(
    rotator: &Rotator,
    target: &SecretId,
    account: &StorageAccountId,
    hidden: &mut Vec<Obstacle>,
) -> Result<Vec<OtherSecret>, Failure> {
    let mut others = Vec::new();
    for vault in &rotator.vaults {
        let listed = match rotator.azure.key_vaults.list(vault).await {
            Ok(listed) => listed,
            Err(error) if error.is_forbidden() => {
                hidden.push(refusal(LIST_SECRETS, &format!("key vault `{vault}`")));
                continue;
            }
            Err(error) => return Err(failure(&error, LIST_SECRETS, vault)),
        };
        for secret in listed {
            if secret.id != *target && names(&secret.tags, account) {
                let value = match rotator.azure.key_vaults.get(&secret.id).await {
                    Ok(stored) => Some(rotator.fingerprint_key.fingerprint(&stored.value)),
                    Err(error) if error.is_passing() => return Err(failure(&error, GET_SECRET, &secret.id)),
                    // One that cannot be read counts as well: those who could read it may still hold what it held.
                    Err(_) => None,
                };
                others.push(OtherSecret { id: secret.id, value });
            }
        }
    }
    Ok(others)
}

fn names(tags: &BTreeMap<String, String>, account: &StorageAccountId) -> bool {
    let address = tags.get(PROVIDER_ADDRESS).and_then(|address| address.parse::<StorageAccountId>().ok());
    address.as_ref() == Some(account)
}
