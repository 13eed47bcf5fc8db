//! What a run remembers of itself.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::{
    Dependent, Failure, Fingerprint, Held, Holder, HolderId, KeyName, Observation, Survey, WorkspaceId,
};

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
    /// Whether a change of the secret in place failed.
    pub amend_failed: bool,
    /// Since when, and in which version, the secret was seen to hold neither key.
    pub neither: Option<NeitherSeen>,
    /// What the secret was seen to hold while that was a live key, before this run regenerated one itself.
    pub seen_live: Vec<Fingerprint>,
    /// System datastores that were on the published key in this run, moved there or seen there, since the last publish.
    pub settled: BTreeSet<HolderId>,
    /// System datastores that a resync took from the published key to the other one, that of their workspace.
    pub followers: BTreeSet<HolderId>,
    /// The workspaces that were resynced, or tried to.
    pub resynced: BTreeSet<WorkspaceId>,
    /// The holders that were moved since the last publish, or tried to.
    pub moved: BTreeSet<HolderId>,
    /// What failed.
    pub failures: Vec<Failure>,
}

/// A secret that holds neither key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeitherSeen {
    /// The version.
    pub version: String,
    /// When that was first seen in this run, by our clock.
    pub since: OffsetDateTime,
}

impl Run {
    /// Remembers of a look what later looks of this run go by.
    pub fn remember(&mut self, observation: &Observation, now: OffsetDateTime) {
        let (Ok(secret), Ok(account)) = (&observation.secret, &observation.account) else {
            return;
        };
        if account.name_of(secret.value).is_some() {
            self.neither = None;
            if self.regeneration_sent.is_none() && !self.seen_live.contains(&secret.value) {
                self.seen_live.push(secret.value);
            }
        } else if self.neither.as_ref().is_none_or(|seen| seen.version != secret.version) {
            self.neither = Some(NeitherSeen { version: secret.version.clone(), since: now });
        }
        for holder in observation.survey.holders.iter().filter(|holder| holder.is_system()) {
            match holder.held {
                Held::Value(value) if value == secret.value => {
                    self.settled.insert(holder.id.clone());
                }
                Held::Value(value)
                    if account.name_of(value).is_some()
                        && self.was_taken(holder, value, &observation.survey) =>
                {
                    self.followers.insert(holder.id.clone());
                }
                _ => {}
            }
        }
    }

    /// Whether it was a resync of this run that took a holder to the key of its workspace.
    fn was_taken(&self, holder: &Holder, value: Fingerprint, survey: &Survey) -> bool {
        let Holder { id, .. } = holder;
        let was_on_the_published = self.settled.contains(id)
            || self.moved.contains(id) && !self.failed_about(&Dependent::Holder(id.clone()));
        was_on_the_published
            && self.resynced.contains(&id.workspace)
            && survey.cache_of(&id.workspace) == Some(value)
    }

    /// Remembers that this run published a key.
    pub fn remember_the_publish(&mut self) {
        self.regenerated = None;
        self.moved.clear();
        self.settled.clear();
    }

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
mod tests;
