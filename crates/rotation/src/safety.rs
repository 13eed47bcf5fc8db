//! Which key may be regenerated: only an unpublished one that has rested and that no holder holds.

use time::OffsetDateTime;

use crate::situation::Situation;
use crate::terms::{is_certainly_later, rested, rested_by_our_clocks};
use crate::{
    AccountSeen, Breadth, Held, Holder, KeyName, LastWrite, NotWorkable, Observation, Obstacle, OtherSecret,
    Policy, SecretSeen, StorageAccountId, Survey,
};

/// A key that the safety check found to be unpublished, rested, and held by nobody.
///
/// [`RegenerableKey::check`] is its only constructor, and the only argument of the adapter that regenerates.
#[derive(Debug, PartialEq, Eq)]
pub struct RegenerableKey {
    account: StorageAccountId,
    name: KeyName,
}

impl RegenerableKey {
    /// Checks the alternate key of the observed target.
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
        let situation =
            Situation::open(observation, policy, now).map_err(|not_workable| match not_workable {
                NotWorkable::Blocked(obstacle) => vec![obstacle],
                NotWorkable::Ignored(_) => vec![Obstacle::AccountNotNamed],
            })?;
        let mut obstacles = match observation.survey.breadth {
            Breadth::Whole => held_or_hidden(
                &observation.survey,
                situation.secret,
                situation.account,
                situation.alternate(),
            ),
            Breadth::Narrow => vec![Obstacle::NotSurveyed],
        };
        obstacles.extend(
            unrested(&observation.survey, situation.secret, policy, now).map(|(_, obstacle)| obstacle),
        );
        if obstacles.is_empty() {
            Ok(Self { account: situation.enrolment.account.clone(), name: situation.alternate() })
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

/// Whether a holder counts as being on the published key, and so needs no move.
pub(crate) fn is_settled(holder: &Holder, secret: &SecretSeen) -> bool {
    match &holder.held {
        Held::Value(value) | Held::TooLong { value, .. } => *value == secret.value,
        // What we wrote since the publish is the published key; what we wrote before it was the other one.
        Held::Unreadable(_) => holder
            .last_write
            .as_ref()
            .is_some_and(|LastWrite { at, ours, .. }| *ours && is_certainly_later(*at, secret.published_at)),
        Held::EitherKey(_) => false,
        Held::Nothing(_) => true,
    }
}

/// Whoever holds or may hold the alternate key, and wherever such a one may be hidden (row 10).
pub(crate) fn held_or_hidden(
    survey: &Survey,
    secret: &SecretSeen,
    account: &AccountSeen,
    alternate: KeyName,
) -> Vec<Obstacle> {
    // A secret whose value is no key of the account was left behind long ago, and nobody can work with it.
    let counts = |other: &&OtherSecret| other.value.is_none_or(|value| account.name_of(value).is_some());
    let others =
        survey.other_secrets.iter().filter(counts).map(|other| Obstacle::AnotherSecret(other.id.clone()));
    let nowhere = survey.scopes.is_empty().then_some(Obstacle::NotSurveyed);
    let holding =
        survey.holders.iter().filter(|holder| !is_settled(holder, secret)).filter_map(|holder| match &holder
            .held
        {
            Held::Value(value) => (account.name_of(*value) == Some(alternate))
                .then(|| Obstacle::HolderHolds(holder.id.clone(), alternate)),
            Held::TooLong { value, longest } => (account.name_of(*value) == Some(alternate)).then(|| {
                Obstacle::HolderTooLong { holder: holder.id.clone(), key: alternate, longest: *longest }
            }),
            Held::Unreadable(why) => Some(Obstacle::HolderUnreadable(holder.id.clone(), why.clone())),
            Held::EitherKey(why) => Some(Obstacle::HolderMayHold(holder.id.clone(), why.clone())),
            Held::Nothing(_) => None,
        });
    nowhere.into_iter().chain(survey.hidden.iter().cloned()).chain(others).chain(holding).collect()
}

/// What time alone will mend: the overlap, and the rest since holders were written, each with its end (row 11).
pub(crate) fn unrested(
    survey: &Survey,
    secret: &SecretSeen,
    policy: &Policy,
    now: OffsetDateTime,
) -> impl Iterator<Item = (OffsetDateTime, Obstacle)> {
    let overlap = rested(secret.published_at, policy.overlap);
    let overlap = (now < overlap).then_some((overlap, Obstacle::OverlapNotOver { until: overlap }));
    let moved = secret.holders_moved_at.map(|at| rested_by_our_clocks(at, policy.drain));
    let moved = moved.filter(|until| now < *until);
    let moved = moved.map(|until| (until, Obstacle::HoldersJustMoved { until }));
    let holding = survey.holders.iter().filter(|holder| !matches!(holder.held, Held::Nothing(_)));
    let written = holding.filter_map(move |holder| {
        let LastWrite { at, by, .. } = holder.last_write.as_ref()?;
        let until = rested(*at, policy.drain);
        let obstacle = Obstacle::HolderJustWritten { holder: holder.id.clone(), by: by.clone(), until };
        (now < until).then_some((until, obstacle))
    });
    overlap.into_iter().chain(moved).chain(written)
}

#[cfg(test)]
mod tests;
