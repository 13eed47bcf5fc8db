//! `serve`: answers the Functions host.

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tracing::info;

use super::{ExitStatus, connection};
use crate::env_vars::FUNCTIONS_CUSTOMHANDLER_PORT;
use crate::environment::Environment;
use crate::settings::Settings;
use crate::{handler, telemetry};

/// Serves until the process is killed, which is how the host ends it.
///
/// It never ends well by itself: the host would not start it again.
pub(super) async fn run(environment: &Environment) -> Result<ExitStatus, Box<dyn Error>> {
    telemetry::start(environment);
    let (port, settings) = Settings::for_the_host(environment)?;
    let rotator = connection::connect(&settings, &connection::credentials(environment)).await?;
    let rotator = Arc::new(rotator);
    let cloud = rotator.azure.cloud().name();
    // A restarted handler gets the same port within milliseconds; tokio sets SO_REUSEADDR.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(|error| {
        format!("failed to listen on 127.0.0.1:{port} (`{FUNCTIONS_CUSTOMHANDLER_PORT}`): {error}; stop what listens there")
    })?;
    let vaults: Vec<&str> = settings.vaults.iter().map(|vault| vault.as_str()).collect();
    info!(
        step = "start", cloud, mode = ?settings.policy.mode, vaults = vaults.join(","),
        declared = settings.declared.len(), "ready on port {port}"
    );
    axum::serve(listener, handler::router(rotator)).await?;
    Ok(ExitStatus::Failed)
}
