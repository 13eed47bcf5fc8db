//! What an observation comes to: whether there is anything to work on, which key is published, and since when it is due.

use time::OffsetDateTime;

use crate::enrolment::{Enrolment, IgnoreReason, NotWorkable};
use crate::{AccountSeen, KeyName, Observation, Obstacle, OtherSecret, Policy, Run, SecretSeen, terms};

/// Where a target stands.
pub(crate) enum Standing<'a> {
    /// It is none of ours (row 1), or another one counts (row 2).
    Ignored(IgnoreReason),
    /// A person has to mend something first (rows 2 and 3).
    Blocked(Vec<Obstacle>),
    /// Its secret does not exist yet, or holds neither key (rows 4 and 6).
    Unpublished(Unpublished<'a>),
    /// Its secret holds a live key (row 5, and from row 7 on).
    Published(Situation<'a>),
}

/// An observation in which no live key is published.
pub(crate) struct Unpublished<'a> {
    pub(crate) observation: &'a Observation,
    pub(crate) now: OffsetDateTime,
    /// What holds neither key; `None` when there is no secret.
    pub(crate) secret: Option<&'a SecretSeen>,
    pub(crate) account: &'a AccountSeen,
    pub(crate) enrolment: Enrolment,
}

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
    /// When it should end by policy, whatever its expiry says.
    pub(crate) end_by_policy: OffsetDateTime,
    /// When it ends, by its expiry or by policy.
    end: OffsetDateTime,
}

impl<'a> Standing<'a> {
    /// Rows 1 to 3.
    pub(crate) fn of(observation: &'a Observation, policy: &'a Policy, now: OffsetDateTime) -> Self {
        let enrolment = match observation.enrolment(policy) {
            Ok(enrolment) => enrolment,
            Err(NotWorkable::Ignored(reason)) => return Self::Ignored(reason),
            Err(NotWorkable::Blocked(obstacle)) => return Self::Blocked(vec![obstacle]),
        };
        let others = &observation.survey.other_secrets;
        let mut declared = others.iter().filter(|other| other.is_declared).map(|other| other.id.clone());
        if observation.declared.is_some() {
            let declared: Vec<Obstacle> = declared.map(Obstacle::AnotherDeclared).collect();
            if !declared.is_empty() {
                return Self::Blocked(declared);
            }
        } else if let Some(other) = declared.next() {
            return Self::Ignored(IgnoreReason::AnotherDeclared(other));
        }
        let secret = match &observation.secret {
            Ok(secret) => Some(secret),
            // A pair that is not declared did not get here without its secret.
            Err(Obstacle::SecretNotFound) => None,
            Err(obstacle) => return Self::Blocked(vec![obstacle.clone()]),
        };
        let account = match &observation.account {
            Ok(account) => account,
            Err(obstacle) => return Self::Blocked(vec![obstacle.clone()]),
        };
        let counts = secret.is_some_and(|secret| account.has_live(&secret.value, &secret.earlier));
        if observation.declared.is_none() && counts {
            let rivals: Vec<Obstacle> = rivals(others, account).collect();
            if !rivals.is_empty() {
                return Self::Blocked(rivals);
            }
        }
        match secret.and_then(|secret| Some((secret, account.name_of(secret.value)?))) {
            Some((secret, published)) => Self::Published(Situation::new(
                observation,
                policy,
                now,
                secret,
                account,
                enrolment,
                published,
            )),
            None => Self::Unpublished(Unpublished { observation, now, secret, account, enrolment }),
        }
    }
}

/// The other secrets that count.
fn rivals(others: &[OtherSecret], account: &AccountSeen) -> impl Iterator<Item = Obstacle> {
    others.iter().filter(|other| other.counts(account)).map(|other| Obstacle::AnotherSecret(other.id.clone()))
}

impl Unpublished<'_> {
    /// Whether the key leaked, and is still the one that did.
    pub(crate) fn leaked(&self, key: KeyName) -> bool {
        self.secret.is_some_and(|secret| {
            secret.compromised.contains(key)
                && !was_made_since_the_leak(&self.observation.run, secret, self.account, key)
        })
    }
}

impl<'a> Situation<'a> {
    fn new(
        observation: &'a Observation,
        policy: &'a Policy,
        now: OffsetDateTime,
        secret: &'a SecretSeen,
        account: &'a AccountSeen,
        enrolment: Enrolment,
        published: KeyName,
    ) -> Self {
        let age_start = account.key(published).created.unwrap_or(secret.published_at);
        let end_by_policy = terms::expiry(age_start, secret.published_at, enrolment.validity, policy);
        let end = secret.expires.map_or(end_by_policy, |expires| expires.min(end_by_policy));
        let due = terms::due_since(end, policy);
        Self { observation, policy, now, secret, account, enrolment, published, due, end_by_policy, end }
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

    /// Whether the key leaked, and is still the one that did.
    pub(crate) fn leaked(&self, key: KeyName) -> bool {
        self.secret.compromised.contains(key) && !self.was_made_since_the_leak(key)
    }

    /// Whether the key is certainly another one than when somebody wrote on the secret that it leaked.
    pub(crate) fn was_made_since_the_leak(&self, key: KeyName) -> bool {
        was_made_since_the_leak(&self.observation.run, self.secret, self.account, key)
    }

    pub(crate) fn alternate_is_fresh(&self) -> bool {
        let made_by_this_run = self.observation.run.regenerated == Some(self.alternate());
        let created = self.account.key(self.alternate()).created;
        made_by_this_run
            || terms::is_fresh(created, self.secret.published_at, self.due) && !self.leaked(self.alternate())
    }
}

/// Whether the key is certainly another one than when somebody wrote on the secret that it leaked: nothing changed the
/// secret in place since it was made, or this run made it.
fn was_made_since_the_leak(run: &Run, secret: &SecretSeen, account: &AccountSeen, key: KeyName) -> bool {
    let made = account.key(key).created.zip(secret.updated_at);
    run.regenerated == Some(key)
        || made.is_some_and(|(created, updated)| terms::is_certainly_later(created, updated))
}
