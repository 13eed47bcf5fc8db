//! Where the handler is, and how it is to be started.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use super::error::HostError;
use super::host_json::HostJson;
use super::options::FunctionsHostOptions;
use super::process::Launch;

/// `HttpClient.Timeout` is the function timeout and this much.
const CLIENT_TIMEOUT_MARGIN: Duration = Duration::from_secs(60);

pub(super) fn launch(
    options: &FunctionsHostOptions,
    settings: &HostJson,
    port: u16,
    function_timeout: Option<Duration>,
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
        arguments: settings.arguments.clone(),
        working_directory: app_root.join(working_directory),
        app_root,
        environment: options.environment.clone(),
        port,
        initialization_timeout: options.initialization_timeout.unwrap_or(settings.initialization_timeout),
        probe_timeout: function_timeout.unwrap_or(Duration::MAX).saturating_add(CLIENT_TIMEOUT_MARGIN),
    })
}

/// A port that is free now. The handler binds it later, so that somebody else may be quicker; so it is in Azure.
pub(super) fn free_port() -> Result<u16, HostError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(HostError::Listen)?;
    Ok(listener.local_addr().map_err(HostError::Listen)?.port())
}
