//! A local Azure Functions host, for custom handlers.
//!
//! It reads `host.json` and the functions' folders, starts the real executable, and sends it what the real host sends:
//! the payloads of host 4.1037.0 were recorded, and are held by tests. Event Grid and queue triggers and queue outputs
//! are served; whatever else an application asks for is refused by name, never approximated in silence.

mod answer;
mod changes;
mod client;
mod console;
mod dotnet;
mod error;
mod function_json;
mod host_json;
mod invocation;
mod launch;
mod log;
mod members;
mod message_properties;
mod options;
mod output;
mod payload;
mod process;
mod queue;
mod queue_trigger;
mod records;
mod restarts;
mod view;
mod webhook;

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

pub use self::error::{HostError, NotIdle};
pub use self::log::{HostLogLine, LogLevel, LogSink};
pub use self::options::FunctionsHostOptions;
pub use self::queue::{QueueMessage, QueueStorage};
pub use self::records::{InvocationOutcome, InvocationRecord};

use self::client::HandlerClient;
use self::function_json::Trigger;
use self::host_json::HostJson;
use self::invocation::Invoker;
use self::launch::{free_port, launch};
use self::log::HostLog;
use self::process::{HandlerState, Kill, Supervisor};
use self::queue_trigger::QueueTrigger;
use self::records::Records;
use self::view::{Folders, View};
use self::webhook::Webhook;

/// A running host with its handler. Dropping it kills the handler, as SIGKILL to a host's container does.
pub struct FunctionsHost {
    state: watch::Receiver<HandlerState>,
    end: watch::Sender<HandlerState>,
    kills: mpsc::Sender<Kill>,
    process_id: Arc<AtomicU32>,
    queues: QueueStorage,
    trigger_queues: Vec<String>,
    records: Arc<Records>,
    log: Arc<HostLog>,
    webhook_address: String,
    webhook_key: String,
    view: View,
    folders: Folders,
    /// Aborted when the host is dropped.
    tasks: JoinSet<()>,
}

