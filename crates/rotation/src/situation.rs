//! What an observation comes to: which key is published, and since when the target is due.

use time::OffsetDateTime;

use crate::enrolment::{Enrolment, IgnoreReason, NotWorkable};
use crate::{AccountSeen, KeyName, Observation, Obstacle, Policy, SecretSeen, terms};

/// An observation in which secret and keys were seen and belong together, and what follows from them. The rows of the
/// table are its methods.
pub(crate) struct Situation<'a> {
    pub(crate) observation: &'a Observation,
    pub(crate) policy: &'a Policy,
    pub(crate) now: OffsetDateTime,
    pub(crate) secret: &'a SecretSeen,
    pub(crate) account: &'a AccountSeen,
    pub(crate) enrolment: Enrolment,
    pub(crate) published: KeyName,
    /// Since when the published version is due.
    pub(crate) due: OffsetDateTime,
    /// When it ends, by its expiry or by policy.
    end: OffsetDateTime,
}

impl<'a> Situation<'a> {
    /// Rows 1 and 3, and what rows 5 and 6 will mend by themselves one day.
    pub(crate) fn open(
        observation: &'a Observation,
        policy: &'a Policy,
        now: OffsetDateTime,
    ) -> Result<Self, NotWorkable> {
        if !observation.vault_allowed {
            return Err(NotWorkable::Ignored(IgnoreReason::VaultNotAllowed));
        }
        let secret =
            observation.secret.as_ref().map_err(|obstacle| NotWorkable::Blocked(obstacle.clone()))?;
        let enrolment = secret.tags.enrolment(policy)?;
        let account =
            observation.account.as_ref().map_err(|obstacle| NotWorkable::Blocked(obstacle.clone()))?;
        let Some(published) = account.name_of(secret.value) else {
            return Err(NotWorkable::Blocked(Obstacle::NeitherKey(enrolment.account)));
        };
        if enrolment.credential != published {
            return Err(NotWorkable::Blocked(Obstacle::OtherKeyNamed {
                named: enrolment.credential,
                held: published,
            }));
        }
        let Some(expires) = secret.expires else {
            return Err(NotWorkable::Blocked(Obstacle::NoExpiry));
        };
        let age_start = account.key(published).created.unwrap_or(secret.published_at);
        let end = terms::expiry(age_start, secret.published_at, enrolment.validity, policy).min(expires);
        let due = terms::due_since(end, policy);
        Ok(Self { observation, policy, now, secret, account, enrolment, published, due, end })
    }

    pub(crate) const fn alternate(&self) -> KeyName {
        self.published.alternate()
    }

    pub(crate) fn is_due(&self) -> bool {
        self.due <= self.now
    }

    pub(crate) fn is_overdue(&self) -> bool {
        terms::is_overdue(self.due, self.end, self.now)
    }

    pub(crate) fn alternate_is_fresh(&self) -> bool {
        let made_by_this_run = self.observation.run.regenerated == Some(self.alternate());
        let created = self.account.key(self.alternate()).created;
        made_by_this_run || terms::is_fresh(created, self.secret.published_at, self.due)
    }
}
