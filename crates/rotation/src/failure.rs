//! What went wrong on the way, and what to do about it.

use std::fmt;

use crate::{Heading, Hint, HolderId, WorkspaceId};

/// What to do about something that went wrong; orthogonal to what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// It passes by itself: try again.
    Retry,
    /// What happened is not known, or Azure is still catching up: the next look tells.
    LookAgain,
    /// It stays until a person mends it.
    NeedsOperator {
        /// What mends it.
        hint: Hint,
    },
}

impl Disposition {
    /// A person has to mend it.
    pub fn needs_operator(mend: impl Into<String>, heading: Heading) -> Self {
        Self::NeedsOperator { hint: Hint::new(mend, heading) }
    }

    /// Whether the same message, delivered again, may end better.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Retry | Self::LookAgain)
    }

    /// What mends it, where a person has to.
    #[must_use]
    pub const fn hint(&self) -> Option<&Hint> {
        match self {
            Self::NeedsOperator { hint } => Some(hint),
            Self::Retry | Self::LookAgain => None,
        }
    }
}

/// One step that failed. The rest of the run goes on; the run's answer is the gravest that was collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed, with its subject and its cause, free of key values.
    pub what: String,
    /// Whom it was about, where it was about one dependent.
    pub about: Option<Dependent>,
    /// What to do about it.
    pub disposition: Disposition,
}

/// One dependent that a step was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dependent {
    /// A holder that was to be moved.
    Holder(HolderId),
    /// A workspace that was to be resynced.
    Workspace(WorkspaceId),
}

impl Failure {
    /// A failure that is about no dependent in particular.
    pub fn new(what: impl Into<String>, disposition: Disposition) -> Self {
        Self { what: what.into(), about: None, disposition }
    }

    /// A failure after which only another look can tell.
    pub fn look_again(what: impl Into<String>) -> Self {
        Self::new(what, Disposition::LookAgain)
    }

    /// The same, about one dependent.
    #[must_use]
    pub fn about(self, dependent: Dependent) -> Self {
        Self { about: Some(dependent), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_person_has_to_mend_stays() {
        assert!(Disposition::Retry.may_pass() && Disposition::LookAgain.may_pass());
        assert!(!Disposition::needs_operator("a role", Heading::Role).may_pass());
    }
}
