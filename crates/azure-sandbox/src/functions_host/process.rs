//! The handler's process: started, probed, watched, started again.
//!
//! Source: the host's `HttpWorkerProcess.cs` and `HttpFunctionInvocationDispatcher.cs`, and what was seen of the real
//! host when its handler was killed, left, or never answered.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::client::HandlerClient;
use super::console::{LastErrors, Stream, log_lines};
use super::log::HostLog;
use super::restarts::Restarts;
use super::view::View;

const CATEGORY: &str = "Host.Worker";
const PROBE_INTERVAL: Duration = Duration::from_millis(25);
/// An exit status with which a handler asks to be started again.
const INTENTIONAL_RESTART: i32 = 200;
/// Where programs are found that the handler starts by name; nothing else of this machine reaches it.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// How the handler is started.
pub(super) struct Launch {
    pub(super) executable: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) working_directory: PathBuf,
    pub(super) app_root: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) port: u16,
    pub(super) initialization_timeout: Duration,
    /// How long one probe may stay without an answer.
    pub(super) probe_timeout: Duration,
}

/// What the handler is up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HandlerState {
    /// Not ready yet, for the first time or again.
    Starting,
    /// Answers HTTP. It stays so after an exit with status 0, which the host takes no notice of.
    Ready,
    /// The host has ended, and says why.
    Ended(String),
}

/// Why the handler is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kill {
    /// By the host, after a function timeout: no error of the handler.
    FunctionTimeout,
    /// By somebody else.
    Outside,
}

/// How one run of the process came to its end.
enum End {
    Exited { status: ExitStatus, was_ready: bool, last_errors: LastErrors },
    NeverReady,
    KilledByHost,
    NotStarted(io::Error),
}

/// Keeps one handler running; the future ends when the host does.
pub(super) struct Supervisor {
    pub(super) launch: Launch,
    pub(super) log: Arc<HostLog>,
    pub(super) state: watch::Sender<HandlerState>,
    pub(super) kills: mpsc::Receiver<Kill>,
    /// 0 while there is none.
    pub(super) process_id: Arc<AtomicU32>,
}

impl Supervisor {
    pub(super) async fn run(mut self) {
        let mut restarts = Restarts::default();
        loop {
            self.state.send_replace(HandlerState::Starting);
            let end = self.run_once().await;
            self.process_id.store(0, Ordering::SeqCst);
            let error = match end {
                End::KilledByHost => continue,
                End::Exited { status, was_ready: true, .. } if status.code() == Some(0) => {
                    self.log.information(CATEGORY, "handler exited with code 0; it is not started again");
                    // Nobody is left to be killed, and the host lives on.
                    while self.kills.recv().await.is_some() {}
                    return;
                }
                End::Exited { status, .. } if status.code() == Some(INTENTIONAL_RESTART) => continue,
                End::Exited { status, last_errors, .. } => {
                    format!("handler exited with code {}\n{}", exit_code(status), last_errors.text())
                }
                End::NeverReady => "Initializing HttpWorker timed out.".to_owned(),
                End::NotStarted(error) => format!("Failed to start the handler: {error}"),
            };
            self.log.error(CATEGORY, error.trim_end());
            if !restarts.allows_another(Instant::now()) {
                let reason = "Exceeded http worker restart retry count. Shutting down Functions Host";
                self.log.error(CATEGORY, reason);
                self.state.send_replace(HandlerState::Ended(reason.to_owned()));
                return;
            }
        }
    }

    async fn run_once(&mut self) -> End {
        let last_errors = LastErrors::default();
        let mut child = match self.start(&last_errors) {
            Ok(child) => child,
            Err(error) => return End::NotStarted(error),
        };
        let mut probe = Box::pin(is_ready(
            self.launch.port,
            self.launch.initialization_timeout,
            self.launch.probe_timeout,
        ));
        let mut was_ready = false;
        loop {
            tokio::select! {
                status = child.wait() => {
                    return match status {
                        Ok(status) => End::Exited { status, was_ready, last_errors },
                        Err(error) => End::NotStarted(error),
                    };
                }
                ready = &mut probe, if !was_ready => {
                    if !ready {
                        // Killing an exited process fails, and that is fine; so below.
                        let _ = child.kill().await;
                        return End::NeverReady;
                    }
                    was_ready = true;
                    self.state.send_replace(HandlerState::Ready);
                }
                Some(kill) = self.kills.recv() => {
                    if kill == Kill::FunctionTimeout {
                        let _ = child.kill().await;
                        return End::KilledByHost;
                    }
                    // Its exit is seen above, like any other.
                    let _ = child.start_kill();
                }
            }
        }
    }

    fn start(&self, last_errors: &LastErrors) -> io::Result<Child> {
        let launch = &self.launch;
        let worker = Uuid::new_v4().to_string();
        let mut child = Command::new(&launch.executable)
            .args(&launch.arguments)
            .current_dir(&launch.working_directory)
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", &launch.app_root)
            .envs(&launch.environment)
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", launch.port.to_string())
            .env("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", &worker)
            .env("FUNCTIONS_HTTPWORKER_PORT", launch.port.to_string())
            .env("FUNCTIONS_HTTPWORKER_ID", &worker)
            .env("FUNCTIONS_APP_ROOT_PATH", &launch.app_root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        self.process_id.store(child.id().unwrap_or(0), Ordering::SeqCst);
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(log_lines(stdout, Stream::Output, self.log.clone(), last_errors.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(log_lines(stderr, Stream::Error, self.log.clone(), last_errors.clone()));
        }
        Ok(child)
    }
}

/// Asks `GET /` until there is any answer. The limit is looked at between two probes only: who accepts a connection
/// and never answers keeps the host waiting.
async fn is_ready(port: u16, limit: Duration, probe_timeout: Duration) -> bool {
    // Its answers are not read.
    let client = HandlerClient::new(port, View::default());
    let started = Instant::now();
    while started.elapsed() < limit {
        match timeout(probe_timeout, client.answers()).await {
            Ok(true) => return true,
            Ok(false) => sleep(PROBE_INTERVAL).await,
            Err(_) => return false,
        }
    }
    false
}

/// .NET gives a signal as 128 and its number.
#[cfg(unix)]
fn exit_code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;

    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

#[cfg(not(unix))]
fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}
