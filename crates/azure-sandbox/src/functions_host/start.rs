//! How a host starts.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::FunctionsHost;
use super::admin::AdminEndpoint;
use super::background::Background;
use super::client::HandlerClient;
use super::error::HostError;
use super::function_json::{self, Function, Trigger};
use super::host_json::HostJson;
use super::http::{HttpFunctions, path_of};
use super::invocation::Invoker;
use super::keys::HostKeys;
use super::launch::{free_port, launch};
use super::listening::Listening;
use super::log::HostLog;
use super::options::FunctionsHostOptions;
use super::process::{HandlerState, Supervisor};
use super::queue_trigger::QueueTrigger;
use super::records::Records;
use super::server::Server;
use super::timer_trigger::{FireRequest, TimerTrigger};
use super::view::{Folders, View};
use super::webhook::Webhook;

/// An invocation waits so many initialization timeouts for a handler that was never ready; then the host ends.
const INITIALIZATIONS_WAITED_FOR: u32 = 4;

pub(super) async fn start(options: FunctionsHostOptions) -> Result<FunctionsHost, HostError> {
    let mut settings = HostJson::read(&options.app_root)?;
    if let Some(timeout) = options.visibility_timeout {
        settings.queues.visibility_timeout = timeout;
    }
    let functions = function_json::read_all(&options.app_root, &options.environment)?;
    let function_timeout = options.function_timeout.or(settings.function_timeout);
    let initialization_timeout = options.initialization_timeout.unwrap_or(settings.initialization_timeout);
    let view = View::new(options.witness.clone());
    options.queues.show_to(view.clone());
    let log = Arc::new(HostLog::new(options.log_sink.clone(), view.clone()));
    let port = free_port()?;
    let client = HandlerClient::new(port, view.clone());
    let (end, state) = watch::channel(HandlerState::Starting);
    // Two may be under way at once: a timeout and somebody outside. More wait.
    let (requests, received_requests) = mpsc::channel(2);
    let process_id = Arc::new(AtomicU32::new(0));
    let launch = launch(&options, &settings, port, function_timeout, initialization_timeout)?;
    view.command_line(&launch);
    let folders = Folders::of(&launch);
    let supervisor = Supervisor {
        launch,
        client: client.clone(),
        log: log.clone(),
        state: end.clone(),
        requests: received_requests,
        process_id: process_id.clone(),
    };
    let invoker = Arc::new(Invoker {
        client,
        state: state.clone(),
        requests: requests.clone(),
        queues: options.queues.clone(),
        records: Records::new(options.queues.clone()),
        log: log.clone(),
        background: Background::new(),
        function_timeout,
        kill_delay: options.kill_delay,
        patience: initialization_timeout.saturating_mul(INITIALIZATIONS_WAITED_FOR),
    });
    let paths: BTreeMap<_, _> =
        functions.iter().filter_map(|function| Some((function.name.clone(), path_of(function)?))).collect();
    let keys = HostKeys::new(paths.keys().cloned());
    for (name, key) in keys.named() {
        view.key(&name, key);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(HostError::Listen)?;
    let address = listener.local_addr().map_err(HostError::Listen)?.to_string();
    let server = Server {
        webhook: Webhook::new(&functions, keys.clone(), invoker.clone()),
        admin: AdminEndpoint::new(&functions, keys.clone(), options.timers.clone(), invoker.clone()),
        http: HttpFunctions::new(&functions, keys.clone(), invoker.clone())?,
    };

    let mut tasks = JoinSet::new();
    tasks.spawn(supervisor.run());
    tasks.spawn(server.run(listener, state.clone()));

    let (listens, goes_on) = watch::channel(true);
    let mut listeners = Listeners {
        tasks: JoinSet::new(),
        listening: Listening { goes_on, state: state.clone() },
        queues: Vec::new(),
        timers: BTreeMap::new(),
    };
    for function in functions.into_iter().filter(|function| !function.is_disabled) {
        listeners.add(&function, &options, &settings, &invoker);
    }
    let host = FunctionsHost {
        state,
        end,
        requests,
        process_id,
        trigger_queues: listeners.queues,
        timers: listeners.timers,
        listens,
        listeners: listeners.tasks,
        invoker,
        address,
        keys,
        paths,
        view,
        folders,
        tasks,
    };
    // What comes before the handler is ready waits for it.
    match host.wait_until_ready().await {
        // The host is up all the same.
        Ok(()) | Err(HostError::NoHandler { .. }) => {}
        Err(error) => return Err(error),
    }
    log.information("Host.Startup", "Host started");
    Ok(host)
}

/// What listens for functions that nobody calls.
struct Listeners {
    tasks: JoinSet<()>,
    listening: Listening,
    queues: Vec<String>,
    timers: BTreeMap<String, mpsc::Sender<FireRequest>>,
}

impl Listeners {
    fn add(
        &mut self,
        function: &Arc<Function>,
        options: &FunctionsHostOptions,
        settings: &HostJson,
        invoker: &Arc<Invoker>,
    ) {
        match &function.trigger {
            Trigger::EventGrid | Trigger::Http(_) => {}
            Trigger::Queue { queue } => {
                self.queues.push(queue.clone());
                let trigger = QueueTrigger {
                    queue: queue.clone(),
                    function: function.clone(),
                    settings: settings.queues,
                    running_visibility: options.running_visibility,
                    invoker: invoker.clone(),
                };
                self.tasks.spawn(trigger.listen(self.listening.clone()));
            }
            Trigger::Timer(timer) => {
                let (fire, requests) = mpsc::channel(1);
                self.timers.insert(function.name.clone(), fire);
                let trigger = TimerTrigger::new(
                    function.clone(),
                    timer.clone(),
                    options.timers.clone(),
                    invoker.clone(),
                    requests,
                );
                self.tasks.spawn(trigger.listen(self.listening.clone()));
            }
        }
    }
}
