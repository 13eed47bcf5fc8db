//! `local-azure`: a local Azure with this program as its function app, held open for whatever client one has.

mod control;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Write, stderr, stdout};
use std::sync::Arc;
use std::time::Duration;

use azure_sandbox::functions_host::{FunctionsHost, FunctionsHostOptions, HostLogLine, LogSink};
use azure_sandbox::{Behaviour, Sandbox, SandboxOptions};
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::ExitStatus;
use super::scenario::{self, ACCOUNT, GROUP, SECRET, SUBSCRIPTION, Scenario, VAULT};
use crate::local_app::LocalApp;

use self::control::Controlled;

/// The options of `local-azure`.
#[derive(Debug, Args)]
pub(super) struct LocalAzureOptions {
    /// Workspaces on the storage account
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=500))]
    workspaces: u16,
    /// Datastores with the account's key in each workspace; besides them there are one with a shared access signature,
    /// and a connection
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=40))]
    datastores: u16,
    /// Milliseconds that are added to every call
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u64).range(0..=5_000), value_name = "MS")]
    latency: u64,
    /// Milliseconds that a workspace takes to synchronise its keys
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(0..=600_000), value_name = "MS")]
    resync: u64,
    /// Milliseconds that a message which failed is hidden, instead of what `host.json` says
    #[arg(long, value_name = "MS")]
    visibility_timeout: Option<u64>,
    /// One more application setting of the function app; may be given more than once
    #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
}

/// Starts it, prints what a client has to have in its environment, and holds it open until somebody ends it. The status
/// says whether something was found that must never happen.
pub(super) async fn run(options: &LocalAzureOptions) -> Result<ExitStatus, Box<dyn Error>> {
    let mut terminated = signal(SignalKind::terminate())?;
    let local = LocalAzure::start(options).await?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    local.print_environment(&format!("http://{address}"))?;
    tokio::select! {
        served = axum::serve(listener, control::router(local.controlled())) => served?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminated.recv() => {}
    }
    local.end().await
}

/// The app's files stay until the host is gone.
struct LocalAzure {
    host: Arc<FunctionsHost>,
    scenario: Scenario,
    sandbox: Arc<Sandbox>,
    _app: LocalApp,
}

impl LocalAzure {
    async fn start(options: &LocalAzureOptions) -> Result<Self, Box<dyn Error>> {
        let behaviour = Behaviour {
            resync_duration: Duration::from_millis(options.resync),
            // Azure's contract says 10 or more; Microsoft's clients wait for 30 s where nothing is said.
            resync_retry_after: Some(1),
            resync_async_operation: true,
            ..Behaviour::default()
        };
        let latency = Duration::from_millis(options.latency);
        let sandbox =
            Sandbox::start(SandboxOptions { latency, behaviour, ..SandboxOptions::default() }).await?;
        let datastores = options.workspaces * options.datastores;
        let scenario = scenario::set_up(sandbox.world(), options.workspaces.into(), datastores.into());
        let app = LocalApp::lay_out(&std::env::current_exe()?)?;
        let mut environment = scenario::environment_of_the_app(&sandbox);
        environment.extend(options.settings.iter().cloned());
        let host = FunctionsHost::start(FunctionsHostOptions {
            environment,
            log_sink: Some(log_sink()),
            witness: Some(Arc::new(sandbox.world().clone())),
            visibility_timeout: options.visibility_timeout.map(Duration::from_millis),
            ..FunctionsHostOptions::new(app.root())
        })
        .await?;
        Ok(Self { host: Arc::new(host), scenario, sandbox: Arc::new(sandbox), _app: app })
    }

    fn controlled(&self) -> Controlled {
        Controlled { host: Arc::clone(&self.host), sandbox: Arc::clone(&self.sandbox) }
    }

    /// Prints what a shell can take in: where this Azure is, who one is there, and what there is.
    fn print_environment(&self, control: &str) -> Result<(), Box<dyn Error>> {
        let environment = self.environment(control)?;
        let mut out = stdout().lock();
        for (name, value) in environment {
            writeln!(out, "export {name}='{value}'")?;
        }
        writeln!(out, "# ready")?;
        Ok(out.flush()?)
    }

    fn environment(&self, control: &str) -> Result<BTreeMap<String, String>, &'static str> {
        let status = self.host.http_url("Status");
        let status = status.ok_or(
            "the function app has no HTTP function `Status`: correct functions/Status/function.json",
        )?;
        let names: Vec<&str> = self.scenario.workspaces.iter().map(|each| each.name.as_str()).collect();
        let mut environment = self.sandbox.outside_environment();
        let own = [
            ("CONTROL", control.to_owned()),
            ("SUBSCRIPTION", SUBSCRIPTION.to_owned()),
            ("GROUP", GROUP.to_owned()),
            ("ACCOUNT", ACCOUNT.to_owned()),
            ("WORKSPACES", names.join(",")),
            ("VAULT", VAULT.to_owned()),
            ("SECRET", SECRET.to_owned()),
            ("WEBHOOK", self.host.event_grid_webhook("SecretNearExpiry")),
            ("STATUS", status),
            ("FUNCTION_KEY", self.host.keys().host_function().to_owned()),
        ];
        environment.extend(own.map(|(name, value)| (format!("LOCAL_AZURE_{name}"), value)));
        Ok(environment)
    }

    /// Ends it, and says what was found.
    async fn end(self) -> Result<ExitStatus, Box<dyn Error>> {
        self.host.show_files()?;
        let findings = control::findings(&self.sandbox);
        let sound = findings.violations.is_empty();
        for violation in findings.violations {
            writeln!(stderr(), "found: {violation}")?;
        }
        for (host, count) in findings.refused_hosts {
            writeln!(stderr(), "refused: {host}, {count} times: nothing leaves this machine")?;
        }
        Ok(if sound { ExitStatus::Done } else { ExitStatus::Failed })
    }
}

/// The log goes to stderr, line by line.
fn log_sink() -> LogSink {
    Arc::new(|line: &HostLogLine| {
        // Whoever closed it does not want to read it.
        let _ = writeln!(stderr(), "{}", line.text);
    })
}

fn setting(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = parts.ok_or_else(|| "give it as NAME=VALUE".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_may_have_an_equals_sign_in_its_value_and_must_have_a_name() {
        assert_eq!(setting("ROTATOR_TARGETS=[a=b]"), Ok(("ROTATOR_TARGETS".to_owned(), "[a=b]".to_owned())));
        assert!(setting("=value").is_err() && setting("name").is_err());
    }
}
