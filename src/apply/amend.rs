//! Changes what stands on the current version of the secret, in place.

use rotation::{Amendment, AmendmentReason, Failure, Run};
use tracing::{info, warn};

use super::{Step, read_unchanged_secret, returned};
use crate::failure::failure;
use crate::rights::UPDATE_SECRET;
use crate::telemetry::milliseconds;

/// Changes the tags and the expiry of the version that the look saw, and waits until the vault returns them.
pub(super) async fn amend(step: Step<'_>, amendment: &Amendment, run: &mut Run) {
    if let (AmendmentReason::Compromised(key), Some(breaks)) = (amendment.reason, amendment.breaks()) {
        // Before anything is done about it.
        warn!(step = "compromised", key = %key, "{breaks}");
    }
    if let Err(failure) = write(step, amendment).await {
        run.amend_failed = true;
        run.fail(failure);
    }
}

async fn write(step: Step<'_>, amendment: &Amendment) -> Result<(), Failure> {
    let Step { rotator, activation, started, observation, lease } = step;
    let target = &observation.target;
    let current = read_unchanged_secret(rotator, observation).await?;
    let mut tags = current.tags;
    for (tag, text) in &amendment.tags {
        match text {
            Some(text) => tags.insert((*tag).to_owned(), text.clone()),
            None => tags.remove(*tag),
        };
    }
    let expires = amendment.expires.or(current.expires);
    lease.check()?;
    let vaults = &rotator.azure.key_vaults;
    let updated = vaults.update_tags_and_expiry(target, &current.version, tags.clone(), expires).await;
    updated.map_err(|error| failure(&error, UPDATE_SECRET, target))?;
    info!(
        step = "amend",
        audit = true,
        target = %target,
        version = current.version,
        reason = %amendment.reason,
        asked_by = activation.asked_by,
        duration_ms = milliseconds(started.elapsed()),
        "changed version {} of `{target}` in place, to {amendment}, asked by {}",
        current.version,
        activation.asked_by
    );
    // The vault keeps whole seconds.
    let seconds = |at: Option<time::OffsetDateTime>| at.map(time::OffsetDateTime::unix_timestamp);
    let what = format!("the change of version {} of `{target}`", current.version);
    returned(step, &what, |seen| seen.tags == tags && seconds(seen.expires) == seconds(expires)).await
}
