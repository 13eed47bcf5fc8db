//! A local Azure Functions host, for custom handlers.
//!
//! It reads `host.json` and the functions' folders, starts the real executable, and sends it what the real host sends:
//! the payloads of host 4.1037.0 were recorded, and are held by tests. Event Grid, queue, timer and HTTP triggers and
//! queue and HTTP outputs are served; whatever else an application asks for is refused by name, never approximated in
//! silence. What was not seen running is taken from the host's source, and every file names its own.

mod admin;
mod answer;
mod background;
mod changes;
mod client;
mod console;
mod dotnet;
mod end;
mod error;
mod function_json;
mod host_json;
mod http;
mod invocation;
mod keys;
mod launch;
mod listening;
mod log;
mod members;
mod message_properties;
mod metadata;
mod options;
mod orphan;
mod output;
mod payload;
mod process;
mod queue;
mod queue_trigger;
mod records;
mod restarts;
mod route;
mod schedule;
mod server;
mod start;
mod timer_status;
mod timer_trigger;
mod view;
mod webhook;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

pub use self::error::{HostError, NotIdle};
pub use self::keys::HostKeys;
pub use self::log::{HostLogLine, LogLevel, LogSink};
pub use self::options::FunctionsHostOptions;
pub use self::orphan::OrphanedHandler;
pub use self::queue::{QueueMessage, QueueStorage};
pub use self::records::{InvocationOutcome, InvocationRecord};
pub use self::timer_status::TimerStatuses;

use self::invocation::Invoker;
use self::process::{HandlerState, Request};
use self::timer_trigger::FireRequest;
use self::view::{Folders, View};

/// A running host with its handler. Dropping it kills both.
pub struct FunctionsHost {
    state: watch::Receiver<HandlerState>,
    end: watch::Sender<HandlerState>,
    requests: mpsc::Sender<Request>,
    process_id: Arc<AtomicU32>,
    trigger_queues: Vec<String>,
    timers: BTreeMap<String, mpsc::Sender<FireRequest>>,
    listens: watch::Sender<bool>,
    /// Queue and timer triggers. Aborted when the host is dropped; so are the other tasks.
    listeners: JoinSet<()>,
    invoker: Arc<Invoker>,
    address: String,
    keys: HostKeys,
    /// The paths of HTTP functions.
    paths: BTreeMap<String, String>,
    view: View,
    folders: Folders,
    tasks: JoinSet<()>,
}

impl FunctionsHost {
    /// Starts the application, and waits until its handler answers. If the operating system refuses to start the
    /// handler (its file lacks the run bit), the host is up all the same, and every invocation waits out its timeout.
    ///
    /// # Errors
    ///
    /// If the application is not one that this host knows to serve, or its handler never gets ready.
    pub async fn start(options: FunctionsHostOptions) -> Result<Self, HostError> {
        start::start(options).await
    }

    /// Where Event Grid delivers events for `function`, with the key.
    #[must_use]
    pub fn event_grid_webhook(&self, function: &str) -> String {
        let (address, key) = (&self.address, self.keys.event_grid());
        format!("http://{address}/runtime/webhooks/eventgrid?functionName={function}&code={key}")
    }

    /// Where an HTTP function is called, without a key and up to the first parameter of its route. `None` if there is
    /// no such function.
    #[must_use]
    pub fn http_url(&self, function: &str) -> Option<String> {
        self.paths.get(function).map(|path| format!("http://{}{path}", self.address))
    }

    /// Where `function` is invoked with the master key, unless it is an HTTP function.
    #[must_use]
    pub fn admin_url(&self, function: &str) -> String {
        format!("http://{}/admin/functions/{function}", self.address)
    }

    /// The keys that open all these.
    #[must_use]
    pub fn keys(&self) -> &HostKeys {
        &self.keys
    }

    /// Lets the next time of a timer come now, and waits until the invocation has ended; what came of it stands in
    /// [`invocations`](Self::invocations).
    ///
    /// # Errors
    ///
    /// If there is no such timer, or the host has ended.
    pub async fn fire_timer(&self, function: &str) -> Result<(), HostError> {
        let timer =
            self.timers.get(function).ok_or_else(|| HostError::NoTimer { function: function.to_owned() })?;
        let (done, fired) = oneshot::channel();
        let ended = || HostError::Ended { reason: self.has_ended().unwrap_or_default() };
        timer.send(done).await.map_err(|_| ended())?;
        fired.await.map_err(|_| ended())
    }

