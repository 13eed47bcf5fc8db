//! The rotation that the deployed app does: it is asked, and then watched by looking.

use std::io::{Write, stderr};
use std::time::Duration;

use rotation::{Disposition, Failure, Forced, FunctionAppId, Heading, KeyName, Mode, SecretId};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::result::{Ended, Report};
use super::{NoReport, RotateOptions, Seen, usage};
use crate::azure::{AppAddress, AzureError, FunctionAnswer, FunctionApp, FunctionApps};
use crate::commands::connection;
use crate::env_vars::{ROTATOR_FUNCTION_APP, ROTATOR_FUNCTION_KEY, USER};
use crate::environment::Environment;
use crate::failure::{chain, failure};
use crate::report::{Mend, TargetPlan, Then};
use crate::rights::{LIST_HOST_KEYS, READ_FUNCTION_APP};
use crate::settings::Settings;

/// The routes of `functions/Status` and `functions/RotateNow`.
const STATUS: &str = "status";
const ROTATE_NOW: &str = "rotate";

/// Who does it.
pub(super) const BY: &str = "the function app";

/// The shortest pause between two looks.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// After a look, the app is left alone for this many times as long as it took: it has to do with the same limits of Azure.
const REST: u32 = 4;

/// A deployed app that can be asked.
pub(super) struct DeployedApp {
    app: FunctionApp,
    asked_by: Option<String>,
}

/// What `Status` tells of one target, as far as it is read.
#[derive(Deserialize)]
struct StatusAnswer {
    version: Option<String>,
    published: String,
    plan: TargetPlan,
}

/// Why an app refuses.
#[derive(Deserialize)]
struct RefusalAnswer {
    error: String,
    hint: Option<String>,
}

impl DeployedApp {
    /// Finds the app and its key.
    pub(super) async fn connect(environment: &Environment, given: Option<&str>) -> Result<Self, NoReport> {
        let given = given.or_else(|| environment.get(ROTATOR_FUNCTION_APP)).ok_or_else(|| {
            usage(&format!(
                "name the deployed function app, by its resource id or its https address: `--function-app`, or \
                 `{ROTATOR_FUNCTION_APP}`; or have it done here: `--local`"
            ))
        })?;
        let key = environment.get(ROTATOR_FUNCTION_KEY).map(|key| SecretString::from(key.to_owned()));
        let signed_in = environment.get(USER).map(str::to_owned);
        if !given.starts_with('/') {
            let address = given.parse().map_err(|error| usage(&format!("`--function-app`: {error}")))?;
            let key = key.ok_or_else(|| {
                usage(&format!(
                    "put a function key of the app at {address} into `{ROTATOR_FUNCTION_KEY}` (`az functionapp keys \
                     list --query functionKeys.default`), or name the app by its resource id"
                ))
            })?;
            return Ok(Self { app: FunctionApp::new(address, key)?, asked_by: signed_in });
        }
        let id: FunctionAppId =
            given.parse().map_err(|error| usage(&format!("`--function-app`: {error}")))?;
        let cloud = Settings::cloud_alone(environment);
        let cloud = cloud.map_err(|invalid| connection::not_configured(&invalid))?;
        let apps = FunctionApps::connect(&cloud, &connection::credentials(environment)).await?;
        let (address, key) = find(&apps, &id, key).await?;
        let asked_by = apps.own_ids().await.map(|ids| ids.who()).ok().or(signed_in);
        Ok(Self { app: FunctionApp::new(address, key)?, asked_by })
    }

    /// Looks for the first time, and then once more at what it would come to, if something is to be replaced before its
    /// time.
    pub(super) async fn first_look(&self, options: &RotateOptions) -> Result<Seen, NoReport> {
        let seen = self.look(&options.target, None).await?;
        let forced = options.forced(seen.version.as_deref(), seen.published)?;
        if forced.is_none() { Ok(seen) } else { self.look(&options.target, forced).await }
    }

    async fn look(&self, target: &SecretId, forced: Option<Forced>) -> Result<Seen, NoReport> {
        let target = target.to_string();
        let mut parameters = vec![("target", target.as_str())];
        if let Some(forced) = &forced {
            parameters.push(("version", &forced.version));
            parameters.extend(forced.compromised.map(|key| ("compromised", key.as_str())));
        }
        let answer = self.app.get(STATUS, &parameters).await.map_err(|error| self.unreachable(&error))?;
        let answer: Value = self.accept(answer, 200)?;
        let StatusAnswer { version, published, plan } =
            serde_json::from_value(answer).map_err(|_| self.of_another_version())?;
        let published = KeyName::BOTH.into_iter().find(|key| key.as_str() == published);
        Ok(Seen { forced, version, published, plan })
    }

    /// Asks the app, and watches until nothing is left to do for now.
    pub(super) async fn rotate(
        &self,
        target: &SecretId,
        seen: &Seen,
        longest: Duration,
    ) -> Result<Report, NoReport> {
        let forced = seen.forced.as_ref();
        let mut body = json!({"target": target.to_string()});
        if let Some(forced) = forced {
            body["version"] = json!(forced.version);
            if let Some(key) = forced.compromised {
                body["compromised"] = json!(key.as_str());
            }
        }
        if let Some(name) = &self.asked_by {
            body["askedBy"] = json!(name);
        }
        let answer = self.app.post(ROTATE_NOW, &body).await.map_err(|error| self.unreachable(&error))?;
        self.accept(answer, 202)?;
        let address = self.app.address();
        writeln!(
            stderr(),
            "the function app at {address} was asked, and goes on by itself; Ctrl-C only ends the watching"
        )?;
        let watched = tokio::select! {
            watched = self.watch(target, forced, longest) => watched?,
            _ = tokio::signal::ctrl_c() => Watched::NoMore(Ended::Stopped),
        };
        Ok(match watched {
            Watched::Until(last) => {
                let then = last.plan.first().map_or(Then::ComesBack, |first| first.then);
                Report::new(BY, Ended::of(then, true), &last)
            }
            Watched::NoMore(ended) => {
                let what =
                    format!("the app goes on; `rotate {target}` watches on, or does what is still left then");
                Report::new(BY, ended, seen).saying(what)
            }
        })
    }

