//! `rotate`: has a target rotated, by the deployed app or here, and tells how it goes.

mod by_app;
mod here;
mod question;
mod result;

use std::error::Error;
use std::io::{self, IsTerminal, Write, stderr, stdin};
use std::time::Duration;

use clap::Args;
use clap::error::ErrorKind;
use rotation::{Disposition, Failure, Forced, Heading, KeyName, Mode, SecretId};

use self::by_app::DeployedApp;
use self::here::Here;
use self::result::{Ended, Report};
use super::output::{Format, Palette, write_json};
use super::status::with_hint;
use super::{ExitStatus, plan, target};
use crate::activation;
use crate::azure::NotConnected;
use crate::environment::Environment;
use crate::report::{Mend, TargetPlan, Then};

/// The options of `rotate`.
#[derive(Debug, Args)]
pub(super) struct RotateOptions {
    /// The target to rotate
    #[arg(value_name = "VAULT/SECRET", value_parser = target::parse)]
    target: SecretId,
    /// The deployed function app that is to do it: its resource id, or its https address; unless given,
    /// `ROTATOR_FUNCTION_APP`
    #[arg(long, value_name = "APP", conflicts_with = "local")]
    function_app: Option<String>,
    /// Do it here and not in the app, as whoever is signed in, under the same lease, with the app's settings in the
    /// environment
    #[arg(long)]
    local: bool,
    /// Replace the current version before its time; where a version is named, only if that is still the current one
    #[arg(long, value_name = "VERSION", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "so clap tells an option without its value from none")]
    force: Option<Option<String>>,
    /// A key leaked, the published one unless it is named (`key1` or `key2`): make it useless as soon as no holder holds
    /// it, whoever else may still use it
    #[arg(long, value_name = "KEY", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "so clap tells an option without its value from none")]
    compromised: Option<Option<KeyName>>,
    /// Do not ask before it is done
    #[arg(long, short)]
    yes: bool,
    /// How long the app is watched, as in `90s` or `2h`; it goes on by itself
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = humantime::parse_duration)]
    watch: Duration,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What was seen of the target, with whatever is to be replaced before its time, and what would be done.
struct Seen {
    forced: Option<Forced>,
    /// The current version, if there is one.
    version: Option<String>,
    /// The key that it holds, if it is a live one.
    published: Option<KeyName>,
    plan: TargetPlan,
}

/// Who does it.
enum Doer {
    /// The deployed app.
    App(DeployedApp),
    /// This process.
    Here(Box<Here>),
}

/// Has the target rotated, once the plan was shown and agreed to.
///
/// # Errors
///
/// When it was used in a way that makes no sense, there is no way to Azure, or stdout or stderr cannot be written to.
pub(super) async fn run(
    options: &RotateOptions,
    environment: &Environment,
) -> Result<ExitStatus, Box<dyn Error>> {
    if !options.yes && !stdin().is_terminal() {
        return Err(usage("nobody can be asked, because stdin is no terminal: give `--yes`").into());
    }
    if let Some(Some(version)) = &options.force {
        // Its form only; whether it is the current one is seen later.
        activation::forced(Some(version.clone()), None).map_err(|error| usage(&error.to_string()))?;
    }
    let palette = Palette::of_stderr(environment);
    let report = match Doer::of(options, environment).await {
        Ok(doer) => doer.rotate(options, palette).await,
        Err(no_report) => Err(no_report),
    };
    let report = match report {
        Ok(report) => report,
        Err(NoReport::Failed(failure)) => {
            writeln!(stderr(), "{}", with_hint(&failure))?;
            return Ok(ExitStatus::of_failure(&failure));
        }
        Err(NoReport::Refused(Mend { reason, hint })) => {
            writeln!(stderr(), "{reason}; hint: {hint}")?;
            return Ok(ExitStatus::NeedsOperator);
        }
        Err(NoReport::Error(error)) => return Err(error),
    };
    match options.format {
        Format::Json => write_json(&report)?,
        Format::Text => report.write(Palette::of_stdout(environment))?,
    }
    Ok(report.exit_status())
}

