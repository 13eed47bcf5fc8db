//! What must never be.

use std::fmt;

use super::world::Value;

/// Something that must never be, and is not the work of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Violation {
    /// The key that the vault gives to whoever asks was regenerated.
    PublishedKeyRegenerated(Value),
    /// A dead key was published.
    DeadKeyPublished(Value),
    /// A key was regenerated that a holder holds.
    HolderCutOff(Value),
    /// A key was regenerated that a reader of the vault may have read within the overlap.
    ReaderCutOff(Value),
    /// A key was regenerated within the drain: a job may have begun with it.
    JobCutOff(Value),
    /// A holder was given a dead key.
    HolderGivenADeadKey(Value),
    /// A key was published while the workspace's own copy was dead.
    WorkspaceLeftBehind(Value),
    /// A key was regenerated because another one was taken for live that had been dead when the secret was read.
    TakenForLive(Value),
    /// What was due or asked for once was done twice.
    RotatedTwice,
}

impl Violation {
    /// What it is called, whichever value it befell.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::PublishedKeyRegenerated(_) => "the published key is regenerated",
            Self::DeadKeyPublished(_) => "a dead key is published",
            Self::HolderCutOff(_) => "a key that a holder holds is regenerated",
            Self::ReaderCutOff(_) => "a key is regenerated within the overlap",
            Self::JobCutOff(_) => "a key is regenerated within the drain",
            Self::HolderGivenADeadKey(_) => "a holder is given a dead key",
            Self::WorkspaceLeftBehind(_) => "a workspace is left on a dead key",
            Self::TakenForLive(_) => "a dead key is taken for live",
            Self::RotatedTwice => "what was asked for once is done twice",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PublishedKeyRegenerated(value) => {
                write!(formatter, "{value} is published, and dead by that")
            }
            Self::DeadKeyPublished(value) => write!(formatter, "{value} is published, and was dead before"),
            Self::HolderCutOff(value) => write!(formatter, "a holder holds {value}, which is dead by that"),
            Self::ReaderCutOff(value) => {
                write!(formatter, "whoever read {value} from the vault within the overlap is on a dead key")
            }
            Self::JobCutOff(value) => {
                write!(formatter, "a job that began with {value} within the drain is on a dead key")
            }
            Self::HolderGivenADeadKey(value) => {
                write!(formatter, "a holder was given {value}, which is dead")
            }
            Self::WorkspaceLeftBehind(value) => {
                write!(
                    formatter,
                    "the rotation goes on, and the workspace still keeps {value}, which is dead"
                )
            }
            Self::TakenForLive(value) => {
                write!(
                    formatter,
                    "{value} was dead when it was read, and the other key was regenerated all the same"
                )
            }
            Self::RotatedTwice => formatter.write_str("what was asked for once was done twice"),
        }
    }
}
