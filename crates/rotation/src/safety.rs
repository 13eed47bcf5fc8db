//! Which key may be regenerated: only an unpublished one that has rested and that no holder holds.

use time::{Duration, OffsetDateTime};

use crate::situation::{Situation, Standing};
use crate::terms::{is_certainly_later, rested, rested_by_our_clocks};
use crate::{Breadth, Held, Holder, KeyName, LastWrite, Observation, Obstacle, Policy, StorageAccountId};

/// A key that the safety check found to be unpublished, rested, and held by nobody.
///
/// Its constructors are the two safety checks, and it is the only argument of the adapter that regenerates.
#[derive(Debug, PartialEq, Eq)]
pub struct RegenerableKey {
    account: StorageAccountId,
    name: KeyName,
}

/// A rest that is not over: until when, and what for.
pub(crate) type Rest = (OffsetDateTime, Obstacle);

impl RegenerableKey {
    /// Checks the alternate key of the observed target, to be published in place of the published one (row 12).
    ///
    /// # Errors
    ///
    /// Everything that stands in the way; time alone removes [`Obstacle::OverlapNotOver`],
    /// [`Obstacle::HolderJustWritten`] and [`Obstacle::HoldersJustMoved`].
    pub fn check(
        observation: &Observation,
        policy: &Policy,
        now: OffsetDateTime,
    ) -> Result<Self, Vec<Obstacle>> {
        Self::checked(observation, policy, now, |situation| situation.unrested())
    }

    /// Checks the alternate key of the observed target, to be made useless and nothing else (row 13).
    ///
    /// # Errors
    ///
    /// As [`Self::check`], with the longer rests of a retirement; a key that leaked need not rest.
    pub fn check_retirement(
        observation: &Observation,
        policy: &Policy,
        now: OffsetDateTime,
    ) -> Result<Self, Vec<Obstacle>> {
        Self::checked(observation, policy, now, |situation| {
            if situation.leaked(situation.alternate()) { Vec::new() } else { situation.unretired() }
        })
    }

    fn checked(
        observation: &Observation,
        policy: &Policy,
        now: OffsetDateTime,
        rests: impl FnOnce(&Situation<'_>) -> Vec<Rest>,
    ) -> Result<Self, Vec<Obstacle>> {
        let situation = match Standing::of(observation, policy, now) {
            Standing::Published(situation) => situation,
            Standing::Unpublished(unpublished) => {
                return Err(vec![Obstacle::NeitherKey(unpublished.enrolment.account)]);
            }
            Standing::Blocked(obstacles) => return Err(obstacles),
            Standing::Ignored(_) => return Err(vec![Obstacle::AccountNotNamed]),
        };
        let mut obstacles = match observation.survey.breadth {
            Breadth::Whole => situation.obstacles(|_| true),
            Breadth::Narrow => vec![Obstacle::NotSurveyed],
        };
        obstacles.extend(rests(&situation).into_iter().map(|(_, obstacle)| obstacle));
        if obstacles.is_empty() {
            let name = situation.alternate();
            Ok(Self { account: situation.enrolment.account, name })
        } else {
            Err(obstacles)
        }
    }

    /// The account that the key belongs to.
    #[must_use]
    pub const fn account(&self) -> &StorageAccountId {
        &self.account
    }

    /// Which of its keys.
    #[must_use]
    pub const fn name(&self) -> KeyName {
        self.name
    }
}

impl Situation<'_> {
    /// Whether a holder counts as being on the published key, and so needs no move.
    pub(crate) fn is_settled(&self, holder: &Holder) -> bool {
        self.holds_the_published(holder) || self.follows(holder)
    }

    pub(crate) fn holds_the_published(&self, holder: &Holder) -> bool {
        match &holder.held {
            Held::Value(value) | Held::TooLong { value, .. } => *value == self.secret.value,
            // What we wrote since the publish is the published key; what we wrote before it was the other one.
            Held::Unreadable(_) => {
                holder.last_write.as_ref().is_some_and(|LastWrite { at, ours, .. }| {
                    *ours && is_certainly_later(*at, self.secret.published_at)
                })
            }
            Held::Unseen(_) | Held::EitherKey(_) => false,
            Held::Nothing(_) => true,
        }
    }

