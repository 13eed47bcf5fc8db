//! How this Azure behaves where Azure's own behaviour varies or is not documented.

use std::time::Duration;

/// How this Azure behaves where Azure's own behaviour varies or is not documented.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// How long a workspace resync takes; zero answers 200 at once.
    pub resync_duration: Duration,
    /// `Retry-After` of a resync that is under way, in seconds; none leaves the pace to the client. The published
    /// contract allows 10 to 600, and a client in a hurry is glad of less.
    pub resync_retry_after: Option<u32>,
    /// Whether the answer to a resync also has an `Azure-AsyncOperation` address.
    pub resync_async_operation: bool,
    /// Whether a resync gives the workspace's system datastores the key that it read.
    pub resync_rewrites_system_datastores: bool,
    /// Whether a project lists the connections that its hub shares with all, too.
    pub projects_list_shared_connections: bool,
    /// Workspaces, connections and secrets on a page; datastores too where `count` is not given.
    pub page_size: usize,
    /// How long the data plane refuses a new key.
    pub data_plane_lag: Duration,
    /// How long a vault that is asked for the current version of a secret still gives the one before it; for the first
    /// version, none.
    pub vault_lag: time::Duration,
    /// Whether Azure records when a key was made.
    pub records_key_ages: bool,
    /// How long a key must rest after the last holder was moved off it; not watched where it need not rest.
    pub drain: time::Duration,
    /// How long a reader may use what it read from a vault.
    pub overlap: time::Duration,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            resync_duration: Duration::from_millis(200),
            resync_retry_after: None,
            resync_async_operation: false,
            resync_rewrites_system_datastores: false,
            projects_list_shared_connections: false,
            page_size: 30,
            data_plane_lag: Duration::ZERO,
            vault_lag: time::Duration::ZERO,
            records_key_ages: true,
            drain: time::Duration::ZERO,
            overlap: time::Duration::hours(24),
        }
    }
}
