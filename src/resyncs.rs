//! The resyncs that run beside the rest of a rotation.

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use rotation::{Dependent, Failure, Run, WorkspaceId};
use tokio::task::JoinHandle;
use tracing::{Instrument, info, warn};

use crate::azure::MachineLearning;
use crate::failure::{chain, failure, refusal};
use crate::lock::Lease;
use crate::rights::{RESYNC_KEYS, WATCH_RESYNC};
use crate::rotator::Rotator;

/// Resyncs that were started and not waited for yet.
#[derive(Default)]
pub(crate) struct Resyncs(FuturesUnordered<JoinHandle<Result<(), Failure>>>);

impl Resyncs {
    /// Starts to resync `workspaces`; the run remembers that it did. Without the lease it starts none.
    pub(crate) fn start<'a>(
        &self,
        rotator: &Rotator,
        lease: &Lease,
        workspaces: impl IntoIterator<Item = &'a WorkspaceId>,
        run: &mut Run,
    ) {
        for workspace in workspaces {
            if let Err(lost) = lease.check() {
                run.fail(lost);
                return;
            }
            run.resynced.insert(workspace.clone());
            let task = resync(rotator.azure.machine_learning.clone(), workspace.clone()).in_current_span();
            self.0.push(tokio::spawn(task));
        }
    }

    /// Waits for all that were started; the run remembers what failed. Whether there were any.
    pub(crate) async fn settle(&mut self, run: &mut Run) -> bool {
        let any = !self.0.is_empty();
        while let Some(joined) = self.0.next().await {
            // What a panic said stays out: nobody can vouch for what it quotes. The log says where it was.
            let ended = joined.unwrap_or_else(|_panicked| Err(Failure::look_again("a resync died")));
            run.extend(ended.err());
        }
        any
    }
}

async fn resync(machine_learning: MachineLearning, workspace: WorkspaceId) -> Result<(), Failure> {
    match machine_learning.resync_keys(&workspace).await {
        Ok(()) => {
            info!(step = "resync", workspace = %workspace, "resynced workspace `{}`", workspace.name());
            Ok(())
        }
        Err(error) if error.is_not_watchable() => {
            // It goes on by itself; the look after it sees what the workspace keeps.
            let hint = refusal(WATCH_RESYNC, &format!("/subscriptions/{}", workspace.subscription())).hint();
            warn!(step = "resync", workspace = %workspace, hint, "{}; hint: {hint}", chain(&error));
            Ok(())
        }
        Err(error) => {
            let about = Dependent::Workspace(workspace.clone());
            Err(failure(&error, RESYNC_KEYS, &workspace).about(about))
        }
    }
}
