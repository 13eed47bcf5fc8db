//! Proves a key and puts it in the vault.

use std::collections::BTreeMap;
use std::time::Duration;

use rotation::{
    COMPROMISED, CREDENTIAL_ID, Failure, KeyName, Observation, Obstacle, PROVIDER_ADDRESS, Publication,
    PublicationReason, Run, VALIDITY_PERIOD_DAYS, expiry,
};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::{Step, enrolment, read_key, read_unchanged_secret, returned};
use crate::azure::{AccessKey, NewVersion, Proof};
use crate::failure::failure;
use crate::lock::EXCLUSIVE_WRITE;
use crate::resyncs::{Resync, Resyncs};
use crate::rights::{GET_SECRET, READ_ACCOUNT, SET_SECRET};
use crate::rotator::Rotator;
use crate::telemetry::milliseconds;

/// The longest that the data plane is asked again whether it accepts a key.
const LONGEST_PROOF: Duration = Duration::from_secs(120);
/// The longest lag between a regeneration and the data plane that anybody reported is 30 s (azure-docs #47633).
const LONGEST_KNOWN_LAG: Duration = Duration::from_secs(60);
/// The longest pause between two questions.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Publishes the key: waits for the resyncs of this run, proves the key meanwhile, writes the version and waits until
/// the vault returns it. A regeneration of this run that got no certain answer is waited for first: it may yet make useless
/// what is proven, and what a workspace takes.
pub(super) async fn publish(step: Step<'_>, publication: &Publication, run: &mut Run, resyncs: &mut Resyncs) {
    step.lease.outlast_what_is_on_its_way().await;
    resyncs.start(step.rotator, step.lease, Resync::each(&publication.resync), run);
    let publishing = Publishing { step, key: publication.key };
    let proven = publishing.prove().await;
    resyncs.settle(run).await;
    let published = match proven {
        Ok(()) => publishing.write(publication).await,
        Err(failure) => Err(failure),
    };
    match published {
        Ok(()) => run.remember_the_publish(),
        Err(failure) => {
            run.publish_failed = true;
            run.fail(failure);
        }
    }
}

struct Publishing<'a> {
    step: Step<'a>,
    key: KeyName,
}

