//! `serve`: answers the Functions host.

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tracing::info;

use super::ExitStatus;
use crate::azure::{Azure, CredentialSettings};
use crate::clock::Clock;
use crate::env_vars::{
    AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_TENANT_ID, FUNCTIONS_CUSTOMHANDLER_PORT, IDENTITY_ENDPOINT,
    IDENTITY_HEADER, WEBSITE_INSTANCE_ID,
};
use crate::environment::Environment;
use crate::rotator::Rotator;
use crate::settings::Settings;
use crate::{handler, telemetry};

/// Serves until the process is killed, which is how the host ends it.
///
/// It never ends well by itself: the host would not start it again.
pub(super) async fn run(environment: &Environment) -> Result<ExitStatus, Box<dyn Error>> {
    telemetry::start(environment);
    let settings = Settings::from_environment(environment)?;
    let (clock, credentials) = (Clock::system(), credential_settings(environment));
    let (cloud, host_storage) = (&settings.cloud, &settings.host_storage);
    let azure = Azure::connect(cloud, &credentials, host_storage, clock.as_fn()).await?;
    let cloud = azure.cloud().name().to_owned();
    let rotator = Arc::new(Rotator::new(azure, &settings, clock));
    // A restarted handler gets the same port within milliseconds; tokio sets SO_REUSEADDR.
    let port = settings.port;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(|error| {
        format!("failed to listen on 127.0.0.1:{port} (`{FUNCTIONS_CUSTOMHANDLER_PORT}`): {error}; stop what listens there")
    })?;
    let vaults: Vec<&str> = settings.vaults.iter().map(|vault| vault.as_str()).collect();
    info!(
        step = "start", cloud, mode = ?settings.policy.mode, vaults = vaults.join(","),
        declared = settings.declared.len(), "ready on port {}", settings.port
    );
    axum::serve(listener, handler::router(rotator)).await?;
    Ok(ExitStatus::Failed)
}

fn credential_settings(environment: &Environment) -> CredentialSettings {
    let text = |name: &str| environment.get(name).map(str::to_owned);
    CredentialSettings {
        identity_endpoint: text(IDENTITY_ENDPOINT),
        identity_header: text(IDENTITY_HEADER).map(SecretString::from),
        client_id: text(AZURE_CLIENT_ID),
        tenant_id: text(AZURE_TENANT_ID),
        client_secret: text(AZURE_CLIENT_SECRET).map(SecretString::from),
        runs_in_azure: environment.get(WEBSITE_INSTANCE_ID).is_some(),
    }
}
