//! The way from the environment to Azure, which every command takes.

use std::error::Error;

use clap::error::ErrorKind;
use secrecy::SecretString;

use crate::azure::{Azure, CredentialSettings, NotConnected};
use crate::clock::Clock;
use crate::env_vars::{
    AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_TENANT_ID, IDENTITY_ENDPOINT, IDENTITY_HEADER,
    WEBSITE_INSTANCE_ID,
};
use crate::environment::Environment;
use crate::rotator::Rotator;
use crate::settings::{InvalidSettings, Settings};

/// Connects to the cloud of the settings, as whom the environment says.
///
/// # Errors
///
/// See [`NotConnected`].
pub(super) async fn connect(
    settings: &Settings,
    credentials: &CredentialSettings,
) -> Result<Rotator, NotConnected> {
    let clock = Clock::system();
    let (cloud, host_storage) = (&settings.cloud, &settings.host_storage);
    let azure = Azure::connect(cloud, credentials, host_storage, clock.as_fn()).await?;
    Ok(Rotator::new(azure, settings, clock))
}

/// What the credential is chosen by.
pub(super) fn credentials(environment: &Environment) -> CredentialSettings {
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

/// The usage error that settings come to which cannot be worked with: every one of them, and where they are to be had.
pub(super) fn not_configured(invalid: &InvalidSettings) -> clap::Error {
    let problems = invalid.problems().join("\n       ");
    let hint = "set them as the app has them (docs/commands.md#before-the-first-one)";
    clap::Error::raw(ErrorKind::ValueValidation, format!("{problems}\nhint: {hint}\n"))
}

/// Everything that a command works with.
///
/// # Errors
///
/// When the settings cannot be worked with, which is a usage error, or there is no way to Azure.
pub(super) async fn rotator(environment: &Environment) -> Result<Rotator, Box<dyn Error>> {
    let settings = Settings::from_environment(environment).map_err(|invalid| not_configured(&invalid))?;
    Ok(connect(&settings, &credentials(environment)).await?)
}
