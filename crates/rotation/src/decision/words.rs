//! A decision, as logs and plans print it.

use std::fmt;

use super::{
    Amendment, AmendmentReason, Decision, Move, Publication, PublicationReason, Regeneration,
    RegenerationReason, WholeLook,
};
use crate::WorkspaceId;
use crate::obstacle::Instant;

impl fmt::Display for Decision {
    /// What is to be done, after "to".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignore(reason) => write!(formatter, "leave the secret alone: {reason}"),
            Self::Blocked(obstacles) => {
                formatter.write_str("wait for a person: ")?;
                listed(formatter, obstacles)
            }
            Self::LookWhole(reason) => write!(formatter, "look at every holder: {reason}"),
            Self::LookAgain { at } => {
                write!(formatter, "look again at {}: the secret holds neither key", Instant(*at))
            }
            Self::Amend(amendment) => amendment.fmt(formatter),
            Self::Resync(workspaces) => {
                formatter.write_str("resync ")?;
                workspace_names(formatter, workspaces)?;
                formatter.write_str(": the key that the workspace keeps is dead")
            }
            Self::Publish(publication) => publication.fmt(formatter),
            Self::Move(Move { key, default_datastores, others, .. }) => write!(
                formatter,
                "move {} to `{key}`: the published key",
                count(default_datastores.len() + others.len(), "holder")
            ),
            Self::Wait { until, reasons } => {
                write!(formatter, "wait until {}: ", Instant(*until))?;
                listed(formatter, reasons)
            }
            Self::Regenerate(regeneration) => regeneration.fmt(formatter),
            Self::UpToDate { due } => write!(formatter, "do nothing: up to date until {}", Instant(*due)),
            Self::Unfinished(failures) => {
                formatter.write_str("stop here: ")?;
                listed(formatter, failures)
            }
        }
    }
}

impl fmt::Display for Amendment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            AmendmentReason::Forced => {
                formatter.write_str("make the version due: somebody wants it replaced before its time")
            }
            AmendmentReason::Compromised(key) => {
                write!(formatter, "make the version due and mark `{key}` as compromised")
            }
            AmendmentReason::PutRight => {
                formatter.write_str("put the tags and the expiry of the version right")
            }
            AmendmentReason::Dead(key) => {
                write!(
                    formatter,
                    "take the tag `Compromised` off the version: the `{key}` that leaked is dead"
                )
            }
        }
    }
}

impl fmt::Display for Publication {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, key, .. } = self;
        write!(formatter, "prove and publish `{key}`: {reason}")
    }
}

impl fmt::Display for PublicationReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Enrolment => "the secret does not exist yet",
            Self::Untagged => "the secret holds it, and has none of the three tags",
            Self::Healing => "the secret holds neither key",
            Self::Rotation => "it was made for this rotation",
        })
    }
}

impl fmt::Display for Regeneration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "regenerate `{}` and resync {}: {}",
            self.key.name(),
            count(self.resync.len(), "workspace"),
            self.reason
        )
    }
}

impl fmt::Display for RegenerationReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Due => "due, and nobody holds it",
            Self::Retirement => "its time is over, and nobody holds it",
            Self::Compromise => "it leaked, and nobody holds it",
        })
    }
}

impl fmt::Display for WholeLook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Due => "the key is due",
            Self::Asked => "it was asked for",
            Self::RecentChange => "the secret or a key changed a short while ago",
            Self::CountHolders => "the key that most of them hold is to be published",
            Self::Compromised => "a key that leaked is alive",
            Self::BeforeRegenerate => "a key is about to be regenerated",
            Self::AfterRegenerate => "a key was regenerated",
        })
    }
}

fn listed(formatter: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        write!(formatter, "{}{item}", if index == 0 { "" } else { "; " })?;
    }
    Ok(())
}

fn workspace_names(formatter: &mut fmt::Formatter<'_>, workspaces: &[WorkspaceId]) -> fmt::Result {
    for (index, workspace) in workspaces.iter().enumerate() {
        write!(formatter, "{}`{}`", if index == 0 { "" } else { ", " }, workspace.name())?;
    }
    Ok(())
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