impl Publishing<'_> {
    /// Reads the key from the account, if it is still the one that the look saw.
    async fn read_key(&self) -> Result<AccessKey, Failure> {
        let Step { rotator, observation, .. } = self.step;
        let account = enrolment(rotator, observation)?.account;
        let seen =
            observation.account.as_ref().map_err(|obstacle| Failure::look_again(obstacle.to_string()))?;
        read_key(rotator, &account, self.key, seen.key(self.key).value).await
    }

    /// Asks the data plane until it accepts the key.
    async fn prove(&self) -> Result<(), Failure> {
        let Step { rotator, observation, .. } = self.step;
        let account = enrolment(rotator, observation)?.account;
        let key = self.read_key().await?;
        let azure = &rotator.azure;
        let properties = azure.storage_accounts.get(&account).await;
        let properties = properties.map_err(|error| failure(&error, READ_ACCOUNT, &account))?;
        let started = Instant::now();
        let mut pause = Duration::from_millis(500);
        // Whether the service itself has turned the key away: then its silence afterwards says nothing in the key's favour.
        let mut was_turned_away = false;
        loop {
            let proof = azure.data_plane.prove(&properties, account.name(), &key, rotator.clock.now()).await;
            let why_not = match proof {
                Ok(Proof::Accepted) => {
                    info!(step = "prove", key = %self.key, "the data plane accepts `{}`", self.key);
                    return Ok(());
                }
                Ok(Proof::Unreachable { why })
                    if !was_turned_away && LONGEST_KNOWN_LAG <= started.elapsed() =>
                {
                    warn!(
                        step = "prove",
                        "`{}` cannot be proven, the data plane of `{}` is out of our reach ({why}): waited {} s instead, \
                         longer than a new key was ever seen to take",
                        self.key,
                        account.name(),
                        started.elapsed().as_secs()
                    );
                    return Ok(());
                }
                Ok(Proof::Unreachable { why }) => format!("the data plane is out of our reach ({why})"),
                Ok(Proof::NotYet) => {
                    was_turned_away = true;
                    format!("the data plane does not accept `{}` yet", self.key)
                }
                Ok(Proof::SharedKeyOff) => {
                    return Err(Failure::look_again(format!(
                        "`{}` does not allow access keys",
                        account.name()
                    )));
                }
                Err(error) if error.is_passing() => crate::failure::chain(&error),
                Err(error) => return Err(failure(&error, READ_ACCOUNT, &account)),
            };
            if LONGEST_PROOF <= started.elapsed() {
                return Err(Failure::look_again(why_not));
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Writes the version, with everything that the one before it had, in one call, and waits until it is there.
    async fn write(&self, publication: &Publication) -> Result<(), Failure> {
        let Step { rotator, activation, started, observation, lease } = self.step;
        let target = &observation.target;
        let enrolment = enrolment(rotator, observation)?;
        let (mut tags, content_type) = match observation.secret {
            Err(Obstacle::SecretNotFound) => {
                no_secret(rotator, observation).await?;
                (BTreeMap::new(), None)
            }
            Ok(_) | Err(_) => {
                let current = read_unchanged_secret(rotator, observation).await?;
                (current.tags, current.content_type)
            }
        };
        let now = rotator.clock.now();
        let expires = expiry(publication.created.unwrap_or(now), now, enrolment.validity, &rotator.policy);
        let days = enrolment.validity.whole_days().to_string();
        for (tag, text) in [
            (CREDENTIAL_ID, Some(self.key.to_string())),
            (PROVIDER_ADDRESS, Some(enrolment.account.to_string())),
            (VALIDITY_PERIOD_DAYS, Some(days)),
            (COMPROMISED, publication.compromised.to_tag()),
        ] {
            match text {
                Some(text) => tags.insert(tag.to_owned(), text),
                None => tags.remove(tag),
            };
        }
        // The proof and the resyncs took their time, and what somebody made useless meanwhile is not to be published: as in
        // a look, the secret is read first and the keys last.
        let key = self.read_key().await?;
        let new_version = NewVersion { value: &key, tags, content_type, expires: Some(expires) };
        lease.check_for(EXCLUSIVE_WRITE)?;
        let sent = Instant::now();
        let version = rotator.azure.key_vaults.set(target, new_version).await;
        let version = version.map_err(|error| {
            if error.is_uncertain() {
                lease.leave_to_run_out(sent);
            }
            failure(&error, SET_SECRET, target)
        })?;
        info!(
            step = "publish",
            audit = true,
            target = %target,
            account = %enrolment.account,
            from = self.before(publication.reason),
            to = %self.key,
            version,
            reason = %publication.reason,
            asked_by = activation.asked_by,
            duration_ms = milliseconds(started.elapsed()),
            "published `{}` as version {version} of `{target}`, because {}, asked by {}",
            self.key,
            publication.reason,
            activation.asked_by
        );
        let what = format!("version {version} of `{target}`");
        returned(self.step, &what, |seen| seen.version == version).await
    }

    /// What the secret held before, for the audit.
    const fn before(&self, reason: PublicationReason) -> &'static str {
        match reason {
            PublicationReason::Enrolment => "no secret",
            PublicationReason::Healing => "neither key",
            PublicationReason::Untagged => self.key.as_str(),
            PublicationReason::Rotation => self.key.alternate().as_str(),
        }
    }
}

/// Makes sure that there is still no secret.
async fn no_secret(rotator: &Rotator, observation: &Observation) -> Result<(), Failure> {
    let target = &observation.target;
    match rotator.azure.key_vaults.get(target).await {
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(failure(&error, GET_SECRET, target)),
        Ok(_) => Err(Failure::look_again(format!("`{target}` was made while we looked"))),
    }
}
