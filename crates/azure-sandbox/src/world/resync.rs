//! Workspace resyncs: long-running operations that end by themselves when their time has come.

use serde_json::json;
use tokio::time::Instant;

use super::workspace::SYSTEM_DATASTORES;
use super::{State, contains, folded};
use crate::clock;

/// One resync of one workspace.
#[derive(Debug, Clone)]
pub(crate) struct Resync {
    /// Folded id of the workspace.
    workspace: String,
    ends: Instant,
    pub(crate) progress: Progress,
}

impl Resync {
    /// Whether it was started in the subscription with this id.
    pub(crate) fn lies_in(&self, subscription: &str) -> bool {
        contains(subscription, &self.workspace)
    }
}

/// How far a resync is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Running,
    Succeeded,
    Failed,
}

impl State {
    /// Starts a resync; says under which id it can be asked about.
    pub(crate) fn start_resync(&mut self, workspace_id: &str) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        let ends = Instant::now() + self.behaviour.resync_duration;
        let resync = Resync { workspace: folded(workspace_id), ends, progress: Progress::Running };
        self.resyncs.insert(id.clone(), resync);
        self.catch_up();
        id
    }

    /// Resyncs that are due, with the time at which they end.
    pub(super) fn ended_resyncs(&self, now: Instant) -> Vec<(Instant, String)> {
        let due = |resync: &Resync| resync.progress == Progress::Running && resync.ends <= now;
        let resyncs = self.resyncs.iter().filter(|(_, resync)| due(resync));
        resyncs.map(|(id, resync)| (resync.ends, id.clone())).collect()
    }

    /// Ends a resync, well or not.
    pub(super) fn end_resync(&mut self, id: &str) {
        let Some(workspace) = self.resyncs.get(id).map(|resync| resync.workspace.clone()) else { return };
        let progress = self.read_slot(&workspace);
        if let Some(resync) = self.resyncs.get_mut(id) {
            resync.progress = progress;
        }
    }

    /// What a resync does at its end: the slot's value, whatever it is by then, goes into the cache.
    fn read_slot(&mut self, workspace: &str) -> Progress {
        let cloud = self.cloud;
        let rewrites = self.behaviour.resync_rewrites_system_datastores;
        let Some(found) = self.workspaces.get(workspace) else { return Progress::Failed };
        let account = self.account_by_id(&found.storage_account);
        let value = account.map(|account| account.key(found.slot).value.clone());
        let (Some(value), false) = (value, found.resync_fails) else { return Progress::Failed };
        let account = super::resource_name(&found.storage_account).to_ascii_lowercase();
        let Some(workspace) = self.workspaces.get_mut(workspace) else { return Progress::Failed };
        if rewrites {
            let now = clock::now();
            for name in SYSTEM_DATASTORES {
                let Some(datastore) = workspace.datastores.get_mut(name) else { continue };
                let same_account =
                    datastore.account(cloud).is_some_and(|name| name.eq_ignore_ascii_case(&account));
                if same_account && datastore.account_key().is_some() {
                    datastore.secrets = json!({ "secretsType": "AccountKey", "key": value.expose() });
                    datastore.written = datastore.written.again(now, "Microsoft.MachineLearningServices");
                    datastore.excused = false;
                }
            }
        }
        workspace.cache = Some(value);
        Progress::Succeeded
    }
}
