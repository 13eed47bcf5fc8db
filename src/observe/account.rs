//! The storage account of a target: its switches, its keys, and what makes either useless.

use rotation::{AccountSeen, Failure, KeyName, KeySeen, Obstacle, StorageAccountId};

use crate::azure::{AccessKeys, StorageAccount};
use crate::failure::{failure, refusal};
use crate::rights::{LIST_KEYS, READ_ACCOUNT};
use crate::rotator::Rotator;

/// What the account is set to, or what about it makes it useless to look further.
///
/// # Errors
///
/// When Azure did not answer as it should.
pub(crate) async fn see(
    rotator: &Rotator,
    account: &StorageAccountId,
) -> Result<Result<StorageAccount, Obstacle>, Failure> {
    if rotator.own_storage_account.as_ref() == Some(account.name()) {
        return Ok(Err(Obstacle::OwnHostStorage(account.clone())));
    }
    match rotator.azure.storage_accounts.get(account).await {
        Ok(seen) => Ok(match shared_key_off(&seen) {
            Some(service) => Err(Obstacle::SharedKeyOff { account: account.clone(), service }),
            None => Ok(seen),
        }),
        Err(error) if error.is_not_found() => Ok(Err(Obstacle::AccountNotFound(account.clone()))),
        Err(error) if error.is_forbidden() => Ok(Err(refusal(READ_ACCOUNT, account))),
        Err(error) => Err(failure(&error, READ_ACCOUNT, account)),
    }
}

/// The service that refuses access keys, `Some(None)` when all do, `None` when none does.
fn shared_key_off(account: &StorageAccount) -> Option<Option<&'static str>> {
    if !account.allow_shared_key_access {
        Some(None)
    } else if !account.allow_shared_key_access_to_blobs {
        Some(Some("blob"))
    } else if !account.allow_shared_key_access_to_files {
        Some(Some("file"))
    } else {
        None
    }
}

/// Lists both keys, or says what stands in the way of that.
///
/// # Errors
///
/// As [`see`].
pub(crate) async fn list_keys(
    rotator: &Rotator,
    account: &StorageAccountId,
) -> Result<Result<AccessKeys, Obstacle>, Failure> {
    match rotator.azure.storage_accounts.list_keys(account).await {
        Ok(keys) => Ok(Ok(keys)),
        Err(error) if error.is_locked() => Ok(Err(Obstacle::ReadOnlyLock(account.clone()))),
        Err(error) if error.is_not_found() => Ok(Err(Obstacle::AccountNotFound(account.clone()))),
        Err(error) if error.is_forbidden() => Ok(Err(refusal(LIST_KEYS, account))),
        Err(error) => Err(failure(&error, LIST_KEYS, account)),
    }
}

/// The keys, as far as a decision knows them.
pub(crate) fn keys_seen(rotator: &Rotator, keys: &AccessKeys) -> AccountSeen {
    let seen = |name: KeyName| {
        let key = keys.get(name);
        KeySeen { value: rotator.fingerprint_key.fingerprint(&key.value), created: key.created }
    };
    AccountSeen { key1: seen(KeyName::Key1), key2: seen(KeyName::Key2) }
}
