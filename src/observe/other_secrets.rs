//! Other secrets that stand for the same account, by their tags or because they are declared: whoever reads one may hold
//! the key that would be regenerated.

use std::collections::BTreeMap;

use rotation::{Failure, Obstacle, OtherSecret, PROVIDER_ADDRESS, SecretId, StorageAccountId};

use super::secret;
use crate::failure::{chain, failure, refusal};
use crate::rights::LIST_SECRETS;
use crate::rotator::Rotator;

/// Those that are declared; nothing is asked for.
pub(crate) fn declared(rotator: &Rotator, target: &SecretId, account: &StorageAccountId) -> Vec<OtherSecret> {
    let others = rotator.declared.iter().filter(|one| one.account == *account && one.target != *target);
    others.map(|one| OtherSecret::declared(one.target.clone())).collect()
}

/// Looks through every vault on the allow-list for those that are tagged. What stands in the way of that is pushed on
/// `hidden`.
pub(crate) async fn tagged(
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
                hidden.push(refusal(LIST_SECRETS, &format!("key vault {vault}")));
                continue;
            }
            // A vault that is down is no reason to leave what can be done undone.
            Err(error) if error.is_passing() => {
                hidden.push(Obstacle::Unseen(chain(&error)));
                continue;
            }
            Err(error) => return Err(failure(&error, LIST_SECRETS, vault)),
        };
        for found in listed {
            let declared = rotator.declaration_of(&found.id).is_some_and(|one| one.account == *account);
            if found.id != *target && !declared && names(&found.tags, account) {
                match read(rotator, found.id).await {
                    Ok(other) => others.push(other),
                    Err(passing) => hidden.push(Obstacle::Unseen(passing)),
                }
            }
        }
    }
    Ok(others)
}

/// What a secret holds, and held.
///
/// # Errors
///
/// Why it was not to be seen just now.
async fn read(rotator: &Rotator, id: SecretId) -> Result<OtherSecret, String> {
    let (value, earlier) = match rotator.azure.key_vaults.get(&id).await {
        Ok(stored) => {
            let value = rotator.fingerprint_key.fingerprint(&stored.value);
            (
                Some(value),
                secret::earlier(rotator, &id, &stored.version).await.map_err(|failure| failure.what)?,
            )
        }
        Err(error) if error.is_passing() => return Err(chain(&error)),
        // One that cannot be read counts as well: those who could read it may still hold what it held.
        Err(_) => (None, Vec::new()),
    };
    Ok(OtherSecret { id, is_declared: false, value, earlier })
}

fn names(tags: &BTreeMap<String, String>, account: &StorageAccountId) -> bool {
    let address = tags.get(PROVIDER_ADDRESS).and_then(|address| address.parse::<StorageAccountId>().ok());
    address.as_ref() == Some(account)
}
