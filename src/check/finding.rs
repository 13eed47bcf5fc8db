//! What one check found.

use rotation::{Disposition, Failure, Heading, Hint, Mode, Obstacle};
use serde::{Serialize, Serializer};

/// The mend of what may pass by itself.
const CHECK_AGAIN: &str = "check again in a few minutes; if it stays, see whether there is such a host, and whether it can \
                           be reached from here (name resolution, firewall, private endpoint)";

/// What one check found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    /// How grave it is.
    pub(crate) status: Status,
    /// What was looked at.
    pub(crate) subject: String,
    /// What was found.
    pub(crate) what: String,
    /// What mends it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub(crate) hint: Option<Hint>,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Status {
    /// As it should be.
    Ok,
    /// It stops no rotation, and people should know of it.
    Warning,
    /// It could not be seen, for a reason that may pass.
    Failed,
    /// A person has to mend it, or nothing is rotated, or not safely.
    Blocked,
}

impl Status {
    /// The name of it, as people read it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
        }
    }
}

impl Finding {
    pub(super) fn ok(subject: impl Into<String>, what: impl Into<String>) -> Self {
        Self { status: Status::Ok, subject: subject.into(), what: what.into(), hint: None }
    }

    pub(super) fn warning(subject: impl Into<String>, what: impl Into<String>, hint: Hint) -> Self {
        Self { status: Status::Warning, hint: Some(hint), ..Self::ok(subject, what) }
    }

    pub(crate) fn blocked(subject: impl Into<String>, what: impl Into<String>, hint: Hint) -> Self {
        Self { status: Status::Blocked, ..Self::warning(subject, what, hint) }
    }

    pub(super) fn of_obstacle(subject: impl Into<String>, obstacle: &Obstacle) -> Self {
        Self::blocked(subject, obstacle.to_string(), obstacle.hint())
    }

    pub(super) fn of_failure(subject: impl Into<String>, failure: &Failure) -> Self {
        match &failure.disposition {
            Disposition::NeedsOperator { hint } => Self::blocked(subject, &failure.what, hint.clone()),
            Disposition::Retry | Disposition::LookAgain => Self {
                status: Status::Failed,
                ..Self::warning(subject, &failure.what, Hint::new(CHECK_AGAIN, Heading::Unreachable))
            },
        }
    }

    /// The same about what only a rotation needs: where nothing is to be written, it blocks nothing.
    pub(super) fn needed_to_write(self, mode: Mode) -> Self {
        match (mode, self.status) {
            (Mode::Observe, Status::Blocked) => Self { status: Status::Warning, ..self },
            _ => self,
        }
    }
}

fn as_text<S: Serializer>(hint: &Option<Hint>, serializer: S) -> Result<S::Ok, S::Error> {
    hint.as_ref().map(ToString::to_string).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_rotation_needs_blocks_no_observer() {
        let missing = || Finding::of_obstacle("a subject", &Obstacle::SecretDisabled);
        assert_eq!(missing().needed_to_write(Mode::Rotate).status, Status::Blocked);
        assert_eq!(missing().needed_to_write(Mode::Observe).status, Status::Warning);
        let passing = Finding::of_failure("a subject", &Failure::look_again("it is down"));
        assert_eq!(passing.needed_to_write(Mode::Observe).status, Status::Failed);
    }
}
