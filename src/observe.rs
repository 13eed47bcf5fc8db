//! One pass over the outside: facts and fingerprints in, no decision.
//!
//! A look reads the secret first and the keys last, so that a key that is regenerated in between is seen as one that the
//! secret does not hold. What is published in between is not seen; whoever regenerates asks for the version once more.

pub(crate) mod account;
mod connections;
mod holders;
pub(crate) mod other_secrets;
pub(crate) mod secret;
mod sighting;
mod survey;

use std::collections::BTreeSet;

use rotation::{Breadth, Failure, Observation, Obstacle, Run, SecretId, Survey, WorkspaceId};

use self::sighting::Tracing;
use crate::rotator::Rotator;

/// Looks at `target`.
///
/// `before` is what the look before it in this run saw, `written` what was written since.
///
/// # Errors
///
/// When a service did not answer as it should; what a person has to mend is no error, but part of the observation.
pub(crate) async fn observe(
    rotator: &Rotator,
    target: &SecretId,
    before: Option<&Observation>,
    breadth: Breadth,
    written: &BTreeSet<WorkspaceId>,
    run: &mut Run,
) -> Result<Observation, Failure> {
    let mut observation = Observation {
        target: target.clone(),
        vault_allowed: rotator.allows(target.vault()),
        declared: rotator.declaration_of(target).cloned(),
        forced: None,
        secret: Err(Obstacle::SecretNotFound),
        account: Err(Obstacle::AccountNotNamed),
        survey: Survey::none(),
        run: run.clone(),
    };
    if !observation.vault_allowed {
        return Ok(observation);
    }
    observation.secret = secret::see(rotator, target).await?;
    let (Ok(enrolment), Ok(_) | Err(Obstacle::SecretNotFound)) =
        (observation.enrolment(&rotator.policy), &observation.secret)
    else {
        return Ok(observation);
    };
    let declared = other_secrets::declared(rotator, target, &enrolment.account);
    observation.survey.other_secrets.clone_from(&declared);
    if observation.declared.is_none() && !declared.is_empty() {
        // Another one counts, whatever else there is to be seen.
        return Ok(observation);
    }
    let account = match account::see(rotator, &enrolment.account).await? {
        Ok(account) => account,
        Err(obstacle) => {
            observation.account = Err(obstacle);
            return Ok(observation);
        }
    };
    let surveyed = match breadth {
        Breadth::Whole => survey::whole(rotator, target, &enrolment.account, run).await?,
        Breadth::Narrow => {
            let same_account = |before: &&Observation| {
                before.enrolment(&rotator.policy).is_ok_and(|before| before.account == enrolment.account)
            };
            survey::narrow(rotator, before.filter(same_account).map(|before| &before.survey), written, run)
                .await
        }
    };
    let keys = account::list_keys(rotator, &enrolment.account).await?;
    let tracing = Tracing {
        account: enrolment.account.name(),
        keys: keys.as_ref().ok(),
        longest_sas: account.longest_sas,
        fingerprint_key: &rotator.fingerprint_key,
        now: rotator.clock.now(),
    };
    observation.survey = surveyed.trace(&tracing, run);
    let others = &mut observation.survey.other_secrets;
    others.retain(|other| !other.is_declared);
    others.extend(declared);
    observation.account = keys.map(|keys| account::keys_seen(rotator, &keys));
    see_earlier_versions(rotator, &mut observation, run).await?;
    run.remember(&observation, rotator.clock.now());
    observation.run = run.clone();
    Ok(observation)
}

/// Looks at everything once, for whoever only reports.
///
/// # Errors
///
/// As [`observe`].
pub(crate) async fn observe_whole(rotator: &Rotator, target: &SecretId) -> Result<Observation, Failure> {
    let mut run = Run { looked_whole: true, ..Run::default() };
    observe(rotator, target, None, Breadth::Whole, &BTreeSet::new(), &mut run).await
}

/// A secret that was seen before in this run to hold neither key may still have held one once: whether it is healed
/// hangs on that.
async fn see_earlier_versions(
    rotator: &Rotator,
    observation: &mut Observation,
    run: &Run,
) -> Result<(), Failure> {
    let (Ok(secret), Ok(account)) = (&mut observation.secret, &observation.account) else {
        return Ok(());
    };
    if observation.declared.is_none() && run.neither.is_some() && account.name_of(secret.value).is_none() {
        secret.earlier = secret::earlier(rotator, &observation.target, &secret.version).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
