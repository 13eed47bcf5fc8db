//! What would be done to one target from now on, and why: the decision, run forward.

use rotation::{Decision, Failure, Mode, Observation, Planned, Policy, forecast, overdue_since};
use serde::{Deserialize, Serialize};
use time::serde::rfc3339;
use time::{Duration, OffsetDateTime};

/// How far ahead is planned unless somebody asks otherwise: as long as Key Vault's window.
pub(crate) const DAYS_AHEAD: u16 = 30;

/// What is planned for one target. A deployed app gives it as JSON, and `rotate` reads that.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TargetPlan {
    /// `vault/secret`.
    pub(crate) target: String,
    /// Whether any of it is done.
    #[serde(with = "mode_name")]
    pub(crate) mode: Mode,
    /// When the look began to be decided on.
    #[serde(with = "rfc3339")]
    pub(crate) planned_at: OffsetDateTime,
    /// One after the other.
    pub(crate) steps: Vec<PlannedStep>,
    /// What no longer works once it was done, because a key leaked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) breaks: Vec<String>,
    /// What a person has to mend.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) blocked: Vec<Mend>,
    /// Since when it is overdue.
    #[serde(default, with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub(crate) overdue_since: Option<OffsetDateTime>,
}

/// One decision of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlannedStep {
    /// When it would be made at the earliest.
    #[serde(with = "rfc3339")]
    pub(crate) at: OffsetDateTime,
    /// The kind of decision.
    pub(crate) decision: String,
    /// What is done, after "to".
    pub(crate) what: String,
    /// Why, apart from what.
    pub(crate) reason: String,
    /// What comes after it.
    pub(crate) then: Then,
}

/// What comes after a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Then {
    /// The run goes on.
    GoesOn,
    /// Nothing is left to do.
    UpToDate,
    /// A later run goes on.
    Waits,
    /// A person has to mend something.
    Blocked,
    /// Something failed, and another run tries again.
    ComesBack,
    /// It is no target.
    LeftAlone,
}

/// What a person has to mend, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mend {
    /// What is wrong.
    pub(crate) reason: String,
    /// What mends it.
    pub(crate) hint: String,
}

impl TargetPlan {
    /// Plans for what was seen, up to `ahead` from `now`.
    pub(crate) fn of(
        observation: &Observation,
        policy: &Policy,
        now: OffsetDateTime,
        ahead: Duration,
    ) -> Self {
        let planned = forecast(observation, policy, now, now.saturating_add(ahead));
        Self {
            target: observation.target.to_string(),
            mode: policy.mode,
            planned_at: now,
            breaks: planned.iter().flat_map(|planned| breaks(&planned.decision)).collect(),
            blocked: planned.iter().flat_map(|planned| mends(&planned.decision)).collect(),
            steps: planned.into_iter().map(PlannedStep::from).collect(),
            overdue_since: overdue_since(observation, policy, now),
        }
    }

    /// What would be done first.
    pub(crate) fn first(&self) -> Option<&PlannedStep> {
        self.steps.first()
    }
}

impl From<Planned> for PlannedStep {
    fn from(Planned { at, decision }: Planned) -> Self {
        Self {
            at,
            decision: decision.name().to_owned(),
            what: format!("{decision:#}"),
            reason: decision.short_reason(),
            then: Then::after(&decision),
        }
    }
}

impl Then {
    /// What comes after a decision.
    pub(crate) const fn after(decision: &Decision) -> Self {
        match decision {
            Decision::UpToDate { .. } => Self::UpToDate,
            Decision::Wait { .. } => Self::Waits,
            Decision::Blocked(_) => Self::Blocked,
            Decision::Unfinished(_) => Self::ComesBack,
            Decision::Ignore(_) => Self::LeftAlone,
            Decision::LookWhole(_)
            | Decision::LookAgain { .. }
            | Decision::Amend(_)
            | Decision::Resync(_)
            | Decision::Publish(_)
            | Decision::Move(_)
            | Decision::Regenerate(_) => Self::GoesOn,
        }
    }
}

/// Whom a decision cuts off because a key leaked.
fn breaks(decision: &Decision) -> Vec<String> {
    match decision {
        Decision::Amend(amendment) => amendment.breaks().into_iter().collect(),
        Decision::Regenerate(regeneration) => regeneration.breaks(),
        _ => Vec::new(),
    }
}

/// What a person has to mend before it goes on.
fn mends(decision: &Decision) -> Vec<Mend> {
    match decision {
        Decision::Blocked(obstacles) => obstacles
            .iter()
            .map(|obstacle| Mend { reason: obstacle.to_string(), hint: obstacle.hint().to_string() })
            .collect(),
        Decision::Unfinished(failures) => failures.iter().filter_map(Mend::of_failure).collect(),
        _ => Vec::new(),
    }
}

impl Mend {
    /// What a person has to mend of a failure, if it is for a person.
    fn of_failure(failure: &Failure) -> Option<Self> {
        Some(Self { reason: failure.to_string(), hint: failure.disposition.hint()?.to_string() })
    }
}

/// A mode by the name that the setting has.
mod mode_name {
    use rotation::Mode;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(mode: &Mode, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(mode.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mode, D::Error> {
        let name = String::deserialize(deserializer)?;
        let modes = [Mode::Observe, Mode::Rotate];
        modes
            .into_iter()
            .find(|mode| mode.as_str() == name)
            .ok_or_else(|| D::Error::custom("the mode is none that is known"))
    }
}