    /// Whoever holds or may hold the alternate key, and wherever such a one may be hidden (row 10). Whoever stays with
    /// its workspace is moved when nothing else stands in the way, and not before.
    pub(crate) fn held_or_hidden(&self) -> Vec<Obstacle> {
        self.obstacles(|holder| !self.stays_with_its_workspace(holder))
    }

    fn obstacles(&self, counts: impl Fn(&Holder) -> bool) -> Vec<Obstacle> {
        let survey = &self.observation.survey;
        let alternate = self.alternate();
        let alternate_value = self.account.key(alternate).value;
        let nowhere = survey.scopes.is_empty().then_some(Obstacle::NotSurveyed);
        let readers = survey
            .other_secrets
            .iter()
            .filter(|other| !other.is_declared && other.value.is_none_or(|value| value == alternate_value));
        let readers = readers.map(|other| Obstacle::OtherReadersHold(other.id.clone()));
        let holders = survey.holders.iter().filter(|holder| !self.is_settled(holder) && counts(holder));
        let holding = holders.filter_map(|holder| match &holder.held {
            Held::Value(value) => {
                (*value == alternate_value).then(|| Obstacle::HolderHolds(holder.id.clone(), alternate))
            }
            Held::TooLong { value, longest } => (*value == alternate_value).then(|| {
                Obstacle::HolderTooLong { holder: holder.id.clone(), key: alternate, longest: *longest }
            }),
            Held::Unreadable(why) => Some(Obstacle::HolderUnreadable(holder.id.clone(), why.clone())),
            Held::Unseen(why) => Some(Obstacle::Unseen(why.clone())),
            Held::EitherKey(why) => {
                let vouched = self.observation.declared.as_ref().is_some_and(|one| one.vouches_for(holder));
                (!vouched).then(|| Obstacle::HolderMayHold(holder.id.clone(), why.clone()))
            }
            Held::Nothing(_) => None,
        });
        nowhere.into_iter().chain(survey.hidden.iter().cloned()).chain(readers).chain(holding).collect()
    }

    /// What time alone will mend: the overlap, and the rest since holders were written (row 11). A published key that
    /// leaked is not waited for.
    pub(crate) fn unrested(&self) -> Vec<Rest> {
        if self.leaked(self.published) {
            Vec::new()
        } else {
            self.rests(self.policy.overlap, self.policy.drain)
        }
    }

    /// The same before a retirement (row 13).
    pub(crate) fn unretired(&self) -> Vec<Rest> {
        let retire_after = self.policy.retire_after.unwrap_or(Duration::ZERO);
        self.rests(self.policy.overlap.max(retire_after), self.policy.drain.max(retire_after))
    }

    /// The rests that a regeneration cuts short because a key leaked.
    pub(crate) fn cut_short(&self) -> Vec<Obstacle> {
        if !KeyName::BOTH.into_iter().any(|key| self.leaked(key)) {
            return Vec::new();
        }
        let rests = self.rests(self.policy.overlap, self.policy.drain);
        rests.into_iter().map(|(_, obstacle)| obstacle).collect()
    }

    fn rests(&self, overlap: Duration, drain: Duration) -> Vec<Rest> {
        let now = self.now;
        let overlap = rested(self.secret.published_at, overlap);
        let overlap = (now < overlap).then_some((overlap, Obstacle::OverlapNotOver { until: overlap }));
        let moved = self.secret.holders_moved_at.map(|at| rested_by_our_clocks(at, drain));
        let moved = moved.filter(|until| now < *until);
        let moved = moved.map(|until| (until, Obstacle::HoldersJustMoved { until }));
        let holding = self.observation.survey.holders.iter().filter(|holder| {
            !matches!(holder.held, Held::Nothing(_))
                && !self.follows(holder)
                && !self.stays_with_its_workspace(holder)
        });
        let written = holding.filter_map(move |holder| {
            let LastWrite { at, by, .. } = holder.last_write.as_ref()?;
            let until = rested(*at, drain);
            let obstacle = Obstacle::HolderJustWritten { holder: holder.id.clone(), by: by.clone(), until };
            (now < until).then_some((until, obstacle))
        });
        overlap.into_iter().chain(moved).chain(written).collect()
    }
}

#[cfg(test)]
mod tests;
