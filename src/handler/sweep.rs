//! The hourly sweep: whatever had to wait, or whose event was missed, is taken up again.

use rotation::{Disposition, counted};
use serde::Deserialize;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use tracing::{error, info, warn};

use super::{Answer, Invocation, ROTATIONS};
use crate::activation::Activation;
use crate::rotator::Rotator;
use crate::targets::{self, VaultTargets};

/// What the host says of a timer, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Timer {
    schedule_status: Option<ScheduleStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ScheduleStatus {
    last: Option<String>,
}

/// Enqueues every target, and once a day for a whole look. It never fails: a failure would throw away the messages of
/// all vaults because one of them is down.
pub(super) async fn invoke(rotator: &Rotator, invocation: &Invocation<'_>) -> Answer {
    let whole = is_first_of_the_day(&invocation.text("timer"), rotator.clock.now());
    let asked_by = if whole { "the daily sweep" } else { "the hourly sweep" };
    let vaults = targets::list(rotator).await;
    let activations: Vec<Activation> = vaults
        .iter()
        .flat_map(|vault| &vault.targets)
        .map(|target| Activation::new(target.id.clone(), asked_by).whole(whole))
        .collect();
    vaults.iter().for_each(report);
    info!(
        step = "sweep",
        vaults = vaults.len(),
        targets = activations.len(),
        whole,
        "swept {} of `ROTATOR_VAULTS`: enqueued {}",
        counted(vaults.len(), "vault"),
        counted(activations.len(), "target")
    );
    Answer::Done(activations.iter().map(|activation| (ROTATIONS, activation.to_message())).collect())
}

fn report(vault: &VaultTargets) {
    let Some(failure) = &vault.unlisted else { return };
    let what = if vault.targets.is_empty() {
        "left out a vault"
    } else {
        "left out a vault but for what is declared"
    };
    let reason = &failure.what;
    match &failure.disposition {
        Disposition::NeedsOperator { hint } => {
            error!(step = "blocked", vault = %vault.vault, reason, %hint, "{what}: {reason}; hint: {hint}");
        }
        Disposition::Retry | Disposition::LookAgain => {
            warn!(step = "failed", vault = %vault.vault, reason, "{what} until the next sweep: {reason}");
        }
    }
}

/// Whether the last sweep was on another day, as far as anybody knows; days are those of UTC.
fn is_first_of_the_day(timer: &str, now: OffsetDateTime) -> bool {
    let last = serde_json::from_str::<Timer>(timer).ok();
    let last = last.and_then(|timer| timer.schedule_status).and_then(|status| status.last);
    let last = last.and_then(|last| OffsetDateTime::parse(&last, &Rfc3339).ok());
    last.is_none_or(|last| last.to_offset(UtcOffset::UTC).date() != now.to_offset(UtcOffset::UTC).date())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_first_sweep_of_a_day_is_a_whole_one() {
        let now = datetime!(2026-11-24 00:00:01 UTC);
        let after = |last: &str| {
            let timer =
                format!(r#"{{"Schedule":{{}},"ScheduleStatus":{{"Last":"{last}"}},"IsPastDue":false}}"#);
            is_first_of_the_day(&timer, now)
        };
        assert!(after("2026-11-23T23:00:00.0005+00:00"));
        assert!(after("2026-11-24T00:00:00+01:00"), "the day before in UTC");
        assert!(after("0001-01-01T00:00:00+00:00"), "the first of all");
        assert!(!after("2026-11-24T00:00:00+00:00"));
        assert!(!after("2026-11-23T23:30:00-01:00"));
        for unknown in ["", "{}", r#"{"ScheduleStatus":null}"#, r#"{"ScheduleStatus":{"Last":"yesterday"}}"#]
        {
            assert!(is_first_of_the_day(unknown, now), "{unknown}");
        }
    }
}
