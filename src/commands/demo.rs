//! `demo`: rotations on a local Azure, watched step by step and checked from outside.

mod kept;
mod narration;
mod report;
mod verification;

use std::cell::Cell;
use std::error::Error;
use std::io::{Write, stdout};
use std::sync::Arc;
use std::time::{Duration, Instant};

use azure_sandbox::event_grid::{EventGrid, EventGridOptions, EventSubscription};
use azure_sandbox::functions_host::{
    FunctionsHost, FunctionsHostOptions, InvocationOutcome, InvocationRecord, NotIdle,
};
use azure_sandbox::{DependentState, HeldKey, Inspector, KeyName, Sandbox, SandboxOptions, VaultEvents};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::ExitStatus;
use super::output::{Format, write_json};
use crate::local_app::LocalApp;

use self::narration::Narrator;
use self::report::{DependentReport, Report, RotationReport, key_name, kind_and_name};
use super::scenario::{self, ACCOUNT, SECRET, Scenario, UNTIL_NEAR_EXPIRY, VAULT};

/// How long one rotation may take before the demo gives it up.
const LONGEST_ROTATION: Duration = Duration::from_secs(30 * 60);

/// How often it is looked whether a rotation that cannot end has failed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The options of `demo`.
#[derive(Debug, Args)]
pub(super) struct DemoOptions {
    /// Workspaces on the storage account
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=500))]
    workspaces: u16,
    /// Datastores with the account's key, spread over the workspaces: at least two for each, and nine unless set. Besides
    /// them there are one with a shared access signature, and a connection
    #[arg(long, value_parser = clap::value_parser!(u16).range(2..=20_000))]
    datastores: Option<u16>,
    /// Milliseconds that the local Azure adds to every call
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u64).range(0..=5_000), value_name = "MS")]
    latency: u64,
    /// Rotations, one after the other; the second goes back to the first key
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=100))]
    rotations: u16,
    /// Keep the local Azure afterwards, sixty days later, until Ctrl-C: to try the other commands on it
    #[arg(long)]
    keep: bool,
    /// A datastore, or workspace/datastore, that answers every write as if it were carried out, and carries out none
    #[arg(long = "break", value_name = "DATASTORE")]
    broken: Vec<String>,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl DemoOptions {
    /// How many datastores there are.
    fn datastores(&self) -> Result<u16, clap::Error> {
        let needed = 2 * self.workspaces;
        match self.datastores {
            None => Ok(needed.max(9)),
            Some(datastores) if needed <= datastores => Ok(datastores),
            Some(_) => Err(clap::Error::raw(
                clap::error::ErrorKind::ValueValidation,
                format!(
                    "{} workspaces have at least {needed} datastores: raise --datastores\n",
                    self.workspaces
                ),
            )),
        }
    }
}

/// Runs the demo. The status says whether every rotation was verified.
pub(super) async fn run(options: &DemoOptions) -> Result<ExitStatus, Box<dyn Error>> {
    let datastores = options.datastores()?;
    // Whoever interrupts it leaves no process and no file behind: what is dropped cleans up after itself.
    let mut terminated = signal(SignalKind::terminate())?;
    // How it ends when what is kept is interrupted, which is how that ends.
    let kept = Cell::new(None);
    let interrupted = tokio::select! {
        shown = show(options, datastores, &kept) => return shown,
        _ = tokio::signal::ctrl_c() => "interrupted",
        _ = terminated.recv() => "terminated",
    };
    kept.get().ok_or_else(|| interrupted.into())
}

async fn show(
    options: &DemoOptions,
    datastores: u16,
    kept: &Cell<Option<ExitStatus>>,
) -> Result<ExitStatus, Box<dyn Error>> {
    let holders = usize::from(datastores) + scenario::BESIDES;
    let narrator = Narrator::new(options.format == Format::Text, holders);
    let mut demo = Demo::start(options, datastores, narrator).await?;
    let mut rotations = Vec::new();
    for number in 1..=options.rotations {
        let rotation = demo.rotate(number).await?;
        if options.format == Format::Text {
            write!(stdout(), "\n{rotation}")?;
        }
        let verified = rotation.verified;
        rotations.push(rotation);
        if !verified {
            break;
        }
    }
    let report = Report { rotations };
    if options.format == Format::Json {
        write_json(&report)?;
    }
    let status = if report.verified() { ExitStatus::Done } else { ExitStatus::Failed };
    if options.keep {
        demo.sandbox.world().age(UNTIL_NEAR_EXPIRY);
        let _file = kept::offer(&demo.sandbox, &demo.host)?;
        kept.set(Some(status));
        std::future::pending::<()>().await;
    }
    demo.host.kill().await;
    Ok(status)
}

/// A running demo. The app's files stay until the host is gone.
struct Demo {
    host: FunctionsHost,
    event_grid: EventGrid,
    vault_events: VaultEvents,
    inspector: Inspector,
    scenario: Scenario,
    /// Whether a rotation can end at all.
    is_broken: bool,
    narrator: Narrator,
    sandbox: Sandbox,
    _app: LocalApp,
}

