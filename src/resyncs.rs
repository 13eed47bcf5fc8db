//! The resyncs that run beside the rest of a rotation.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use rotation::{Dependent, Failure, Run, WorkspaceId};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{Instrument, info, warn};

use crate::azure::MachineLearning;
use crate::failure::{chain, failure, refusal};
use crate::lock::Lease;
use crate::rights::{RESYNC_KEYS, WATCH_RESYNC};
use crate::rotator::Rotator;
use crate::telemetry::milliseconds;

/// A resync to start.
pub(crate) struct Resync {
    /// Whose.
    pub(crate) workspace: WorkspaceId,
    /// Since when its own copy may be a key that this run made useless: the one exposure there is.
    pub(crate) on_a_dead_key_since: Option<Instant>,
}

impl Resync {
    /// Resyncs of workspaces that are on no key that this run made useless.
    pub(crate) fn each<'a>(
        workspaces: impl IntoIterator<Item = &'a WorkspaceId>,
    ) -> impl Iterator<Item = Self> {
        let workspaces = workspaces.into_iter().cloned();
        workspaces.map(|workspace| Self { workspace, on_a_dead_key_since: None })
    }
}

/// Resyncs that were started and not waited for yet.
#[derive(Default)]
pub(crate) struct Resyncs(FuturesUnordered<JoinHandle<Result<(), Failure>>>);

impl Resyncs {
    /// Starts resyncs; the run remembers that it did. Without the lease it starts none.
    pub(crate) fn start(
        &self,
        rotator: &Rotator,
        lease: &Lease,
        resyncs: impl IntoIterator<Item = Resync>,
        run: &mut Run,
    ) {
        for started in resyncs {
            if let Err(lost) = lease.check() {
                run.fail(lost);
                return;
            }
            run.resynced.insert(started.workspace.clone());
            let task = resync(rotator.azure.machine_learning.clone(), started).in_current_span();
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

async fn resync(machine_learning: MachineLearning, resync: Resync) -> Result<(), Failure> {
    let Resync { workspace, on_a_dead_key_since } = resync;
    let started = Instant::now();
    let answer = machine_learning.resync_keys(&workspace).await;
    let duration_ms = milliseconds(started.elapsed());
    let exposed = on_a_dead_key_since.map(|since| since.elapsed());
    let exposed_ms = exposed.map(milliseconds);
    let name = workspace.name();
    match answer {
        Ok(()) => {
            let until_then = exposed.map_or_else(String::new, |exposed| {
                format!(", which may have been on a dead key for {}", seconds(exposed))
            });
            info!(step = "resync", workspace = %workspace, duration_ms, exposed_ms, "resynced workspace `{name}`{until_then}");
            Ok(())
        }
        Err(error) if error.is_not_watchable() => {
            // It goes on by itself; the look after it sees what the workspace keeps.
            let hint = refusal(WATCH_RESYNC, &format!("/subscriptions/{}", workspace.subscription())).hint();
            warn!(step = "resync", workspace = %workspace, exposed_ms, %hint, "{}; hint: {hint}", chain(&error));
            Ok(())
        }
        Err(error) => {
            if let Some(exposed) = exposed {
                let exposed = seconds(exposed);
                warn!(step = "resync", workspace = %workspace, exposed_ms, "workspace `{name}` may be on a dead key, for {exposed} by now: its resync failed");
            }
            let about = Dependent::Workspace(workspace.clone());
            Err(failure(&error, RESYNC_KEYS, &workspace).about(about))
        }
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
