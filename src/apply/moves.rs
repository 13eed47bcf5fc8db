//! Gives holders the published key.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use rotation::{
    Dependent, Failure, HOLDERS_MOVED_AT, HolderId, HolderKind, KeyName, Move, Run, StorageAccountId,
    WorkspaceId,
};
use time::Duration;
use time::format_description::well_known::Rfc3339;
use tracing::info;

use super::{Step, enrolment, read_keys, read_secret};
use crate::azure::{AccessKeys, Moved, NewKey, StorageCredentials};
use crate::failure::failure;
use crate::resyncs::{Resync, Resyncs};
use crate::rights::{READ_ACCOUNT, UPDATE_SECRET, WRITE_CONNECTION, WRITE_DATASTORE};

/// Holders that are written at the same time; default datastores go one after the other.
const AT_ONCE: usize = 64;

/// Moves the holders, default datastores first, then resyncs the workspaces whose default was written; gives those.
pub(super) async fn move_holders(
    step: Step<'_>,
    decided: Move,
    run: &mut Run,
    resyncs: &mut Resyncs,
) -> BTreeSet<WorkspaceId> {
    let Move { key, default_datastores, others, undated } = decided;
    run.moved.extend(default_datastores.iter().chain(&others).cloned());
    let signs = default_datastores.iter().chain(&others).any(|holder| holder.kind.is_signed());
    let moving = match Moving::prepare(step, key, signs).await {
        Ok(moving) => moving,
        Err(failure) => {
            run.fail(failure);
            return BTreeSet::new();
        }
    };
    let mut left_out = BTreeSet::new();
    let mut is_noted = false;
    if !undated.is_empty() {
        match moving.note_the_time().await {
            Ok(()) => is_noted = true,
            Err(failure) => {
                // Without the note nothing would tell how long their old key has rested.
                left_out.extend(undated);
                run.fail(failure);
            }
        }
    }
    let (default_datastores, others) = (without(&left_out, default_datastores), without(&left_out, others));
    for holder in &default_datastores {
        run.extend(moving.move_holder(holder).await.err());
    }
    let moves: Vec<_> = others.iter().map(|holder| moving.move_holder(holder)).collect();
    let results: Vec<Result<(), Failure>> = stream::iter(moves).buffer_unordered(AT_ONCE).collect().await;
    run.extend(results.into_iter().filter_map(Result::err));
    if is_noted {
        // The rest begins when the last of them was moved, and that may have taken its time.
        run.extend(moving.note_the_time().await.err());
    }
    let workspaces: BTreeSet<WorkspaceId> =
        default_datastores.into_iter().map(|holder| holder.workspace).collect();
    resyncs.start(step.rotator, step.lease, Resync::each(&workspaces), run);
    resyncs.settle(run).await;
    workspaces
}

/// Gives system datastores the published key, which has this name, without a resync that would take them back.
pub(super) async fn follow(
    step: Step<'_>,
    followers: &[HolderId],
    published: KeyName,
) -> Result<(), Failure> {
    if followers.is_empty() {
        return Ok(());
    }
    let moving = Moving::prepare(step, published, false).await?;
    for holder in followers {
        moving.move_holder(holder).await?;
    }
    Ok(())
}

fn without(left_out: &BTreeSet<HolderId>, holders: Vec<HolderId>) -> Vec<HolderId> {
    holders.into_iter().filter(|holder| !left_out.contains(holder)).collect()
}

struct Moving<'a> {
    step: Step<'a>,
    account: StorageAccountId,
    keys: AccessKeys,
    name: KeyName,
    /// The longest that a token may be valid to be let in; not read when none is to be signed.
    longest_sas: Option<Duration>,
}

impl<'a> Moving<'a> {
    /// Gets ready to give the published key, which has this name, and to sign tokens by it if any are to be signed.
    async fn prepare(step: Step<'a>, name: KeyName, signs: bool) -> Result<Self, Failure> {
        let Step { rotator, observation, .. } = step;
        let secret =
            observation.secret.as_ref().map_err(|obstacle| Failure::look_again(obstacle.to_string()))?;
        let account = enrolment(rotator, observation)?.account;
        let keys = read_keys(rotator, &account, name, secret.value).await?;
        let longest_sas = if signs {
            let set = rotator.azure.storage_accounts.get(&account).await;
            set.map_err(|error| failure(&error, READ_ACCOUNT, &account))?.longest_sas
        } else {
            None
        };
        Ok(Self { step, account, keys, name, longest_sas })
    }

    /// Writes on the secret that holders are moved now, because some have no date of their own.
    async fn note_the_time(&self) -> Result<(), Failure> {
        let Step { rotator, observation, lease, .. } = self.step;
        let target = &observation.target;
        let current = read_secret(rotator, observation).await?;
        let (version, expires, mut tags) = (current.version, current.expires, current.tags);
        let now =
            rotator.clock.now().format(&Rfc3339).map_err(|error| Failure::look_again(error.to_string()))?;
        tags.insert(HOLDERS_MOVED_AT.to_owned(), now);
        lease.check()?;
        let vaults = &rotator.azure.key_vaults;
        let updated = vaults.update_tags_and_expiry(target, &version, tags, expires).await;
        updated.map_err(|error| failure(&error, UPDATE_SECRET, target))
    }

    async fn move_holder(&self, holder: &HolderId) -> Result<(), Failure> {
        let about = || Dependent::Holder(holder.clone());
        let HolderId { workspace, kind, name } = holder;
        let machine_learning = &self.step.rotator.azure.machine_learning;
        let room = machine_learning.room_to_write(workspace).await;
        let room = room.map_err(|error| failure(&error, WRITE_DATASTORE, workspace).about(about()))?;
        self.step.lease.check()?;
        let new = NewKey {
            account: self.account.name(),
            keys: &self.keys,
            name: self.name,
            longest_sas: self.longest_sas,
        };
        let holds = if kind.is_signed() { StorageCredentials::Sas } else { StorageCredentials::AccountKey };
        let (moved, right) = match kind {
            HolderKind::Datastore | HolderKind::SasDatastore => {
                (machine_learning.move_datastore(workspace, name, holds, &new, room).await, WRITE_DATASTORE)
            }
            HolderKind::Connection | HolderKind::SasConnection => {
                (machine_learning.move_connection(workspace, name, holds, &new, room).await, WRITE_CONNECTION)
            }
            HolderKind::UnknownDatastore
            | HolderKind::UnknownConnection
            | HolderKind::UnknownSasConnection
            | HolderKind::ConnectionTarget => {
                return Err(Failure::look_again(format!("{holder} is none that we write")).about(about()));
            }
        };
        match moved {
            Ok(Moved::Done) => {
                info!(step = "move", holder = %holder, "moved {holder}");
                Ok(())
            }
            Ok(Moved::Gone) => {
                info!(step = "move", holder = %holder, "{holder} was deleted meanwhile");
                Ok(())
            }
            Ok(Moved::Changed) => {
                let what = format!("{holder} was changed by somebody while we worked");
                Err(Failure::look_again(what).about(about()))
            }
            Err(error) => Err(failure(&error, right, workspace).about(about())),
        }
    }
}
