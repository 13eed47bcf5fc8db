//! Carries out one decision. The only place outside the adapters where a key value passes through: it is read from
//! the account, compared with what the look saw, and handed on.

mod moves;
mod publish;
mod regenerate;

use std::collections::BTreeSet;

use rotation::{
    Decision, Disposition, Failure, Fingerprint, HolderId, KeyName, Observation, Run, StorageAccountId,
    WorkspaceId,
};

use crate::azure::AccessKey;
use crate::failure::failure;
use crate::resyncs::Resyncs;
use crate::rights::LIST_KEYS;
use crate::{Activation, Rotator};

/// What a decision wrote, for the next look to read again.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) holders: BTreeSet<HolderId>,
    pub(crate) workspaces: BTreeSet<WorkspaceId>,
}

/// Carries out `decision`, which was made on `observation`. What failed is in `run.failures` afterwards.
pub(crate) async fn apply(
    rotator: &Rotator,
    activation: &Activation,
    observation: &Observation,
    decision: Decision,
    run: &mut Run,
    resyncs: &mut Resyncs,
) -> Written {
    let mut written = Written::default();
    match decision {
        Decision::Resync(workspaces) => {
            resyncs.start(rotator, &workspaces, run);
            resyncs.settle(run).await;
            written.workspaces.extend(workspaces);
        }
        Decision::Regenerate(regeneration) => {
            regenerate::regenerate(rotator, observation, regeneration, run, resyncs).await;
        }
        Decision::Publish(publication) => {
            publish::publish(rotator, activation, observation, &publication, run, resyncs).await;
            written.workspaces.extend(run.resynced.iter().cloned());
        }
        Decision::Move(decided) => {
            written = moves::move_holders(rotator, observation, decided, run, resyncs).await;
        }
        Decision::Ignore(_)
        | Decision::Blocked(_)
        | Decision::LookWhole(_)
        | Decision::Wait { .. }
        | Decision::UpToDate { .. }
        | Decision::Unfinished(_) => {}
    }
    written
}

/// Reads a key from the account, if it is still the one that the look saw.
async fn read_key(
    rotator: &Rotator,
    account: &StorageAccountId,
    name: KeyName,
    seen: Fingerprint,
) -> Result<AccessKey, Failure> {
    let keys = rotator.azure.storage_accounts.list_keys(account).await;
    let keys = keys.map_err(|error| failure(&error, LIST_KEYS, account))?;
    let key = match name {
        KeyName::Key1 => keys.key1.value,
        KeyName::Key2 => keys.key2.value,
    };
    if rotator.fingerprint_key.fingerprint(&key) == seen {
        Ok(key)
    } else {
        Err(look_again(format!("`{name}` of storage account `{}` changed while we worked", account.name())))
    }
}

fn look_again(what: String) -> Failure {
    Failure { what, disposition: Disposition::LookAgain }
}
