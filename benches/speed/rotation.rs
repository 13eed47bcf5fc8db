//! A rotation by this program: the real process under a Functions host, from the event to the last thing done.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use aml_key_rotator::local_app::LocalApp;
use azure_sandbox::event_grid::{EventGrid, EventGridOptions, EventSubscription};
use azure_sandbox::functions_host::{FunctionsHost, FunctionsHostOptions, InvocationOutcome};
use azure_sandbox::{HeldKey, Sandbox};

use crate::Failed;
use crate::measured::Measured;
use crate::process::peak_memory;
use crate::scene::{self, HOST_STORAGE, Size, VAULT};

/// Longer than any rotation here takes.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The program.
pub(crate) fn executable() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_aml-key-rotator"))
}

/// The environment of the app on this Azure.
pub(crate) fn settings(sandbox: &Sandbox) -> impl Iterator<Item = (String, String)> {
    let settings = [
        ("ROTATOR_MODE", "rotate"),
        ("ROTATOR_VAULTS", VAULT),
        ("AzureWebJobsStorage__accountName", HOST_STORAGE),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    sandbox.environment().into_iter().chain(settings)
}

/// Measures one rotation, which must have ended well and with one invocation.
pub(crate) async fn measure(size: Size) -> Result<Measured, Failed> {
    let sandbox = scene::start(size).await?;
    let app = LocalApp::lay_out(executable())?;
    // Its timer would go off in the middle of what is measured, at every full hour.
    fs::remove_dir_all(app.root().join("Sweep"))?;
    let options = FunctionsHostOptions::new(app.root());
    let host =
        FunctionsHost::start(FunctionsHostOptions { environment: settings(&sandbox).collect(), ..options })
            .await?;
    let subscription = EventSubscription::new("near-expiry", host.event_grid_webhook("SecretNearExpiry"));
    let event_grid = EventGrid::new(vec![subscription], &EventGridOptions::default());
    let event = scene::near_expiry(sandbox.world()).ok_or("there is no secret")?;
    sandbox.world().reset_exposure();
    let started = Instant::now();
    event_grid.publish(event).await?;
    event_grid.wait_until_delivered(LONGEST).await?;
    host.wait_until_idle(LONGEST).await?;
    let wall = started.elapsed();
    let peak = host.handler_process_id().and_then(peak_memory).ok_or("the handler is gone")?;
    let measured = Measured::of(&sandbox, wall, peak);
    let outcomes: Vec<InvocationOutcome> = host
        .invocations()
        .into_iter()
        .filter(|one| one.function == "Rotate")
        .map(|one| one.outcome)
        .collect();
    let log = || host.log().into_iter().map(|line| line.text + "\n").collect::<String>();
    if outcomes != [InvocationOutcome::Succeeded] {
        return Err(format!("{size}: the rotation ended as {outcomes:?}:\n{}", log()).into());
    }
    let left_behind = scene::left_behind(sandbox.world(), HeldKey::Key2);
    let violations = sandbox.world().violations();
    if left_behind > 0 || !violations.is_empty() {
        let what = format!("{size}: {left_behind} are not on the new key, {violations:?}");
        return Err(format!("{what}:\n{}", log()).into());
    }
    host.kill().await;
    Ok(measured)
}
