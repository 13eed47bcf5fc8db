//! Carries out one decision. The only place outside the adapters where a key value passes through: it is read from
//! the account, compared with what the look saw, and handed on.

mod amend;
mod moves;
mod publish;
mod regenerate;

use std::collections::BTreeSet;
use std::time::Duration;

use rotation::{
    Decision, Enrolment, Failure, Fingerprint, KeyName, Observation, Run, StorageAccountId, WorkspaceId,
};

use tokio::time::{Instant, sleep};

use crate::activation::Activation;
use crate::azure::{AccessKey, AccessKeys, StoredSecret};
use crate::failure::failure;
use crate::lock::Lease;
use crate::resyncs::{Resync, Resyncs};
use crate::rights::{GET_SECRET, LIST_KEYS};
use crate::rotator::Rotator;

/// How long the vault may take to return what it was given.
const LONGEST_VAULT_LAG: Duration = Duration::from_secs(30);
/// The longest pause between two questions.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// One step of a run: what it works with, and what it rests on.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) rotator: &'a Rotator,
    pub(crate) activation: &'a Activation,
    /// When the run began.
    pub(crate) started: Instant,
    /// Every write asks it whether it may be sent.
    pub(crate) lease: &'a Lease,
    /// What the decision was made on.
    pub(crate) observation: &'a Observation,
}

/// Carries out `decision`, and gives the workspaces whose cache it wrote, for the next look to read again. What failed
/// is in `run.failures` afterwards.
pub(crate) async fn apply(
    step: Step<'_>,
    decision: Decision,
    run: &mut Run,
    resyncs: &mut Resyncs,
) -> BTreeSet<WorkspaceId> {
    match decision {
        Decision::Amend(amendment) => {
            amend::amend(step, &amendment, run).await;
            BTreeSet::new()
        }
        Decision::Resync(workspaces) => {
            resyncs.start(step.rotator, step.lease, Resync::each(&workspaces), run);
            resyncs.settle(run).await;
            workspaces.into_iter().collect()
        }
        Decision::Regenerate(regeneration) => {
            regenerate::regenerate(step, regeneration, run, resyncs).await;
            BTreeSet::new()
        }
        Decision::Publish(publication) => {
            publish::publish(step, &publication, run, resyncs).await;
            run.resynced.clone()
        }
        Decision::Move(decided) => moves::move_holders(step, decided, run, resyncs).await,
        Decision::Ignore(_)
        | Decision::Blocked(_)
        | Decision::LookWhole(_)
        | Decision::LookAgain { .. }
        | Decision::Wait { .. }
        | Decision::UpToDate { .. }
        | Decision::Unfinished(_) => BTreeSet::new(),
    }
}

/// What the observed secret stands for.
pub(crate) fn enrolment(rotator: &Rotator, observation: &Observation) -> Result<Enrolment, Failure> {
    observation
        .enrolment(&rotator.policy)
        .map_err(|_| Failure::look_again(format!("`{}` is no target any more", observation.target)))
}

/// Reads the secret once more, if it is still the version that the look saw.
async fn read_secret(rotator: &Rotator, observation: &Observation) -> Result<StoredSecret, Failure> {
    let target = &observation.target;
    let current = rotator.azure.key_vaults.get(target).await;
    let current = current.map_err(|error| failure(&error, GET_SECRET, target))?;
    if observation.secret.as_ref().map(|secret| secret.version.as_str()) == Ok(current.version.as_str()) {
        Ok(current)
    } else {
        Err(Failure::look_again(format!("`{target}` got a new version while we looked or worked")))
    }
}

/// Reads the secret once more, if nobody changed it since the look, in place neither: what was decided goes by its tags and
/// its expiry too, and a report of a leak is not to be written over.
async fn read_unchanged_secret(
    rotator: &Rotator,
    observation: &Observation,
) -> Result<StoredSecret, Failure> {
    let current = read_secret(rotator, observation).await?;
    if observation.secret.as_ref().is_ok_and(|secret| secret.updated_at == current.updated) {
        Ok(current)
    } else {
        let target = &observation.target;
        Err(Failure::look_again(format!("`{target}` was changed in place while we looked or worked")))
    }
}

/// Waits until the vault returns what it was given; `what` says what that is.
async fn returned(
    step: Step<'_>,
    what: &str,
    is_it: impl Fn(&StoredSecret) -> bool + Send,
) -> Result<(), Failure> {
    let Step { rotator, observation, .. } = step;
    let target = &observation.target;
    let started = Instant::now();
    let mut pause = Duration::from_millis(200);
    loop {
        match rotator.azure.key_vaults.get(target).await {
            Ok(current) if is_it(&current) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(failure(&error, GET_SECRET, target)),
        }
        if LONGEST_VAULT_LAG <= started.elapsed() {
            return Err(Failure::look_again(format!("the vault does not return {what} yet")));
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Reads a key from the account, if it is still the one that the look saw.
async fn read_key(
    rotator: &Rotator,
    account: &StorageAccountId,
    name: KeyName,
    seen: Fingerprint,
) -> Result<AccessKey, Failure> {
    let keys = read_keys(rotator, account, name, seen).await?;
    Ok(match name {
        KeyName::Key1 => keys.key1.value,
        KeyName::Key2 => keys.key2.value,
    })
}

/// Reads both keys from the account, if the one of that name is still the one that the look saw.
async fn read_keys(
    rotator: &Rotator,
    account: &StorageAccountId,
    name: KeyName,
    seen: Fingerprint,
) -> Result<AccessKeys, Failure> {
    let keys = rotator.azure.storage_accounts.list_keys(account).await;
    let keys = keys.map_err(|error| failure(&error, LIST_KEYS, account))?;
    if rotator.fingerprint_key.fingerprint(&keys.get(name).value) == seen {
        Ok(keys)
    } else {
        Err(Failure::look_again(format!(
            "`{name}` of storage account `{}` changed while we worked",
            account.name()
        )))
    }
}

#[cfg(test)]
mod tests;