    async fn watch(
        &self,
        target: &SecretId,
        forced: Option<&Forced>,
        longest: Duration,
    ) -> Result<Watched, NoReport> {
        let started = Instant::now();
        let mut told = String::new();
        loop {
            let began = Instant::now();
            let seconds = || started.elapsed().as_secs_f64();
            let news = match self.look(target, forced.cloned()).await {
                Ok(seen) => match seen.plan.first() {
                    // An app that fell into `observe` meanwhile does nothing more.
                    Some(first) if first.then == Then::GoesOn && seen.plan.mode == Mode::Rotate => {
                        format!("left to do: {}", first.what)
                    }
                    Some(first) if first.then == Then::ComesBack && seen.plan.blocked.is_empty() => {
                        format!("failed, and will be tried again: {}", first.reason)
                    }
                    _ => return Ok(Watched::Until(seen)),
                },
                Err(NoReport::Failed(failure)) if failure.disposition.may_pass() => failure.to_string(),
                Err(no_report) => return Err(no_report),
            };
            if news != told {
                writeln!(stderr(), "  {:6.1} s  {news}", seconds())?;
                told = news;
            }
            if longest <= started.elapsed() {
                return Ok(Watched::NoMore(Ended::NotWatched));
            }
            sleep((began.elapsed() * REST).max(SHORTEST_PAUSE)).await;
        }
    }

    /// The JSON of an answer with that status.
    fn accept(&self, answer: FunctionAnswer, expected: u16) -> Result<Value, NoReport> {
        let FunctionAnswer { status, json } = answer;
        let address = self.app.address();
        let mend = |what: String, mend: &str| {
            Failure::new(what, Disposition::needs_operator(mend, Heading::FunctionApp))
        };
        let refusal: Option<RefusalAnswer> =
            json.as_ref().and_then(|json| serde_json::from_value(json.clone()).ok());
        Err(match (status, json, refusal) {
            (status, Some(json), _) if status == expected => return Ok(json),
            (400 | 404, _, Some(refusal)) => usage(&refusal.error).into(),
            (401 | 403, ..) => mend(
                format!("the function app at {address} does not take the function key: it answers {status}"),
                "put a key of this app into `ROTATOR_FUNCTION_KEY` (`az functionapp keys list`, \
                 `functionKeys.default`); if it is one, let this machine through the app's access restrictions",
            )
            .into(),
            (404, ..) => mend(
                format!("there is no function of this program at {address}"),
                "name the function app that it was deployed to (`--function-app`), or deploy it",
            )
            .into(),
            (_, _, Some(RefusalAnswer { error, hint: Some(hint) })) => {
                NoReport::Refused(Mend { reason: error, hint })
            }
            (503, _, Some(refusal)) => Failure::new(refusal.error, Disposition::Retry).into(),
            (status, ..) if status == expected => self.of_another_version(),
            (status, ..) => Failure::new(
                format!("the function app at {address} answers {status}: its log says why, or it has just started"),
                Disposition::Retry,
            )
            .into(),
        })
    }

    fn of_another_version(&self) -> NoReport {
        let what = format!("what the function app at {} answers is not understood", self.app.address());
        let mend =
            "deploy the app in the version of this command, or take the command in the version of the app";
        Failure::new(what, Disposition::needs_operator(mend, Heading::FunctionApp)).into()
    }

    fn unreachable(&self, error: &AzureError) -> Failure {
        Failure::new(
            format!("{}; see that {} can be reached from here", chain(error), self.app.address()),
            Disposition::Retry,
        )
    }
}

/// How the watching ended.
enum Watched {
    /// Nothing is left to do for now.
    Until(Seen),
    /// Nobody watches any more.
    NoMore(Ended),
}

async fn find(
    apps: &FunctionApps,
    id: &FunctionAppId,
    key: Option<SecretString>,
) -> Result<(AppAddress, SecretString), Failure> {
    let gone = |error: AzureError, right| {
        if error.is_not_found() {
            let mend = format!("correct the resource id: there is no `{id}`");
            return Failure::new(chain(&error), Disposition::needs_operator(mend, Heading::FunctionApp));
        }
        failure(&error, right, id)
    };
    let address = apps.address(id).await.map_err(|error| gone(error, READ_FUNCTION_APP))?;
    if let Some(key) = key {
        return Ok((address, key));
    }
    let key = apps.function_key(id).await.map_err(|error| gone(error, LIST_HOST_KEYS))?;
    let key = key.ok_or_else(|| {
        let mend = format!("make one (`az functionapp keys set --key-type functionKeys --ids {id}`)");
        Failure::new(
            format!("function app `{}` has no function key", id.name()),
            Disposition::needs_operator(mend, Heading::FunctionApp),
        )
    })?;
    Ok((address, key))
}
