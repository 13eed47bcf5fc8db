//! The handler's process: started, probed, watched, started again.
//!
//! Source: the host's `HttpWorkerProcess.cs` and `HttpFunctionInvocationDispatcher.cs`, and what was seen of the real
//! host when its handler was killed, left, or never answered.

use std::io;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::process::Child;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

use super::client::HandlerClient;
use super::console::{Console, LastErrors};
use super::launch::Launch;
use super::log::HostLog;
use super::restarts::Restarts;

const CATEGORY: &str = "Host.Worker";
const PROBE_INTERVAL: Duration = Duration::from_millis(25);
/// An exit status with which a handler asks to be started again.
const INTENTIONAL_RESTART: i32 = 200;
/// What the handler is up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HandlerState {
    /// Not ready yet, for the first time or again.
    Starting,
    /// Answers HTTP. It stays so after an exit with status 0, which the host takes no notice of.
    Ready,
    /// The operating system would not start it, and says why.
    NotStarted(String),
    /// The host has ended, and says why.
    Ended(String),
}

/// What is asked of the supervisor.
pub(super) enum Request {
    /// Kill whatever handler runs, and start another: no error of the handler.
    KillAfterTimeout,
    /// Somebody else sends SIGKILL.
    KillFromOutside,
    /// End the host, for a reason of its own.
    End(String),
    /// Kill the handler, and start no other.
    Stop(oneshot::Sender<()>),
    /// Leave the handler alone, and start no other.
    HandOver(oneshot::Sender<Option<Child>>),
}

/// How one run of the process came to its end.
enum End {
    Exited {
        status: ExitStatus,
        last_errors: LastErrors,
    },
    NeverReady,
    KilledByHost,
    NotStarted(io::Error),
    /// Nobody is to come after it.
    Last,
}

/// Keeps one handler running; the future ends when the host does.
pub(super) struct Supervisor {
    pub(super) launch: Launch,
    /// The one that invocations use as well: the probe's connection is kept for them.
    pub(super) client: HandlerClient,
    pub(super) log: Arc<HostLog>,
    pub(super) state: watch::Sender<HandlerState>,
    pub(super) requests: mpsc::Receiver<Request>,
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
                End::Last => return,
                End::KilledByHost => continue,
                End::Exited { status, .. } if status.code() == Some(INTENTIONAL_RESTART) => continue,
                End::Exited { status, .. } if status.code() == Some(0) => {
                    self.log.information(CATEGORY, "handler exited with code 0; it is not started again");
                    if self.stays_without_handler().await {
                        continue;
                    }
                    return;
                }
                End::NotStarted(error) => {
                    let file = self.launch.executable.display();
                    let text = format!("Failed to start Worker Channel. Process fileName: {file}\n{error}");
                    self.log.error(CATEGORY, text);
                    self.state.send_replace(HandlerState::NotStarted(error.to_string()));
                    if self.stays_without_handler().await {
                        continue;
                    }
                    return;
                }
                End::Exited { status, last_errors } => {
                    format!("handler exited with code {}\n{}", exit_code(status), last_errors.text())
                }
                End::NeverReady => "Initializing HttpWorker timed out.".to_owned(),
            };
            self.log.error(CATEGORY, error.trim_end());
            if !restarts.allows_another(Instant::now()) {
                self.end_host("Exceeded http worker restart retry count. Shutting down Functions Host");
                return;
            }
        }
    }

    /// Waits, with nobody to be killed, until a function timeout calls for another handler.
    async fn stays_without_handler(&mut self) -> bool {
        while let Some(request) = self.requests.recv().await {
            match request {
                Request::KillAfterTimeout => return true,
                Request::KillFromOutside => {}
                Request::End(reason) => {
                    self.end_host(&reason);
                    return false;
                }
                // Whoever asked need not wait; so below.
                Request::Stop(done) => {
                    let _ = done.send(());
                    return false;
                }
                Request::HandOver(receiver) => {
                    let _ = receiver.send(None);
                    return false;
                }
            }
        }
        false
    }

    fn end_host(&self, reason: &str) {
        self.log.error(CATEGORY, reason);
        self.state.send_replace(HandlerState::Ended(reason.to_owned()));
    }

    async fn run_once(&mut self) -> End {
        let last_errors = LastErrors::default();
        let (mut child, console) = match self.start(&last_errors) {
            Ok(started) => started,
            Err(error) => return End::NotStarted(error),
        };
        let mut probe = Box::pin(is_ready(
            self.client.clone(),
            self.launch.initialization_timeout,
            self.launch.probe_timeout,
        ));
        let (mut was_ready, mut has_left) = (false, false);
        loop {
            tokio::select! {
                status = child.wait(), if !has_left => match status {
                    // The host takes no notice before it has waited in vain.
                    Ok(status) if status.code() == Some(0) && !was_ready => {
                        has_left = true;
                        self.process_id.store(0, Ordering::SeqCst);
                    }
                    Ok(status) => return End::Exited { status, last_errors },
                    Err(error) => return End::NotStarted(error),
                },
                ready = &mut probe, if !was_ready => {
                    if !ready {
                        kill(&mut child).await;
                        return End::NeverReady;
                    }
                    was_ready = true;
                    self.state.send_replace(HandlerState::Ready);
                }
                Some(request) = self.requests.recv() => match request {
                    Request::KillAfterTimeout => {
                        kill(&mut child).await;
                        return End::KilledByHost;
                    }
                    // Its exit is seen above, like any other.
                    Request::KillFromOutside => {
                        let _ = child.start_kill();
                    }
                    Request::End(reason) => {
                        kill(&mut child).await;
                        self.end_host(&reason);
                        return End::Last;
                    }
                    Request::Stop(done) => {
                        kill(&mut child).await;
                        let _ = done.send(());
                        return End::Last;
                    }
                    Request::HandOver(receiver) => {
                        console.close().await;
                        let _ = receiver.send((!has_left).then_some(child));
                        return End::Last;
                    }
                }
            }
        }
    }

    fn start(&self, last_errors: &LastErrors) -> io::Result<(Child, Console)> {
        let mut child = self.launch.spawn()?;
        self.process_id.store(child.id().unwrap_or(0), Ordering::SeqCst);
        let console = Console::read(&mut child, &self.log, last_errors);
        Ok((child, console))
    }
}

/// SIGKILL, without SIGTERM before it.
async fn kill(child: &mut Child) {
    // Killing an exited process fails, and that is fine.
    let _ = child.kill().await;
}

/// Asks `GET /` until there is any answer. The limit is looked at between two probes only: who accepts a connection
/// and never answers keeps the host waiting.
async fn is_ready(client: HandlerClient, limit: Duration, probe_timeout: Duration) -> bool {
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
