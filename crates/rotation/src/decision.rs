//! The one thing to do next, and why.

mod words;

use time::OffsetDateTime;

use crate::{Failure, HolderId, IgnoreReason, KeyName, LeakedKeys, Obstacle, RegenerableKey, WorkspaceId};

/// The one thing to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// The secret is none of ours (row 1), or another one counts (row 2).
    Ignore(IgnoreReason),
    /// A person has to mend something first (rows 2, 3, 6, 10, 11 and 13).
    Blocked(Vec<Obstacle>),
    /// Look at everything before deciding further.
    LookWhole(WholeLook),
    /// Look again a little later, in this run: what was seen may be a race (row 6).
    LookAgain {
        /// When.
        at: OffsetDateTime,
    },
    /// Change what stands on the current version of the secret, in place.
    Amend(Amendment),
    /// Have stale workspaces take a live key (row 7).
    Resync(Vec<WorkspaceId>),
    /// Put a key in the vault (rows 4, 5, 6 and 8).
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
    /// Make a new value for the alternate key (rows 12 and 13).
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
        matches!(
            self,
            Self::Amend(_) | Self::Resync(_) | Self::Publish(_) | Self::Move(_) | Self::Regenerate(_)
        )
    }

    /// Whether nothing is left to do in this run after it.
    #[must_use]
    pub const fn ends_the_run(&self) -> bool {
        !self.writes() && !matches!(self, Self::LookWhole(_) | Self::LookAgain { .. })
    }

    /// From when on there will be something to do, where that is known.
    #[must_use]
    pub const fn until(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Wait { until: at, .. } | Self::UpToDate { due: at } | Self::LookAgain { at } => Some(*at),
            Self::Ignore(_)
            | Self::Blocked(_)
            | Self::LookWhole(_)
            | Self::Amend(_)
            | Self::Resync(_)
            | Self::Publish(_)
            | Self::Move(_)
            | Self::Regenerate(_)
            | Self::Unfinished(_) => None,
        }
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
    /// The key that most holders hold is about to be published.
    CountHolders,
    /// A key that leaked is alive.
    Compromised,
    /// A key is about to be regenerated.
    BeforeRegenerate,
    /// This run regenerated a key.
    AfterRegenerate,
}

/// A change of the current version of the secret, in place: the version stays the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// What for.
    pub reason: AmendmentReason,
    /// The tags to change, with what they are to say; `None` takes a tag off.
    pub tags: Vec<(&'static str, Option<String>)>,
    /// When the version is to end; `None`: as it does.
    pub expires: Option<OffsetDateTime>,
}

/// Why the current version of the secret is changed in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmendmentReason {
    /// Somebody wants it replaced before its time.
    Forced,
    /// This key leaked.
    Compromised(KeyName),
    /// Its tags or its expiry are not what they should be (row 5).
    PutRight,
    /// The key that leaked is dead: the tag that says so goes (row 13).
    Dead(KeyName),
}

/// A key to put in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// What for.
    pub reason: PublicationReason,
    /// Which.
    pub key: KeyName,
    /// When its age started, where the account knows it.
    pub created: Option<OffsetDateTime>,
    /// The keys that leaked and are not dead by then: what the tag `Compromised` of the new version has to say.
    pub compromised: LeakedKeys,
    /// The workspaces that have to be resynced before, because this run did not.
    pub resync: Vec<WorkspaceId>,
}

/// Why a key is put in the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicationReason {
    /// The secret does not exist yet (row 4).
    Enrolment,
    /// The secret holds it already, and has none of the three tags (row 5).
    Untagged,
    /// The secret holds neither key (row 6).
    Healing,
    /// It was made for this rotation (row 8).
    Rotation,
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
    /// What for.
    pub reason: RegenerationReason,
    /// Which; the safety check made it.
    pub key: RegenerableKey,
    /// System datastores that follow their workspace: they are given the published key directly before, and the resync
    /// takes them back.
    pub followers: Vec<HolderId>,
    /// The workspaces to resync in the same breath.
    pub resync: Vec<WorkspaceId>,
    /// The rests that are cut short because a key leaked: whom it cuts off.
    pub cut_short: Vec<Obstacle>,
}

/// Why a key is made useless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegenerationReason {
    /// The published key is due, and this one takes its place (row 12).
    Due,
    /// Nobody needs it any more (row 13).
    Retirement,
    /// It leaked (row 13).
    Compromise,
}

#[cfg(test)]
mod tests;