/// Why there is nothing to report.
enum NoReport {
    /// Something failed.
    Failed(Failure),
    /// The app cannot look, and says what mends it.
    Refused(Mend),
    /// The command was used in a way that makes no sense, there is no way to Azure, or nobody reads any more.
    Error(Box<dyn Error>),
}

impl From<Failure> for NoReport {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Box<dyn Error>> for NoReport {
    fn from(error: Box<dyn Error>) -> Self {
        Self::Error(error)
    }
}

impl From<clap::Error> for NoReport {
    fn from(error: clap::Error) -> Self {
        Self::Error(error.into())
    }
}

impl From<io::Error> for NoReport {
    fn from(error: io::Error) -> Self {
        Self::Error(error.into())
    }
}

impl From<NotConnected> for NoReport {
    fn from(error: NotConnected) -> Self {
        Self::Error(error.into())
    }
}

impl Doer {
    async fn of(options: &RotateOptions, environment: &Environment) -> Result<Self, NoReport> {
        if options.local {
            let here = Here::connect(environment, &options.target).await?;
            return Ok(Self::Here(Box::new(here)));
        }
        Ok(Self::App(DeployedApp::connect(environment, options.function_app.as_deref()).await?))
    }

    async fn rotate(&self, options: &RotateOptions, palette: Palette) -> Result<Report, NoReport> {
        let seen = match self {
            Self::App(app) => app.first_look(options).await?,
            Self::Here(here) => here.first_look(options).await?,
        };
        if let Some(ended) = ended_before_it_began(&seen.plan) {
            return Ok(Report::new(options.by(), ended, &seen));
        }
        plan::write(&mut stderr().lock(), &seen.plan, palette)?;
        if seen.plan.mode == Mode::Observe {
            return Ok(Report::new(options.by(), Ended::Observed, &seen));
        }
        if !options.yes && !question::agreed(&options.target).await? {
            return Ok(Report::new(options.by(), Ended::Declined, &seen));
        }
        match self {
            Self::App(app) => app.rotate(&options.target, &seen, options.watch).await,
            Self::Here(here) => here.rotate(&options.target, &seen).await,
        }
    }
}

impl RotateOptions {
    const fn by(&self) -> &'static str {
        if self.local { here::BY } else { by_app::BY }
    }

    /// What is to be replaced before its time, by what was seen of the secret.
    fn forced(&self, version: Option<&str>, published: Option<KeyName>) -> Result<Option<Forced>, Failure> {
        let named = match (&self.force, &self.compromised) {
            (None, None) => return Ok(None),
            (Some(Some(named)), _) => Some(named.as_str()),
            (Some(None) | None, _) => version,
        };
        let target = &self.target;
        let Some(version) = named else {
            let mend = format!("see what stands in the way: `status {target}`");
            let what =
                format!("no version of `{target}` is to be seen, so none can be replaced before its time");
            return Err(Failure::new(what, Disposition::needs_operator(mend, Heading::Secret)));
        };
        let compromised = match self.compromised {
            None => None,
            Some(Some(key)) => Some(key),
            Some(None) => Some(published.ok_or_else(|| {
                let mend = "name the key that leaked: `--compromised=key1` or `--compromised=key2`";
                let what = format!("`{target}` holds neither key, so it does not say which one leaked");
                Failure::new(what, Disposition::needs_operator(mend, Heading::NeitherKey))
            })?),
        };
        Ok(Some(Forced { version: version.to_owned(), compromised }))
    }
}

/// What a plan comes to that has nothing to be done now.
fn ended_before_it_began(plan: &TargetPlan) -> Option<Ended> {
    plan.first()
        .map(|first| first.then)
        .filter(|then| *then != Then::GoesOn)
        .map(|then| Ended::of(then, false))
}

fn usage(message: &str) -> clap::Error {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{message}\n"))
}
