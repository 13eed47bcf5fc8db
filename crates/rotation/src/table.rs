//! The table that decides: one method a row, tried in order; the first row that applies wins.

mod amending;
mod ending;
mod healing;
mod retiring;
mod rotating;

use time::OffsetDateTime;

use crate::situation::{Situation, Standing};
use crate::{Cache, Decision, Holder, KeyName, Observation, Policy, WholeLook, WorkspaceId, terms};

/// Decides the one thing to do next. Total and pure: the same arguments give the same decision.
#[must_use]
pub fn decide(observation: &Observation, policy: &Policy, now: OffsetDateTime) -> Decision {
    let standing = Standing::of(observation, policy, now);
    if !matches!(standing, Standing::Ignored(_))
        && let Some(expedite) = amending::expedite(observation, policy, now)
    {
        return expedite;
    }
    match standing {
        Standing::Ignored(reason) => Decision::Ignore(reason),
        Standing::Blocked(obstacles) => Decision::Blocked(obstacles),
        Standing::Unpublished(unpublished) => unpublished.decide(),
        Standing::Published(situation) => situation.decide(),
    }
}

/// Since when the target is overdue: due for more than three days whatever the row, or expired.
#[must_use]
pub fn overdue_since(
    observation: &Observation,
    policy: &Policy,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    match Standing::of(observation, policy, now) {
        Standing::Published(situation) => situation.is_overdue().then_some(situation.due),
        Standing::Ignored(_) => None,
        Standing::Blocked(_) | Standing::Unpublished(_) => {
            // What blocks may hide the ages of the keys; the version says by itself when it ends.
            let end = observation.secret.as_ref().ok()?.expires?;
            let due = terms::due_since(end, policy);
            terms::is_overdue(due, end, now).then_some(due)
        }
    }
}

impl<'a> Situation<'a> {
    fn decide(&self) -> Decision {
        self.row_5_put_right()
            .or_else(|| self.look_whole_at_the_start())
            .or_else(|| self.row_7_resync())
            .or_else(|| self.row_8_publish())
            .or_else(|| self.row_9_move())
            .or_else(|| self.row_10_blocked())
            .or_else(|| self.row_11_wait())
            .or_else(|| self.row_12_regenerate())
            .or_else(|| self.row_13_retire())
            .unwrap_or_else(|| self.row_14_up_to_date())
    }

    fn look_whole_at_the_start(&self) -> Option<Decision> {
        if self.observation.run.looked_whole {
            return None;
        }
        let recent = |at: OffsetDateTime| terms::is_recent(at, self.now);
        let made = KeyName::BOTH.into_iter().filter_map(|name| self.account.key(name).created);
        if self.is_due() {
            Some(Decision::LookWhole(WholeLook::Due))
        } else if self.observation.run.whole_look_asked {
            Some(Decision::LookWhole(WholeLook::Asked))
        } else if made.chain([self.secret.published_at]).any(recent) {
            Some(Decision::LookWhole(WholeLook::RecentChange))
        } else if self.leaked(self.alternate()) {
            Some(Decision::LookWhole(WholeLook::Compromised))
        } else {
            None
        }
    }

    fn workspaces(&self) -> impl Iterator<Item = &'a WorkspaceId> {
        self.observation.survey.workspaces.iter().map(|workspace| &workspace.id)
    }

    fn stale_workspaces(&self) -> impl Iterator<Item = &'a WorkspaceId> {
        self.observation.survey.workspaces.iter().filter_map(|workspace| match workspace.cache {
            Cache::Holds(value) if self.account.name_of(value).is_none() => Some(&workspace.id),
            Cache::Holds(_) | Cache::Unknown => None,
        })
    }

    /// The holders that we could and may move, and that are where they do not belong.
    fn unsettled_holders(&self) -> impl Iterator<Item = &'a Holder> {
        let holders = self.observation.survey.holders.iter();
        holders.filter(|holder| {
            holder.is_movable()
                && self.observation.is_entitled(holder)
                && !self.is_settled(holder)
                && (!self.stays_with_its_workspace(holder) || self.has_to_prove_who_follows())
        })
    }
}

#[cfg(test)]
mod tests;
