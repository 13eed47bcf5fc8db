//! Where the handler is, and how it is to be started.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tokio::process::{Child, Command};
use uuid::Uuid;

use super::error::HostError;
use super::host_json::HostJson;
use super::options::FunctionsHostOptions;

/// Below the ports that systems give to whoever asks for any.
const PORTS: Range<u16> = 20_000..32_000;
/// Where programs are found that the handler starts by name; nothing else of this machine reaches it.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// `HttpClient.Timeout` is the function timeout and this much.
const CLIENT_TIMEOUT_MARGIN: Duration = Duration::from_secs(60);

/// How the handler is started.
pub(super) struct Launch {
    pub(super) executable: PathBuf,
    /// Whether the host makes the file executable if it is not.
    sets_run_bit: bool,
    pub(super) arguments: Vec<String>,
    pub(super) working_directory: PathBuf,
    pub(super) app_root: PathBuf,
    environment: BTreeMap<String, String>,
    port: u16,
    pub(super) initialization_timeout: Duration,
    /// How long one probe may stay without an answer.
    pub(super) probe_timeout: Duration,
}

pub(super) fn launch(
    options: &FunctionsHostOptions,
    settings: &HostJson,
    port: u16,
    function_timeout: Option<Duration>,
    initialization_timeout: Duration,
) -> Result<Launch, HostError> {
    let app_root = std::path::absolute(&options.app_root)
        .map_err(|source| HostError::ReadFile { path: options.app_root.clone(), source })?;
    let executable = app_root.join(&settings.executable);
    if !executable.is_file() {
        return Err(HostError::ExecutableMissing { path: executable });
    }
    let working_directory = settings.working_directory.as_ref().map(PathBuf::from).unwrap_or_default();
    Ok(Launch {
        executable,
        sets_run_bit: options.environment.contains_key("CONTAINER_NAME"),
        arguments: settings.arguments.clone(),
        working_directory: app_root.join(working_directory),
        app_root,
        environment: options.environment.clone(),
        port,
        initialization_timeout,
        probe_timeout: function_timeout.unwrap_or(Duration::MAX).saturating_add(CLIENT_TIMEOUT_MARGIN),
    })
}

impl Launch {
    /// Starts the handler; it dies when the child is dropped.
    pub(super) fn spawn(&self) -> io::Result<Child> {
        if self.sets_run_bit {
            set_run_bit(&self.executable)?;
        }
        let worker = Uuid::new_v4().to_string();
        Command::new(&self.executable)
            .args(&self.arguments)
            .current_dir(&self.working_directory)
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", &self.app_root)
            .envs(&self.environment)
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", self.port.to_string())
            .env("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", &worker)
            .env("FUNCTIONS_HTTPWORKER_PORT", self.port.to_string())
            .env("FUNCTIONS_HTTPWORKER_ID", &worker)
            .env("FUNCTIONS_APP_ROOT_PATH", &self.app_root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }
}

/// What the host does on Consumption and Flex.
#[cfg(unix)]
fn set_run_bit(executable: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let mut permissions = std::fs::metadata(executable)?.permissions();
    permissions.set_mode(permissions.mode() | 0o111);
    std::fs::set_permissions(executable, permissions)
}

#[cfg(not(unix))]
fn set_run_bit(_executable: &Path) -> io::Result<()> {
    Ok(())
}

/// A port that is free now, and that no other host of this program has.
///
/// The handler binds it later, and again when it is started anew, so somebody else may be quicker; so it is in Azure.
/// Whoever asks the system for any port does not get one of these.
pub(super) fn free_port() -> Result<u16, HostError> {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(rand::random()));

    let mut bound = PORTS.map(|_| {
        let port = PORTS.start + NEXT.fetch_add(1, Ordering::Relaxed) % PORTS.len() as u16;
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(|_| port)
    });
    let all_taken = || Err(io::ErrorKind::AddrInUse.into());
    bound.find(Result::is_ok).unwrap_or_else(all_taken).map_err(HostError::Listen)
}
