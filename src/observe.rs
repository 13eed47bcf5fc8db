//! One pass over the outside: facts and fingerprints in, no decision.
//!
//! A look reads the secret first and the keys last, so that a key that is regenerated in between is seen as one that the
//! secret does not hold. What is published in between is not seen; whoever regenerates asks for the version once more.

mod connections;
mod holders;
mod other_secrets;
mod secret;
mod sighting;
mod survey;

use std::collections::BTreeSet;

use rotation::{
    AccountSeen, Breadth, Enrolment, Failure, KeyName, KeySeen, Observation, Obstacle, Run, SecretId, Survey,
    WorkspaceId,
};

use self::sighting::Tracing;
use crate::azure::{AccessKeys, StorageAccount};
use crate::failure::{failure, refusal};
use crate::rights::{LIST_KEYS, READ_ACCOUNT};
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
        declared: rotator.declaration_of(target).cloned(),
        forced: None,
        secret: Err(Obstacle::SecretNotFound),
        account: Err(Obstacle::AccountNotNamed),
        survey: Survey::none(),
        run: run.clone(),
    };
    if !observation.vault_allowed {
        return Ok(observation);
    }
    observation.secret = secret::see(rotator, target).await?;
    let (Ok(enrolment), Ok(_) | Err(Obstacle::SecretNotFound)) =
        (observation.enrolment(&rotator.policy), &observation.secret)
    else {
        return Ok(observation);
    };
    let declared = other_secrets::declared(rotator, target, &enrolment.account);
    observation.survey.other_secrets.clone_from(&declared);
    if observation.declared.is_none() && !declared.is_empty() {
        // Another one counts, whatever else there is to be seen.
        return Ok(observation);
    }
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
                before.enrolment(&rotator.policy).is_ok_and(|before| before.account == enrolment.account)
            };
            survey::narrow(rotator, before.filter(same_account).map(|before| &before.survey), written, run)
                .await
        }
    };
    let keys = list_keys(rotator, &enrolment).await?;
    let tracing = Tracing {
        account: enrolment.account.name(),
        keys: keys.as_ref().ok(),
        longest_sas: account.longest_sas,
        fingerprint_key: &rotator.fingerprint_key,
        now: rotator.clock.now(),
    };
    observation.survey = surveyed.trace(&tracing, run);
    let others = &mut observation.survey.other_secrets;
    others.retain(|other| !other.is_declared);
    others.extend(declared);
    observation.account = keys.map(|keys| AccountSeen {
        key1: key_seen(rotator, &keys, KeyName::Key1),
        key2: key_seen(rotator, &keys, KeyName::Key2),
    });
    see_earlier_versions(rotator, &mut observation, run).await?;
    run.remember(&observation, rotator.clock.now());
    observation.run = run.clone();
    Ok(observation)
}

/// A secret that was seen before in this run to hold neither key may still have held one once: whether it is healed
/// hangs on that.
async fn see_earlier_versions(
    rotator: &Rotator,
    observation: &mut Observation,
    run: &Run,
) -> Result<(), Failure> {
    let (Ok(secret), Ok(account)) = (&mut observation.secret, &observation.account) else {
        return Ok(());
    };
    if observation.declared.is_none() && run.neither.is_some() && account.name_of(secret.value).is_none() {
        secret.earlier = secret::earlier(rotator, &observation.target, &secret.version).await?;
    }
    Ok(())
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
