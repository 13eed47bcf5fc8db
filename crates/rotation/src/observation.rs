//! What one look saw: facts and fingerprints, never a value.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::{
    Declaration, Enrolment, Fingerprint, Forced, Holder, IgnoreReason, KeyName, LeakedKeys, NotWorkable,
    Obstacle, Policy, Run, Scope, SecretId, Tags, WorkspaceId,
};

/// Everything that a decision rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Whose keys are looked at.
    pub target: SecretId,
    /// Whether the vault is on the allow-list.
    pub vault_allowed: bool,
    /// What the operator declares of it.
    pub declared: Option<Declaration>,
    /// What somebody wants replaced before its time.
    pub forced: Option<Forced>,
    /// The current version of the secret, or what stood in the way of seeing it.
    pub secret: Result<SecretSeen, Obstacle>,
    /// The two keys, or what stood in the way of seeing them.
    pub account: Result<AccountSeen, Obstacle>,
    /// Who holds a key.
    pub survey: Survey,
    /// What this run did so far.
    pub run: Run,
}

impl Observation {
    /// Says what the target stands for, as far as its secret and its declaration tell.
    ///
    /// # Errors
    ///
    /// When it is no target, or none that can be worked with.
    pub fn enrolment(&self, policy: &Policy) -> Result<Enrolment, NotWorkable> {
        if !self.vault_allowed {
            return Err(NotWorkable::Ignored(IgnoreReason::VaultNotAllowed));
        }
        let untagged = Tags::default();
        let tags = match (&self.secret, &self.declared) {
            (Ok(secret), _) => &secret.tags,
            (Err(_), Some(_)) => &untagged,
            (Err(obstacle), None) => return Err(NotWorkable::Blocked(obstacle.clone())),
        };
        Enrolment::of(tags, self.declared.as_ref(), policy)
    }
}

/// The current version of the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSeen {
    /// The version's name.
    pub version: String,
    /// What it holds.
    pub value: Fingerprint,
    /// Whether that has the form of an access key: 64 bytes in base64.
    pub has_key_form: bool,
    /// When it was made.
    pub published_at: OffsetDateTime,
    /// When its tags, its expiry or anything else about it but its value were last changed, where the vault says so.
    pub updated_at: Option<OffsetDateTime>,
    /// When it ends.
    pub expires: Option<OffsetDateTime>,
    /// The tags that make it a target.
    pub tags: Tags,
    /// The keys that leaked (tag `Compromised`).
    pub compromised: LeakedKeys,
    /// When holders without a date of their own were last moved (tag `HoldersMovedAt`).
    pub holders_moved_at: Option<OffsetDateTime>,
    /// What the versions before it hold, as far as they can be read; read only when a decision asks for it.
    pub earlier: Vec<Fingerprint>,
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

    /// Whether any of these values is a live key.
    pub(crate) fn has_live(&self, value: &Fingerprint, earlier: &[Fingerprint]) -> bool {
        [value].into_iter().chain(earlier).any(|value| self.name_of(*value).is_some())
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
    /// Other secrets that are tagged or declared for the same account; a narrow look knows of the declared ones only.
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

    /// What the workspace itself holds, where that was seen.
    pub(crate) fn cache_of(&self, workspace: &WorkspaceId) -> Option<Fingerprint> {
        let seen = self.workspaces.iter().find(|seen| seen.id == *workspace)?;
        match seen.cache {
            Cache::Holds(value) => Some(value),
            Cache::Unknown => None,
        }
    }
}

/// Another secret that is tagged or declared for the same account. Whoever reads it is a stranger to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherSecret {
    /// Which.
    pub id: SecretId,
    /// Whether the operator declares it.
    pub is_declared: bool,
    /// What it holds; `None` when it was not to be read, or not looked for.
    pub value: Option<Fingerprint>,
    /// What the versions before it hold, as far as they can be read.
    pub earlier: Vec<Fingerprint>,
}

impl OtherSecret {
    /// One that is declared: that counts whatever it holds.
    #[must_use]
    pub const fn declared(id: SecretId) -> Self {
        Self { id, is_declared: true, value: None, earlier: Vec::new() }
    }

    /// Whether it counts although nobody declares it. One whose values, now or ever, are no keys of the account was left
    /// behind long ago. One that cannot be read may hold a key, and so may those who could read it once.
    #[must_use]
    pub fn counts(&self, account: &AccountSeen) -> bool {
        self.value.as_ref().is_none_or(|value| account.has_live(value, &self.earlier))
    }
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
