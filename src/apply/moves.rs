//! Gives holders the published key.

use futures::{StreamExt, stream};
use rotation::{Enrolment, Failure, HOLDERS_MOVED_AT, HolderId, Move, Observation, Run, WorkspaceId};
use time::format_description::well_known::Rfc3339;
use tracing::info;

use super::{Written, look_again, read_key};
use crate::Rotator;
use crate::azure::{AccessKey, Moved};
use crate::failure::failure;
use crate::resyncs::Resyncs;
use crate::rights::{GET_SECRET, UPDATE_SECRET, WRITE_DATASTORE};

/// Holders that are written at the same time; default datastores go one after the other.
const AT_ONCE: usize = 8;

/// Moves the holders, default datastores first, then resyncs the workspaces whose default was written.
pub(super) async fn move_holders(
    rotator: &Rotator,
    observation: &Observation,
    decided: Move,
    run: &mut Run,
    resyncs: &mut Resyncs,
) -> Written {
    let mut written = Written::default();
    let Move { default_datastores, others, .. } = &decided;
    run.moved.extend(default_datastores.iter().chain(others).cloned());
    let key = match prepare(rotator, observation, &decided).await {
        Ok(key) => key,
        Err(failure) => {
            run.fail(failure);
            return written;
        }
    };
    for holder in default_datastores {
        run.extend(move_holder(rotator, holder, &key).await.err());
    }
    let moves: Vec<_> = others.iter().map(|holder| move_holder(rotator, holder, &key)).collect();
    let results: Vec<Result<(), Failure>> = stream::iter(moves).buffer_unordered(AT_ONCE).collect().await;
    run.extend(results.into_iter().filter_map(Result::err));
    let workspaces: Vec<WorkspaceId> =
        default_datastores.iter().map(|holder| holder.workspace.clone()).collect();
    resyncs.start(rotator, &workspaces, run);
    resyncs.settle(run).await;
    written.workspaces.extend(workspaces);
    written.holders.extend(decided.default_datastores);
    written.holders.extend(decided.others);
    written
}

/// Writes down the time where holders have none of their own, and gives the published key.
async fn prepare(rotator: &Rotator, observation: &Observation, decided: &Move) -> Result<AccessKey, Failure> {
    let target = &observation.target;
    let secret = observation.secret.as_ref().map_err(|obstacle| look_again(obstacle.to_string()))?;
    let gone = || look_again(format!("`{target}` is no target any more"));
    let Enrolment { account, .. } = secret.tags.enrolment(&rotator.policy).map_err(|_| gone())?;
    if decided.note_the_time {
        let current = rotator.azure.key_vaults.get(target).await;
        let current = current.map_err(|error| failure(&error, GET_SECRET, target))?;
        if current.version != secret.version {
            return Err(look_again(format!("`{target}` got a new version while we worked")));
        }
        let mut tags = current.tags;
        let now = rotator.clock.now().format(&Rfc3339).map_err(|error| look_again(error.to_string()))?;
        tags.insert(HOLDERS_MOVED_AT.to_owned(), now);
        let update =
            rotator.azure.key_vaults.update_tags_and_expiry(target, &secret.version, tags, secret.expires);
        update.await.map_err(|error| failure(&error, UPDATE_SECRET, target))?;
    }
    read_key(rotator, &account, decided.key, secret.value).await
}

async fn move_holder(rotator: &Rotator, holder: &HolderId, key: &AccessKey) -> Result<(), Failure> {
    match rotator.azure.machine_learning.move_datastore(&holder.workspace, &holder.name, key).await {
        Ok(Moved::Done) => {
            info!(step = "move", holder = %holder, "moved {holder}");
            Ok(())
        }
        Ok(Moved::Gone) => {
            info!(step = "move", holder = %holder, "{holder} was deleted meanwhile");
            Ok(())
        }
        Ok(Moved::NotAccountKey) => {
            Err(look_again(format!("{holder} got other credentials while we worked")))
        }
        Err(error) => Err(failure(&error, WRITE_DATASTORE, &holder.workspace)),
    }
}
