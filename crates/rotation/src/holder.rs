//! Who holds a key of the account, and what exactly.

use std::fmt;

use time::{Duration, OffsetDateTime};

use crate::obstacle::Instant;
use crate::{Fingerprint, WorkspaceId};

/// Something that holds a copy of a key and could be moved to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Which.
    pub id: HolderId,
    /// Whether it is its workspace's default datastore.
    pub is_default: bool,
    /// What it holds.
    pub held: Held,
    /// When it was last written and by whom, where Azure says so.
    pub last_write: Option<LastWrite>,
}

/// The datastores that a workspace makes for itself, where they are not its default.
const SYSTEM_DATASTORES: [&str; 4] =
    ["workspaceblobstore", "workspacefilestore", "workspaceartifactstore", "workspaceworkingdirectory"];

impl Holder {
    /// Whether it is one of those that its workspace works with itself, which a resync may write.
    pub(crate) fn is_system(&self) -> bool {
        let name = self.id.name.as_str();
        self.id.kind == HolderKind::Datastore
            && (self.is_default || SYSTEM_DATASTORES.iter().any(|system| name.eq_ignore_ascii_case(system)))
    }
}

/// The name of a holder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HolderId {
    /// The workspace that it belongs to.
    pub workspace: WorkspaceId,
    /// What it is.
    pub kind: HolderKind,
    /// Its name in the workspace.
    pub name: String,
}

impl fmt::Display for HolderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workspace, kind, name } = self;
        write!(formatter, "{kind} `{name}` of workspace `{}`", workspace.name())
    }
}

/// The kinds of holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HolderKind {
    /// A datastore with an account key.
    Datastore,
    /// A datastore of a type that we do not know, with an account key.
    UnknownDatastore,
    /// A datastore with a shared access signature.
    SasDatastore,
    /// A workspace connection with an account key.
    Connection,
    /// A workspace connection with a shared access signature.
    SasConnection,
    /// A connection of a category that we do not know, with an account key.
    UnknownConnection,
    /// A connection of a category that we do not know, with a shared access signature.
    UnknownSasConnection,
    /// The target of a connection, with a shared access signature in it. Only the credentials of a connection are ours to
    /// write.
    ConnectionTarget,
}

impl HolderKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Datastore,
        Self::UnknownDatastore,
        Self::SasDatastore,
        Self::Connection,
        Self::SasConnection,
        Self::UnknownConnection,
        Self::UnknownSasConnection,
        Self::ConnectionTarget,
    ];

    /// Whether this program knows how to give it another key.
    #[must_use]
    pub const fn is_known(self) -> bool {
        matches!(self, Self::Datastore | Self::SasDatastore | Self::Connection | Self::SasConnection)
    }

    /// Whether it holds a shared access signature in place of a key.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        match self {
            Self::SasDatastore
            | Self::SasConnection
            | Self::UnknownSasConnection
            | Self::ConnectionTarget => true,
            Self::Datastore | Self::UnknownDatastore | Self::Connection | Self::UnknownConnection => false,
        }
    }
}

impl Holder {
    /// Whether this program can give it another key. To sign a token anew it has to be read, and let in afterwards.
    #[must_use]
    pub const fn is_movable(&self) -> bool {
        self.id.kind.is_known()
            && match self.held {
                Held::Value(_) => true,
                Held::Unreadable(_) => !self.id.kind.is_signed(),
                Held::TooLong { .. } | Held::Unseen(_) | Held::EitherKey(_) | Held::Nothing(_) => false,
            }
    }
}

impl fmt::Display for HolderKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Datastore => "datastore",
            Self::UnknownDatastore => "datastore of unknown type",
            Self::SasDatastore => "SAS datastore",
            Self::Connection => "connection",
            Self::SasConnection => "SAS connection",
            Self::UnknownConnection => "connection of unknown kind",
            Self::UnknownSasConnection => "SAS connection of unknown kind",
            Self::ConnectionTarget => "target of connection",
        })
    }
}

/// What a holder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// This value, or a signature by it.
    Value(Fingerprint),
    /// A signature by this value, on a token that is valid for longer than its account lets in.
    TooLong {
        /// The key.
        value: Fingerprint,
        /// The longest that a token may be valid.
        longest: Duration,
    },
    /// It was not to be read, for this reason.
    Unreadable(String),
    /// It could not be read just now, for this reason, which passes.
    Unseen(String),
    /// It may hold either key: for this reason, its signature cannot be traced to one.
    EitherKey(String),
    /// It holds no key of the account after all.
    Nothing(NoKey),
}

/// Why a signature is nobody's whom a rotation could harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoKey {
    /// It ended then.
    Expired(OffsetDateTime),
    /// Neither key of the account made it.
    Foreign,
    /// A user delegation key made it.
    UserDelegation,
}

impl fmt::Display for NoKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired(at) => write!(formatter, "its token expired at {}", Instant(*at)),
            Self::Foreign => formatter.write_str(
                "its token was signed by neither key of the account: by a dead one, or by another account's",
            ),
            Self::UserDelegation => formatter.write_str(
                "its token is a user delegation, which does not depend on the keys of the account",
            ),
        }
    }
}

/// The last write of a holder (`systemData`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWrite {
    /// When.
    pub at: OffsetDateTime,
    /// Who, as Azure names them.
    pub by: String,
    /// Whether that was us.
    pub ours: bool,
}

#[cfg(test)]
mod tests;
