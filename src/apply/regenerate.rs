//! Makes a new value for the alternate key, and starts the resyncs in the same breath.

use rotation::{Cache, Failure, KeyName, Observation, Regeneration, Run, StorageAccountId, WorkspaceId};
use tokio::time::Instant;
use tracing::{info, warn};

use super::{Step, moves, read_unchanged_secret};
use crate::azure::AccessKeys;
use crate::failure::failure;
use crate::lock::EXCLUSIVE_WRITE;
use crate::resyncs::{Resync, Resyncs};
use crate::rights::REGENERATE_KEY;
use crate::rotator::Rotator;
use crate::telemetry::milliseconds;

/// Regenerates the key, once: after an uncertain answer the next look tells what happened.
pub(super) async fn regenerate(step: Step<'_>, regeneration: Regeneration, run: &mut Run, resyncs: &Resyncs) {
    let Step { rotator, activation, started, observation, lease } = step;
    for broken in regeneration.breaks() {
        warn!(step = "compromised", key = %regeneration.key.name(), "{broken}");
    }
    let Regeneration { reason, key, followers, resync, cut_short: _ } = regeneration;
    let (account, name) = (key.account().clone(), key.name());
    // What goes back and forth with its workspace is on a key that stays alive until the resync takes it along.
    if let Err(failure) = moves::follow(step, &followers, name.alternate()).await {
        run.fail(failure);
        return;
    }
    // A look at many holders may have used up what may be asked of the subscription. What follows is not to wait for that.
    let room = rotator.azure.storage_accounts.room_to_regenerate(&account, resync.len()).await;
    let mut room = match room {
        Ok(room) => room,
        Err(error) => {
            run.fail(failure(&error, REGENERATE_KEY, &account));
            return;
        }
    };
    // The look took its time, and began with the secret: what was published since would be what is about to die, and
    // what was written on it since may say that this key is none of ours any more.
    if let Err(changed) = read_unchanged_secret(rotator, observation).await {
        run.fail(changed);
        return;
    }
    if let Err(too_little) = lease.check_for(EXCLUSIVE_WRITE) {
        run.fail(too_little);
        return;
    }
    run.regeneration_sent = Some(name);
    let mut is_uncertain = false;
    let sent = Instant::now();
    match rotator.azure.storage_accounts.regenerate_key(key, &mut room).await {
        Ok(keys) => {
            info!(
                step = "regenerate",
                audit = true,
                target = %observation.target,
                key = %name,
                account = %account,
                reason = %reason,
                asked_by = activation.asked_by,
                duration_ms = milliseconds(started.elapsed()),
                "regenerated `{name}` of storage account `{}`: {reason}",
                account.name()
            );
            match check_the_other_key(rotator, observation, &account, name, &keys) {
                Ok(()) => run.regenerated = Some(name),
                Err(changed) => run.fail(changed),
            }
        }
        Err(error) => {
            is_uncertain = error.is_uncertain();
            if is_uncertain {
                lease.leave_to_run_out(sent);
            }
            run.fail(failure(&error, REGENERATE_KEY, &account));
        }
    }
    // What was put by is for these.
    drop(room);
    // After an uncertain answer too: a resync harms nobody, and a workspace may have held the key that died.
    let resync = resync.into_iter().map(|workspace| Resync {
        on_a_dead_key_since: may_keep(observation, &workspace, name).then_some(sent),
        workspace,
    });
    resyncs.start(rotator, lease, resync, run);
    if is_uncertain {
        // They may have come before the key changed: whoever publishes it resyncs once more.
        run.resynced.clear();
    }
}

/// Whether a workspace's own copy may be the value that a regeneration of `key` ends.
fn may_keep(observation: &Observation, workspace: &WorkspaceId, key: KeyName) -> bool {
    let seen = observation.survey.workspaces.iter().find(|seen| seen.id == *workspace);
    match (seen.map(|seen| seen.cache), &observation.account) {
        (Some(Cache::Holds(value)), Ok(account)) => account.name_of(value) == Some(key),
        (Some(Cache::Unknown) | None, _) | (_, Err(_)) => true,
    }
}

/// Users report that asking for one key changed both (azure-cli #30899): then the vault holds a dead key, and nothing
/// is to be built on this regeneration.
fn check_the_other_key(
    rotator: &Rotator,
    observation: &Observation,
    account: &StorageAccountId,
    regenerated: KeyName,
    keys: &AccessKeys,
) -> Result<(), Failure> {
    let other = regenerated.alternate();
    let before = observation.account.as_ref().ok().map(|seen| seen.key(other).value);
    if before == Some(rotator.fingerprint_key.fingerprint(&keys.get(other).value)) {
        Ok(())
    } else {
        Err(Failure::look_again(format!(
            "`{other}` of storage account `{}` changed along with `{regenerated}`, which alone was asked for",
            account.name()
        )))
    }
}

#[cfg(test)]
mod tests;
