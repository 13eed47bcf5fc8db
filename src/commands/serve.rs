//! `serve`: answers the Functions host.

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tracing::info;

use super::ExitStatus;
use crate::azure::{Azure, Cloud};
use crate::{Clock, Environment, Rotator, Settings, handler, telemetry};

/// Serves until the process is killed, which is how the host ends it.
///
/// It never ends well by itself: the host would not start it again.
pub(super) async fn run(environment: &Environment) -> Result<ExitStatus, Box<dyn Error>> {
    telemetry::start(environment);
    let settings = Settings::from_environment(environment)?;
    let azure = Azure::connect(Cloud::public(), &|name| environment.get(name).map(str::to_owned))?;
    let rotator = Arc::new(Rotator::new(azure, &settings, Clock::system()));
    // A restarted handler gets the same port within milliseconds; tokio sets SO_REUSEADDR.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port)).await?;
    let vaults: Vec<&str> = settings.vaults.iter().map(|vault| vault.as_str()).collect();
    info!(step = "start", mode = ?settings.mode, vaults = vaults.join(","), "ready on port {}", settings.port);
    axum::serve(listener, handler::router(rotator)).await?;
    Ok(ExitStatus::Failed)
}
