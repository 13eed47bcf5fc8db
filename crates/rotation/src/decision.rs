//! The one thing to do next, and why.

use std::fmt;

use time::OffsetDateTime;

use crate::obstacle::Instant;
use crate::{Failure, HolderId, IgnoreReason, KeyName, Obstacle, RegenerableKey, WorkspaceId};

/// The one thing to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// The secret is none of ours (row 1).
    Ignore(IgnoreReason),
    /// A person has to mend something first (rows 3, 10 and 11).
    Blocked(Vec<Obstacle>),
    /// Look at everything before deciding further.
    LookWhole(WholeLook),
    /// Have stale workspaces take a live key (row 7).
    Resync(Vec<WorkspaceId>),
    /// Put the alternate key in the vault (row 8).
    Publish(Publication),
    /// Give holders the published key (row 9).
    Move(Move),
    /// Nothing now (row 11).
    Wait {
        /// Until when.
        until: OffsetDateTime,
        /// What for.
        reasons: Vec<Obstacle>,
    },
    /// Make a new value for the alternate key (row 12).
    Regenerate(Regeneration),
    /// Nothing (row 14).
    UpToDate {
        /// From when there will be.
        due: OffsetDateTime,
    },
    /// Nothing more in this run, and not all went well (row 14).
    Unfinished(Vec<Failure>),
}

impl Decision {
    /// Whether carrying it out writes to Azure.
    #[must_use]
    pub const fn writes(&self) -> bool {
        matches!(self, Self::Resync(_) | Self::Publish(_) | Self::Move(_) | Self::Regenerate(_))
    }
}

/// Why a whole look is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WholeLook {
    /// The target is due.
    Due,
    /// Somebody asked for it.
    Asked,
    /// The secret was published or a key made a short while ago.
    RecentChange,
    /// A key is about to be regenerated.
    BeforeRegenerate,
    /// This run regenerated a key.
    AfterRegenerate,
}

/// A key to put in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Which.
    pub key: KeyName,
    /// When its age started, where the account knows it.
    pub created: Option<OffsetDateTime>,
    /// The workspaces that have to be resynced before, because this run did not.
    pub resync: Vec<WorkspaceId>,
}

/// Holders to give the published key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The published key.
    pub key: KeyName,
    /// The default datastores: first, and one after the other.
    pub default_datastores: Vec<HolderId>,
    /// All others.
    pub others: Vec<HolderId>,
    /// Those of both that have no date of their own: before they are moved, the time is written on the secret.
    pub undated: Vec<HolderId>,
}

/// A key to make a new value for.
#[derive(Debug, PartialEq, Eq)]
pub struct Regeneration {
    /// Which; the safety check made it.
    pub key: RegenerableKey,
    /// The workspaces to resync in the same breath.
    pub resync: Vec<WorkspaceId>,
}

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
            Self::Resync(workspaces) => {
                formatter.write_str("resync ")?;
                workspace_names(formatter, workspaces)?;
                formatter.write_str(": the key that the workspace keeps is dead")
            }
            Self::Publish(Publication { key, .. }) => {
                write!(formatter, "prove and publish `{key}`: it was made for this rotation")
            }
            Self::Move(Move { key, default_datastores, others, .. }) => write!(
                formatter,
                "move {} to `{key}`: the published key",
                count(default_datastores.len() + others.len(), "holder")
            ),
            Self::Wait { until, reasons } => {
                write!(formatter, "wait until {}: ", Instant(*until))?;
                listed(formatter, reasons)
            }
            Self::Regenerate(Regeneration { key, resync }) => write!(
                formatter,
                "regenerate `{}` and resync {}: due, and nobody holds it",
                key.name(),
                count(resync.len(), "workspace")
            ),
            Self::UpToDate { due } => write!(formatter, "do nothing: up to date until {}", Instant(*due)),
            Self::Unfinished(failures) => {
                formatter.write_str("stop here: ")?;
                listed(formatter, failures)
            }
        }
    }
}

impl fmt::Display for WholeLook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Due => "the key is due",
            Self::Asked => "it was asked for",
            Self::RecentChange => "the secret or a key changed a short while ago",
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

#[cfg(test)]
mod tests;