    /// Puts a message on a queue, as base64.
    pub fn enqueue(&self, queue: &str, text: &str) {
        self.invoker.queues.put(queue, text.as_bytes());
    }

    /// The messages of a queue, hidden ones too.
    #[must_use]
    pub fn queue_messages(&self, queue: &str) -> Vec<QueueMessage> {
        self.invoker.queues.messages(queue)
    }

    /// The queues of the application's storage account.
    #[must_use]
    pub fn queues(&self) -> &QueueStorage {
        &self.invoker.queues
    }

    /// Every line that was logged so far.
    #[must_use]
    pub fn log(&self) -> Vec<HostLogLine> {
        self.invoker.log.lines()
    }

    /// Every line that will be logged.
    #[must_use]
    pub fn subscribe_to_log(&self) -> broadcast::Receiver<HostLogLine> {
        self.invoker.log.subscribe()
    }

    /// Every invocation so far, in the order of their starts.
    #[must_use]
    pub fn invocations(&self) -> Vec<InvocationRecord> {
        self.invoker.records.all()
    }

    /// The handler's process id, while there is a handler.
    #[must_use]
    pub fn handler_process_id(&self) -> Option<u32> {
        match self.process_id.load(Ordering::SeqCst) {
            0 => None,
            id => Some(id),
        }
    }

    /// Sends SIGKILL to the handler, as if somebody outside did. The host sees it die, and starts it again.
    pub async fn kill_handler(&self) {
        // It fails only if no supervisor is left, and then there is no handler either.
        let _ = self.requests.send(Request::KillFromOutside).await;
    }

    /// Why the host has ended, if it has.
    #[must_use]
    pub fn has_ended(&self) -> Option<String> {
        match &*self.state.borrow() {
            HandlerState::Ended(reason) => Some(reason.clone()),
            HandlerState::Starting | HandlerState::Ready | HandlerState::NotStarted(_) => None,
        }
    }

    /// Waits until the handler answers, for the first time or again after it was started anew.
    ///
    /// # Errors
    ///
    /// If the host has ended.
    pub async fn wait_until_ready(&self) -> Result<(), HostError> {
        let mut state = self.state.clone();
        let reached = state.wait_for(|state| *state != HandlerState::Starting).await;
        match reached.as_deref() {
            Ok(HandlerState::Ended(reason)) => Err(HostError::Ended { reason: reason.clone() }),
            Ok(HandlerState::NotStarted(reason)) => Err(HostError::NoHandler { reason: reason.clone() }),
            Ok(HandlerState::Starting | HandlerState::Ready) => Ok(()),
            Err(_) => Err(HostError::Ended { reason: "its supervisor is gone".to_owned() }),
        }
    }

    /// Waits until nothing runs and no message lies on a queue that triggers a function. A message that waits for its
    /// next attempt is not at rest.
    ///
    /// # Errors
    ///
    /// If that does not happen within `timeout`, or the host has ended.
    pub async fn wait_until_idle(&self, timeout: Duration) -> Result<(), NotIdle> {
        let deadline = Instant::now() + timeout;
        let mut changes = self.invoker.queues.changes().subscribe();
        let mut state = self.state.clone();
        loop {
            if let Some(reason) = self.has_ended() {
                return Err(NotIdle::Ended { reason });
            }
            // Twice, because the queues are not looked at in one instant: what started in between may have refilled one.
            let before = self.invoker.records.count_at_rest();
            let empty = self.trigger_queues.iter().all(|queue| self.invoker.queues.is_empty(queue));
            if empty && before.is_some() && before == self.invoker.records.count_at_rest() {
                return Ok(());
            }
            let change = async {
                tokio::select! {
                    _ = changes.changed() => {}
                    _ = state.changed() => {}
                }
            };
            if timeout_at(deadline, change).await.is_err() {
                return Err(self.busy(timeout));
            }
        }
    }

    /// Shows the witness every file that lies in the application's folder now. A host does it at its end too.
    ///
    /// # Errors
    ///
    /// If a file that is there cannot be read.
    pub fn show_files(&self) -> io::Result<()> {
        self.view.files(&self.folders)
    }

    fn busy(&self, waited: Duration) -> NotIdle {
        let records = self.invoker.records.all();
        NotIdle::Busy {
            waited,
            running: records.iter().filter(|record| record.outcome == InvocationOutcome::Running).count(),
            messages: self.trigger_queues.iter().map(|queue| self.invoker.queues.messages(queue).len()).sum(),
        }
    }
}
