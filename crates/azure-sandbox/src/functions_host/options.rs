//! What a host is started with.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::log::LogSink;
use super::queue::QueueStorage;
use super::timer_status::TimerStatuses;
use crate::witness::Witness;

/// What a [`FunctionsHost`](super::FunctionsHost) is started with.
#[derive(Clone)]
pub struct FunctionsHostOptions {
    /// The folder of the function app: `host.json`, one folder with a `function.json` per function, the executable.
    pub app_root: PathBuf,
    /// The app settings: all that the handler finds in its environment, besides `PATH`, `HOME` and what the host sets.
    pub environment: BTreeMap<String, String>,
    /// The queues of the app's storage account; they outlive a host that is killed if a clone is kept.
    pub queues: QueueStorage,
    /// Is called with every line of the log.
    pub log_sink: Option<LogSink>,
    /// Is shown all that comes out of the handler: log, answers, messages, files.
    pub witness: Option<Arc<dyn Witness>>,
    /// What the app's timers left in its storage account; it outlives a host if a clone is kept.
    pub timers: TimerStatuses,
    /// How long a message stays hidden while it runs: ten minutes, renewed at half of that. So long it stays hidden
    /// when its host was killed.
    pub running_visibility: Duration,
    /// How long a message that failed stays hidden, instead of host.json's `extensions.queues.visibilityTimeout`.
    pub visibility_timeout: Option<Duration>,
    /// How long an invocation may take, instead of host.json's `functionTimeout`.
    pub function_timeout: Option<Duration>,
    /// How long the handler has until it answers `GET /`, instead of `customHandler.initializationTimeout`.
    pub initialization_timeout: Option<Duration>,
    /// How long after a function timeout the handler is killed; the real host takes two seconds.
    pub kill_delay: Duration,
}

impl FunctionsHostOptions {
    /// The application in `app_root`, with an empty environment, empty queues and the times of its `host.json`.
    pub fn new(app_root: impl Into<PathBuf>) -> Self {
        Self {
            app_root: app_root.into(),
            environment: BTreeMap::new(),
            queues: QueueStorage::new(),
            log_sink: None,
            witness: None,
            timers: TimerStatuses::new(),
            running_visibility: Duration::from_secs(10 * 60),
            visibility_timeout: None,
            function_timeout: None,
            initialization_timeout: None,
            kill_delay: Duration::from_secs(2),
        }
    }
}

impl fmt::Debug for FunctionsHostOptions {
    /// Names the settings only: a value may be a secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FunctionsHostOptions")
            .field("app_root", &self.app_root)
            .field("environment", &self.environment.keys())
            .finish_non_exhaustive()
    }
}
