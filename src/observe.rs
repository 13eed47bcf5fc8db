//! One pass over the outside: facts and fingerprints in, no decision.
//!
//! A look reads the secret first and the keys last, so that a key that is regenerated in between is seen as one that the
//! secret does not hold. What is published in between is not seen; whoever regenerates asks for the version once more.

mod connections;
mod holders;
mod other_secrets;
mod sighting;
mod survey;

use std::collections::BTreeSet;

use rotation::{
    AccountSeen, Breadth, Enrolment, Failure, HOLDERS_MOVED_AT, KeyName, KeySeen, Observation, Obstacle, Run,
    SecretId, SecretSeen, Survey, Tags, WorkspaceId,
};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use self::sighting::Tracing;
use crate::azure::{AccessKeys, StorageAccount, StoredSecret};
use crate::failure::{failure, refusal};
use crate::rights::{GET_SECRET, LIST_KEYS, READ_ACCOUNT};
use crate::rotator::Rotator;

/// Looks at `target`.
///
/// `before` is what the look before it in this run saw, `written` what was written since.
///
/// # Errors
///
/// When a service did not answer as it should; what a person has to mend is no error, but part of the observation.
pub(crate) async fn observe(
    rotator: &Rotator,
    target: &SecretId,
    before: Option<&Observation>,
    breadth: Breadth,
    written: &BTreeSet<WorkspaceId>,
    run: &mut Run,
) -> Result<Observation, Failure> {
    let mut observation = Observation {
        target: target.clone(),
        vault_allowed: rotator.allows(target.vault()),
        secret: Err(Obstacle::SecretNotFound),
        account: Err(Obstacle::AccountNotNamed),
        survey: Survey::none(),
        run: run.clone(),
    };
    if !observation.vault_allowed {
        return Ok(observation);
    }
    observation.secret = see_secret(rotator, target).await?;
    let Some(enrolment) = enrolment_of(rotator, &observation) else {
        return Ok(observation);
    };
    let account = match see_account(rotator, &enrolment).await? {
        Ok(account) => account,
        Err(obstacle) => {
            observation.account = Err(obstacle);
            return Ok(observation);
        }
    };
    let surveyed = match breadth {
        Breadth::Whole => survey::whole(rotator, target, &enrolment.account, run).await?,
        Breadth::Narrow => {
            let same_account = |before: &&Observation| {
                enrolment_of(rotator, before).is_some_and(|before| before.account == enrolment.account)
            };
            survey::narrow(rotator, before.filter(same_account).map(|before| &before.survey), written, run)
                .await
        }
    };
    let keys = list_keys(rotator, &enrolment).await?;
    observation.survey = surveyed.trace(&Tracing {
        account: enrolment.account.name(),
        keys: keys.as_ref().ok(),
        longest_sas: account.longest_sas,
        fingerprint_key: &rotator.fingerprint_key,
        now: rotator.clock.now(),
    });
    observation.account = keys.map(|keys| AccountSeen {
        key1: key_seen(rotator, &keys, KeyName::Key1),
        key2: key_seen(rotator, &keys, KeyName::Key2),
    });
    observation.run = run.clone();
    Ok(observation)
}

fn enrolment_of(rotator: &Rotator, observation: &Observation) -> Option<Enrolment> {
    observation.secret.as_ref().ok()?.tags.enrolment(&rotator.policy).ok()
}

async fn see_secret(rotator: &Rotator, target: &SecretId) -> Result<Result<SecretSeen, Obstacle>, Failure> {
    let stored = match rotator.azure.key_vaults.get(target).await {
        Ok(stored) => stored,
        Err(error) if error.is_not_found() => return Ok(Err(Obstacle::SecretNotFound)),
        Err(error) if error.is_secret_disabled() => return Ok(Err(Obstacle::SecretDisabled)),
        Err(error) if error.is_behind_firewall() => return Ok(Err(Obstacle::VaultFirewall)),
        Err(error) if error.is_forbidden() => return Ok(Err(refusal(GET_SECRET, target))),
        Err(error) => return Err(failure(&error, GET_SECRET, target)),
    };
    let Some(published_at) = stored.created else {
        let version = &stored.version;
        let what = format!("the vault does not say when version {version} of `{target}` was made");
        return Err(Failure::look_again(what));
    };
    Ok(secret_seen(rotator, &stored, published_at))
}

fn secret_seen(
    rotator: &Rotator,
    stored: &StoredSecret,
    published_at: OffsetDateTime,
) -> Result<SecretSeen, Obstacle> {
    let tag = |name: &str| stored.tags.get(name).cloned();
    let holders_moved_at = match tag(HOLDERS_MOVED_AT) {
        None => None,
        Some(text) => Some(
            OffsetDateTime::parse(&text, &Rfc3339)
                .map_err(|_| Obstacle::TagMalformed { tag: HOLDERS_MOVED_AT, text })?,
        ),
    };
    Ok(SecretSeen {
        version: stored.version.clone(),
        value: rotator.fingerprint_key.fingerprint(&stored.value),
        published_at,
        expires: stored.expires,
        tags: Tags::read(tag),
        holders_moved_at,
    })
}

/// What the account is set to, or what about it makes it useless to look further.
async fn see_account(
    rotator: &Rotator,
    enrolment: &Enrolment,
) -> Result<Result<StorageAccount, Obstacle>, Failure> {
    let account = &enrolment.account;
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

async fn list_keys(
    rotator: &Rotator,
    enrolment: &Enrolment,
) -> Result<Result<AccessKeys, Obstacle>, Failure> {
    let account = &enrolment.account;
    match rotator.azure.storage_accounts.list_keys(account).await {
        Ok(keys) => Ok(Ok(keys)),
        Err(error) if error.is_locked() => Ok(Err(Obstacle::ReadOnlyLock(account.clone()))),
        Err(error) if error.is_not_found() => Ok(Err(Obstacle::AccountNotFound(account.clone()))),
        Err(error) if error.is_forbidden() => Ok(Err(refusal(LIST_KEYS, account))),
        Err(error) => Err(failure(&error, LIST_KEYS, account)),
    }
}

fn key_seen(rotator: &Rotator, keys: &AccessKeys, name: KeyName) -> KeySeen {
    let key = keys.get(name);
    KeySeen { value: rotator.fingerprint_key.fingerprint(&key.value), created: key.created }
}

#[cfg(test)]
mod tests;
