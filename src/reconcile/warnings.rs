//! What a look saw that stops nothing, and that people should know of.

use rotation::{
    Declaration, Forced, Heading, Held, Hint, Holder, Observation, Policy, SecretSeen, due_since,
};
use time::OffsetDateTime;
use tracing::{info, warn};

/// What is told once a run.
pub(super) fn at_the_beginning(observation: &Observation, policy: &Policy, now: OffsetDateTime) {
    let Ok(enrolment) = observation.enrolment(policy) else { return };
    if let Some(warning) = enrolment.warning(policy) {
        warn!(step = "look", "{warning}");
    }
    if let (Some(forced), Ok(secret)) = (&observation.forced, &observation.secret) {
        tell_what_is_replaced_already(observation, forced, secret);
    }
    tell_of_a_leak_that_waits(observation, policy, now);
}

/// Whoever writes the tag by hand, or moves the expiry away after it, has the leaked key published until it is due.
fn tell_of_a_leak_that_waits(observation: &Observation, policy: &Policy, now: OffsetDateTime) {
    let (Ok(secret), Ok(account), None) = (&observation.secret, &observation.account, &observation.forced)
    else {
        return;
    };
    let waits = secret.expires.is_none_or(|end| now < due_since(end, policy));
    let published = account.name_of(secret.value).filter(|key| waits && secret.compromised.contains(*key));
    if let Some(key) = published {
        let (target, version) = (&observation.target, &secret.version);
        let mend = format!("ask for version {version} of `{target}` to be replaced (`RotateNow`)");
        let hint = Hint::new(mend, Heading::Leak);
        warn!(
            step = "compromised",
            %hint, "`{key}` leaked, and stays published until the version is due; hint: {hint}"
        );
    }
}

fn tell_what_is_replaced_already(observation: &Observation, forced: &Forced, secret: &SecretSeen) {
    let Forced { version, compromised } = forced;
    if secret.version.eq_ignore_ascii_case(version) {
        return;
    }
    let (target, current) = (&observation.target, &secret.version);
    info!(
        step = "forced",
        "version {version} of `{target}` is to be replaced, and is not the current one: nothing is left to do for it"
    );
    if let Some(key) = compromised {
        let mend =
            format!("if `{key}` was not regenerated since it leaked, ask again and name version {current}");
        let hint = Hint::new(mend, Heading::Leak);
        warn!(
            step = "forced",
            %hint,
            "whether the `{key}` that leaked is dead is not known: it was reported with version {version}; hint: {hint}"
        );
    }
}

/// What is told of each look; `before` is the look before it in this run, whose news are no news any more.
pub(super) fn of_look(before: Option<&Observation>, observation: &Observation) {
    tell_of_other_secrets(before, observation);
    if let Some(declared) = &observation.declared {
        let holders = observation.survey.holders.iter();
        holders
            .filter(|holder| !before.is_some_and(|before| before.survey.holders.contains(holder)))
            .for_each(|holder| tell_who_is_vouched_for(declared, holder));
    }
}

/// Two secrets for one account: the declared one counts, and the other is reported.
fn tell_of_other_secrets(before: Option<&Observation>, observation: &Observation) {
    let known = before.map_or(&[][..], |before| &before.survey.other_secrets);
    let news = observation.survey.other_secrets.iter().filter(|other| !known.contains(other));
    let target = &observation.target;
    match (&observation.declared, &observation.account) {
        (None, _) => {
            let mend = "have its readers read the declared one, then delete it or take the three tags off it";
            let hint = Hint::new(mend, Heading::TwoSecrets);
            for other in news.filter(|other| other.is_declared) {
                let other = &other.id;
                warn!(
                    step = "look",
                    %hint,
                    "`{target}` is left alone: `{other}` is declared for the same storage account; hint: {hint}"
                );
            }
        }
        (Some(_), Ok(account)) => {
            for other in news.filter(|other| !other.is_declared && other.counts(account)) {
                let other = &other.id;
                let mend =
                    format!("have its readers read `{target}`, then delete it or take the three tags off it");
                let hint = Hint::new(mend, Heading::TwoSecrets);
                warn!(
                    step = "look",
                    %hint,
                    "`{other}` is tagged for the same storage account as `{target}`, which is declared: it is left alone; hint: {hint}"
                );
            }
        }
        (Some(_), Err(_)) => {}
    }
}

fn tell_who_is_vouched_for(declared: &Declaration, holder: &Holder) {
    if let Held::EitherKey(why) = &holder.held
        && declared.vouches_for(holder)
    {
        let id = &holder.id;
        warn!(
            step = "look",
            holder = %id,
            "{id} may hold the key that is regenerated next ({why}), and is ignored: `ROTATOR_TARGETS` says so"
        );
    }
}
