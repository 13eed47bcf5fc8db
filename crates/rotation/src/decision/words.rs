//! A decision, as logs and plans print it.

use std::fmt;

use super::{
    Amendment, AmendmentReason, Decision, Move, Publication, PublicationReason, Regeneration,
    RegenerationReason, WholeLook,
};
use crate::obstacle::Instant;
use crate::{WorkspaceId, counted};

impl Decision {
    /// The name of its kind, for whoever sorts log lines.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ignore(_) => "ignore",
            Self::Blocked(_) => "blocked",
            Self::LookWhole(_) => "look whole",
            Self::LookAgain { .. } => "look again",
            Self::Amend(_) => "amend",
            Self::Resync(_) => "resync",
            Self::Publish(_) => "publish",
            Self::Move(_) => "move",
            Self::Wait { .. } => "wait",
            Self::Regenerate(_) => "regenerate",
            Self::UpToDate { .. } => "up to date",
            Self::Unfinished(_) => "unfinished",
        }
    }

    /// Why, apart from what, and in short: of many reasons the first.
    #[must_use]
    pub fn short_reason(&self) -> String {
        match self {
            Self::Blocked(obstacles) | Self::Wait { reasons: obstacles, .. } => listed_in_short(obstacles),
            Self::Unfinished(failures) => listed_in_short(failures),
            _ => self.reason(),
        }
    }

    /// Why, apart from what.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Ignore(reason) => reason.to_string(),
            Self::Blocked(obstacles) | Self::Wait { reasons: obstacles, .. } => listed(obstacles),
            Self::LookWhole(reason) => reason.to_string(),
            Self::LookAgain { .. } => "the secret holds neither key".to_owned(),
            Self::Amend(amendment) => amendment.reason.to_string(),
            Self::Resync(_) => "the key that the workspace keeps is dead".to_owned(),
            Self::Publish(publication) => publication.reason.to_string(),
            Self::Move(_) => "they are not on the published key".to_owned(),
            Self::Regenerate(regeneration) => regeneration.reason.to_string(),
            Self::UpToDate { due } => format!("up to date until {}", Instant(*due)),
            Self::Unfinished(failures) => listed(failures),
        }
    }
}

impl Amendment {
    /// Whom it cuts off, if it says that a key leaked.
    #[must_use]
    pub fn breaks(&self) -> Option<String> {
        let AmendmentReason::Compromised(key) = self.reason else { return None };
        Some(format!(
            "`{key}` leaked, and is made useless as soon as no holder holds it, and after overlap and drain if the \
             secret holds the other key: whoever read it from the secret and does not read anew is cut off, and so is what \
             goes on with it, as running jobs and mounts"
        ))
    }
}

impl Regeneration {
    /// Whom it cuts off before their time, because a key leaked.
    #[must_use]
    pub fn breaks(&self) -> Vec<String> {
        let name = self.key.name();
        let rests = self.cut_short.iter();
        rests
            .map(|rest| format!("`{name}` is made useless before its time, because a key leaked: {rest}"))
            .collect()
    }
}

impl fmt::Display for Decision {
    /// What is to be done, after "to"; the alternate form (`{:#}`) has its [short reason](Self::short_reason).
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = if formatter.alternate() { self.short_reason() } else { self.reason() };
        match self {
            Self::Ignore(_) => write!(formatter, "leave the secret alone: {reason}"),
            Self::Blocked(_) => write!(formatter, "wait for a person: {reason}"),
            Self::LookWhole(_) => write!(formatter, "look at every holder: {reason}"),
            Self::LookAgain { at } => write!(formatter, "look again at {}: {reason}", Instant(*at)),
            Self::Amend(amendment) => amendment.fmt(formatter),
            Self::Resync(workspaces) => {
                formatter.write_str("resync ")?;
                workspace_names(formatter, workspaces)?;
                write!(formatter, ": {reason}")
            }
            Self::Publish(publication) => publication.fmt(formatter),
            Self::Move(Move { key, default_datastores, others, .. }) => write!(
                formatter,
                "move {} to `{key}`: the published key",
                counted(default_datastores.len() + others.len(), "holder")
            ),
            Self::Wait { until, .. } => write!(formatter, "wait until {}: {reason}", Instant(*until)),
            Self::Regenerate(regeneration) => regeneration.fmt(formatter),
            Self::UpToDate { .. } => write!(formatter, "do nothing: {reason}"),
            Self::Unfinished(_) => write!(formatter, "stop here: {reason}"),
        }
    }
}

impl fmt::Display for Amendment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason;
        match reason {
            AmendmentReason::Forced => write!(formatter, "make the version due: {reason}"),
            AmendmentReason::Compromised(key) => {
                write!(formatter, "make the version due and mark `{key}` as compromised")
            }
            AmendmentReason::PutRight => {
                formatter.write_str("put the tags and the expiry of the version right")
            }
            AmendmentReason::Dead(_) => {
                write!(formatter, "take the tag `Compromised` off the version: {reason}")
            }
        }
    }
}

impl fmt::Display for AmendmentReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forced => formatter.write_str("somebody wants it replaced before its time"),
            Self::Compromised(key) => write!(formatter, "`{key}` leaked"),
            Self::PutRight => formatter.write_str("its tags or its expiry were not what they should be"),
            Self::Dead(key) => write!(formatter, "the `{key}` that leaked is dead"),
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
            counted(self.resync.len(), "workspace"),
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

fn listed(items: &[impl fmt::Display]) -> String {
    listed_up_to(items.len(), items)
}

/// So many reasons are told one by one where it is to be short: there may be one for each of thousands of holders.
const MOST_LISTED: usize = 4;

fn listed_in_short(items: &[impl fmt::Display]) -> String {
    listed_up_to(if items.len() > MOST_LISTED { MOST_LISTED - 1 } else { items.len() }, items)
}

fn listed_up_to(most: usize, items: &[impl fmt::Display]) -> String {
    let mut texts: Vec<String> = items.iter().take(most).map(ToString::to_string).collect();
    if most < items.len() {
        texts.push(format!("and {} more", items.len() - most));
    }
    texts.join("; ")
}

fn workspace_names(formatter: &mut fmt::Formatter<'_>, workspaces: &[WorkspaceId]) -> fmt::Result {
    for (index, workspace) in workspaces.iter().enumerate() {
        write!(formatter, "{}`{}`", if index == 0 { "" } else { ", " }, workspace.name())?;
    }
    Ok(())
}
