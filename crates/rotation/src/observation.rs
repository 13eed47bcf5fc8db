//! What one look saw: facts and fingerprints, never a value, and what the run remembers of itself.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::{
    Dependent, Failure, Fingerprint, Holder, HolderId, KeyName, Obstacle, Scope, SecretId, Tags, WorkspaceId,
};

/// Everything that a decision rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Whose keys are looked at.
    pub target: SecretId,
    /// Whether the vault is on the allow-list.
    pub vault_allowed: bool,
    /// The current version of the secret, or what stood in the way of seeing it.
    pub secret: Result<SecretSeen, Obstacle>,
    /// The two keys, or what stood in the way of seeing them.
    pub account: Result<AccountSeen, Obstacle>,
    /// Who holds a key.
    pub survey: Survey,
    /// What this run did so far.
    pub run: Run,
}

/// The current version of the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSeen {
    /// The version's name.
    pub version: String,
    /// What it holds.
    pub value: Fingerprint,
    /// When it was made.
    pub published_at: OffsetDateTime,
    /// When it ends.
    pub expires: Option<OffsetDateTime>,
    /// The tags that make it a target.
    pub tags: Tags,
    /// When holders without a date of their own were last moved (tag `HoldersMovedAt`).
    pub holders_moved_at: Option<OffsetDateTime>,
}

/// The two keys of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSeen {
    /// `key1`.
    pub key1: KeySeen,
    /// `key2`.
    pub key2: KeySeen,
}

impl AccountSeen {
    /// The key of that name.
    #[must_use]
    pub const fn key(&self, name: KeyName) -> &KeySeen {
        match name {
            KeyName::Key1 => &self.key1,
            KeyName::Key2 => &self.key2,
        }
    }

    /// Which key has that value; `None` when neither has.
    #[must_use]
    pub fn name_of(&self, value: Fingerprint) -> Option<KeyName> {
        KeyName::BOTH.into_iter().find(|name| self.key(*name).value == value)
    }
}

/// One key of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySeen {
    /// What it is.
    pub value: Fingerprint,
    /// When it was made; old accounts do not know.
    pub created: Option<OffsetDateTime>,
}

/// How much a look took in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breadth {
    /// Secret and keys, and what the last decision wrote; the rest as it was seen before in this run, if it was.
    Narrow,
    /// Every workspace in every scope, and everything there that may hold a key.
    Whole,
}

/// Who holds a key of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// How much this look took in.
    pub breadth: Breadth,
    /// Where holders were looked for.
    pub scopes: Vec<Scope>,
    /// The workspaces in them that were searched, each once, whatever account they are on.
    pub searched: BTreeSet<WorkspaceId>,
    /// What may hide a holder from us; the reach of the survey is proven when there is nothing.
    pub hidden: Vec<Obstacle>,
    /// Other secrets that are tagged for the same account.
    pub other_secrets: Vec<OtherSecret>,
    /// The workspaces whose storage the account is.
    pub workspaces: Vec<WorkspaceSeen>,
    /// What holds, or may hold, a key of the account.
    pub holders: Vec<Holder>,
}

impl Survey {
    /// The survey of a first narrow look: nobody was looked for.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            breadth: Breadth::Narrow,
            scopes: Vec::new(),
            searched: BTreeSet::new(),
            hidden: Vec::new(),
            other_secrets: Vec::new(),
            workspaces: Vec::new(),
            holders: Vec::new(),
        }
    }
}

/// Another secret that is tagged for the same account. Whoever reads it is a stranger to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherSecret {
    /// Which.
    pub id: SecretId,
    /// What it holds; `None` when it was not to be read.
    pub value: Option<Fingerprint>,
}

/// A workspace whose storage the account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceSeen {
    /// Which.
    pub id: WorkspaceId,
    /// Its own copy of a key.
    pub cache: Cache,
}

/// A workspace's own copy of a key, which nobody can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// It holds this value.
    Holds(Fingerprint),
    /// It holds none, or what it holds cannot be read; it counts as settled.
    Unknown,
}

/// What a run remembers of itself; lost when it dies, and nothing is lost with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// Whether a whole look was asked for.
    pub whole_look_asked: bool,
    /// Whether there was a whole look.
    pub looked_whole: bool,
    /// The key that a regeneration was sent for, whatever became of it.
    pub regeneration_sent: Option<KeyName>,
    /// The key that was certainly regenerated, and not published since.
    pub regenerated: Option<KeyName>,
    /// Whether a publish failed.
    pub publish_failed: bool,
    /// The workspaces that were resynced, or tried to.
    pub resynced: BTreeSet<WorkspaceId>,
    /// The holders that were moved since the last publish, or tried to.
    pub moved: BTreeSet<HolderId>,
    /// What failed.
    pub failures: Vec<Failure>,
}

impl Run {
    /// Remembers a failure; the same one twice is one.
    pub fn fail(&mut self, failure: Failure) {
        if !self.failures.contains(&failure) {
            self.failures.push(failure);
        }
    }

    /// Whether a step about that dependent failed.
    pub(crate) fn failed_about(&self, dependent: &Dependent) -> bool {
        self.failures.iter().any(|failure| failure.about.as_ref() == Some(dependent))
    }
}

impl Extend<Failure> for Run {
    fn extend<T: IntoIterator<Item = Failure>>(&mut self, failures: T) {
        failures.into_iter().for_each(|failure| self.fail(failure));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_failure_twice_is_one() {
        let mut run = Run::default();
        run.extend([Failure::look_again("a"), Failure::look_again("b"), Failure::look_again("a")]);
        assert_eq!(run.failures, [Failure::look_again("a"), Failure::look_again("b")]);
    }
}