impl FunctionsHost {
    /// Starts the application, and waits until its handler answers.
    ///
    /// # Errors
    ///
    /// If the application is not one that this host knows to serve, or its handler never gets ready.
    pub async fn start(options: FunctionsHostOptions) -> Result<Self, HostError> {
        let mut settings = HostJson::read(&options.app_root)?;
        if let Some(timeout) = options.visibility_timeout {
            settings.queues.visibility_timeout = timeout;
        }
        let functions = function_json::read_all(&options.app_root, &options.environment)?;
        let function_timeout = options.function_timeout.or(settings.function_timeout);
        let view = View::new(options.witness.clone());
        options.queues.show_to(view.clone());
        let log = Arc::new(HostLog::new(options.log_sink.clone(), view.clone()));
        let port = free_port()?;
        let (end, state) = watch::channel(HandlerState::Starting);
        // Two may be under way at once: a timeout and somebody outside. More wait.
        let (kills, kill_requests) = mpsc::channel(2);
        let process_id = Arc::new(AtomicU32::new(0));
        let launch = launch(&options, &settings, port, function_timeout)?;
        view.command_line(&launch);
        let folders = Folders::of(&launch);
        let supervisor = Supervisor {
            launch,
            log: log.clone(),
            state: end.clone(),
            kills: kill_requests,
            process_id: process_id.clone(),
        };
        let records = Records::new(options.queues.clone());
        let invoker = Arc::new(Invoker {
            client: HandlerClient::new(port, view.clone()),
            state: state.clone(),
            kills: kills.clone(),
            queues: options.queues.clone(),
            records: records.clone(),
            log: log.clone(),
            function_timeout,
            kill_delay: options.kill_delay,
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(HostError::Listen)?;
        let webhook_address = listener.local_addr().map_err(HostError::Listen)?.to_string();
        let webhook_key = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        view.key("eventgrid_extension", &webhook_key);

        let mut tasks = JoinSet::new();
        tasks.spawn(supervisor.run());
        wait_until_ready(state.clone()).await?;
        log.information("Host.Startup", "Host started");

        let mut trigger_queues = Vec::new();
        let mut event_functions = BTreeMap::new();
        for function in functions {
            match &function.trigger {
                Trigger::EventGrid { .. } => {
                    event_functions.insert(function.name.clone(), function);
                }
                Trigger::Queue { queue, .. } => {
                    let queue = queue.clone();
                    trigger_queues.push(queue.clone());
                    let invoker = invoker.clone();
                    let trigger = QueueTrigger { queue, function, settings: settings.queues, invoker };
                    tasks.spawn(trigger.listen(state.clone()));
                }
            }
        }
        let webhook = Webhook { functions: event_functions, key: webhook_key.clone(), invoker };
        tasks.spawn(serve(listener, webhook, state.clone()));
        let queues = options.queues;
        Ok(Self {
            state,
            end,
            kills,
            process_id,
            queues,
            trigger_queues,
            records,
            log,
            webhook_address,
            webhook_key,
            view,
            folders,
            tasks,
        })
    }

    /// Where Event Grid delivers events for `function`, with the key.
    #[must_use]
    pub fn event_grid_webhook(&self, function: &str) -> String {
        let (address, key) = (&self.webhook_address, &self.webhook_key);
        format!("http://{address}/runtime/webhooks/eventgrid?functionName={function}&code={key}")
    }

    /// Puts a message on a queue, as base64.
    pub fn enqueue(&self, queue: &str, text: &str) {
        self.queues.put(queue, text.as_bytes());
    }

    /// The messages of a queue, hidden ones too.
    #[must_use]
    pub fn queue_messages(&self, queue: &str) -> Vec<QueueMessage> {
        self.queues.messages(queue)
    }

    /// The queues of the application's storage account.
    #[must_use]
    pub fn queues(&self) -> &QueueStorage {
        &self.queues
    }

    /// Every line that was logged so far.
    #[must_use]
    pub fn log(&self) -> Vec<HostLogLine> {
        self.log.lines()
    }

    /// Every line that will be logged.
    #[must_use]
    pub fn subscribe_to_log(&self) -> broadcast::Receiver<HostLogLine> {
        self.log.subscribe()
    }

    /// Every invocation so far, in the order of their starts.
    #[must_use]
    pub fn invocations(&self) -> Vec<InvocationRecord> {
        self.records.all()
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
        let _ = self.kills.send(Kill::Outside).await;
    }

    /// Why the host has ended, if it has.
    #[must_use]
    pub fn has_ended(&self) -> Option<String> {
        match &*self.state.borrow() {
            HandlerState::Ended(reason) => Some(reason.clone()),
            HandlerState::Starting | HandlerState::Ready => None,
        }
    }

    /// Waits until the handler answers, for the first time or again after it was started anew.
    ///
    /// # Errors
    ///
    /// If the host has ended.
    pub async fn wait_until_ready(&self) -> Result<(), HostError> {
        wait_until_ready(self.state.clone()).await
    }

    /// Waits until nothing runs and no message lies on a queue that triggers a function. A message that waits for its
    /// next attempt is not at rest.
    ///
    /// # Errors
    ///
    /// If that does not happen within `timeout`, or the host has ended.
    pub async fn wait_until_idle(&self, timeout: Duration) -> Result<(), NotIdle> {
        let deadline = Instant::now() + timeout;
        let mut changes = self.queues.changes().subscribe();
        let mut state = self.state.clone();
        loop {
            if let Some(reason) = self.has_ended() {
                return Err(NotIdle::Ended { reason });
            }
            // Twice, because the queues are not looked at in one instant: what started in between may have refilled one.
            let before = self.records.count_at_rest();
            let empty = self.trigger_queues.iter().all(|queue| self.queues.is_empty(queue));
            if empty && before.is_some() && before == self.records.count_at_rest() {
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

    /// Ends the host and its handler at once: SIGKILL to both. What is on the queues stays there.
    pub async fn kill(mut self) {
        self.end.send_replace(HandlerState::Ended("killed".to_owned()));
        self.tasks.shutdown().await;
    }

    fn busy(&self, waited: Duration) -> NotIdle {
        let records = self.records.all();
        NotIdle::Busy {
            waited,
            running: records.iter().filter(|record| record.outcome == InvocationOutcome::Running).count(),
            messages: self.trigger_queues.iter().map(|queue| self.queues.messages(queue).len()).sum(),
        }
    }
}

impl Drop for FunctionsHost {
    fn drop(&mut self) {
        // Invocations that were started by a webhook call run in tasks of their own.
        self.end.send_replace(HandlerState::Ended("killed".to_owned()));
        self.tasks.abort_all();
        if let Err(error) = self.show_files() {
            tracing::error!(%error, "failed to look at the files that the handler left");
        }
    }
}

async fn wait_until_ready(mut state: watch::Receiver<HandlerState>) -> Result<(), HostError> {
    let reached = state.wait_for(|state| *state != HandlerState::Starting).await;
    match reached.as_deref() {
        Ok(HandlerState::Ended(reason)) => Err(HostError::Ended { reason: reason.clone() }),
        Ok(HandlerState::Starting | HandlerState::Ready) => Ok(()),
        Err(_) => Err(HostError::Ended { reason: "its supervisor is gone".to_owned() }),
    }
}

async fn serve(listener: TcpListener, webhook: Webhook, mut state: watch::Receiver<HandlerState>) {
    let ended = async move {
        // Also when the sender is gone: then so is the host.
        let _ = state.wait_for(|state| matches!(state, HandlerState::Ended(_))).await;
    };
    // Accepting connections does not fail for good; the server retries by itself.
    let _ = axum::serve(listener, webhook::router(webhook)).with_graceful_shutdown(ended).await;
}