impl Demo {
    async fn start(
        options: &DemoOptions,
        datastores: u16,
        narrator: Narrator,
    ) -> Result<Self, Box<dyn Error>> {
        narrator.say("starting a local Azure and, under its Functions host, this program as the handler");
        let latency = Duration::from_millis(options.latency);
        let sandbox = Sandbox::start(SandboxOptions { latency, ..SandboxOptions::default() }).await?;
        let scenario = scenario::set_up(sandbox.world(), options.workspaces.into(), datastores.into());
        for place in
            options.broken.iter().map(|name| scenario.named(name)).collect::<Result<Vec<_>, _>>()?.concat()
        {
            sandbox.world().ignore_writes(&place.workspace_id, &place.name);
            narrator.say(&format!(
                "datastore {place} answers every write as if it were carried out, and carries out none"
            ));
        }
        let app = LocalApp::lay_out(&std::env::current_exe()?)?;
        let host = FunctionsHost::start(FunctionsHostOptions {
            environment: scenario::environment_of_the_app(&sandbox),
            log_sink: Some(narrator.log_sink()),
            witness: Some(Arc::new(sandbox.world().clone())),
            ..FunctionsHostOptions::new(app.root())
        })
        .await?;
        let subscription = EventSubscription::new("near-expiry", host.event_grid_webhook("SecretNearExpiry"));
        let event_grid = EventGrid::new(vec![subscription], &EventGridOptions::default());
        let inspector = Inspector::new(&sandbox)?;
        let vault_events = VaultEvents::default();
        let is_broken = !options.broken.is_empty();
        Ok(Self {
            host,
            event_grid,
            vault_events,
            inspector,
            scenario,
            is_broken,
            narrator,
            sandbox,
            _app: app,
        })
    }

    /// Moves the clock to near-expiry, lets Event Grid say so, and looks at what comes of it.
    async fn rotate(&mut self, number: u16) -> Result<RotationReport, Box<dyn Error>> {
        let world = self.sandbox.world();
        world.age(UNTIL_NEAR_EXPIRY);
        self.narrator.say(&format!(
            "\nrotation {number}: sixty days later, Key Vault says that `{VAULT}/{SECRET}` is near its expiry"
        ));
        let before = self.dependents();
        let from = self.published()?;
        let looked_before = verification::look_before(&self.inspector, world, &self.scenario).await?;
        world.reset_exposure();
        self.sandbox.clear_calls();
        self.narrator.start_rotation();
        let started = Instant::now();
        for event in self.vault_events.due(world) {
            self.event_grid.publish(event.to_json()).await?;
        }
        self.event_grid.wait_until_delivered(LONGEST_ROTATION).await?;
        self.finish().await?;
        let wall_seconds = started.elapsed().as_secs_f64();
        self.narrator.end_rotation();
        let calls = self.sandbox.calls().len();
        self.host.show_files()?;
        let to = from.other();
        let problems = verification::verify(&self.inspector, world, &self.scenario, &looked_before, to).await;
        let secret = world.secret(VAULT, SECRET).ok_or("the secret is gone")?;
        Ok(RotationReport {
            account: ACCOUNT.to_owned(),
            from: from.as_str().to_owned(),
            to: to.as_str().to_owned(),
            secret_version: secret.version,
            wall_seconds,
            calls,
            dependents: self.compare(&before),
            verified: problems.is_empty(),
            problems,
        })
    }

    /// Waits until nothing is left to do; where that cannot be reached, until the handler has said so.
    async fn finish(&self) -> Result<(), NotIdle> {
        if !self.is_broken {
            return self.host.wait_until_idle(LONGEST_ROTATION).await;
        }
        let failed = async {
            let is_failed =
                |record: &InvocationRecord| matches!(record.outcome, InvocationOutcome::Failed(_));
            while !self.host.invocations().iter().any(is_failed) {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            self.narrator.say(
                "  the rotation failed; its message comes back when its time-out is over, which the demo does not wait for",
            );
        };
        tokio::select! {
            idle = self.host.wait_until_idle(LONGEST_ROTATION) => idle,
            () = failed => Ok(()),
        }
    }

    fn dependents(&self) -> Vec<DependentState> {
        self.sandbox.world().dependents_of(ACCOUNT)
    }

    /// The key that the secret stands for now.
    fn published(&self) -> Result<KeyName, &'static str> {
        let secret = azure_sandbox::Dependent::Secret { vault: VAULT.to_owned(), name: SECRET.to_owned() };
        match self.sandbox.world().held_by(ACCOUNT, &secret) {
            HeldKey::Key1 => Ok(KeyName::Key1),
            HeldKey::Key2 => Ok(KeyName::Key2),
            HeldKey::Neither | HeldKey::None => Err("the secret holds neither key of the account"),
        }
    }

    fn compare(&self, before: &[DependentState]) -> Vec<DependentReport> {
        let exposure = self.sandbox.world().exposure();
        let held_before = |now: &DependentState| {
            let before = before.iter().find(|state| state.dependent == now.dependent);
            key_name(before.map_or(HeldKey::None, |state| state.held))
        };
        self.dependents()
            .iter()
            .filter(|now| now.held != HeldKey::None)
            .map(|now| {
                let (kind, name) = kind_and_name(&now.dependent);
                let exposure_seconds = exposure.get(&now.dependent).map_or(0.0, Duration::as_secs_f64);
                DependentReport {
                    kind,
                    name,
                    before: held_before(now),
                    after: key_name(now.held),
                    exposure_seconds,
                }
            })
            .collect()
    }
}
