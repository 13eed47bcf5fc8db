//! The table that decides: one method a row, tried in order; the first row that applies wins.

use time::OffsetDateTime;

use crate::safety::{held_or_hidden, is_settled, unrested};
use crate::situation::Situation;
use crate::terms;
use crate::{
    Breadth, Cache, Decision, Dependent, Failure, Held, Holder, KeyName, Move, NotWorkable, Observation,
    Policy, Publication, RegenerableKey, Regeneration, WholeLook, WorkspaceId,
};

/// Decides the one thing to do next. Total and pure: the same arguments give the same decision.
#[must_use]
pub fn decide(observation: &Observation, policy: &Policy, now: OffsetDateTime) -> Decision {
    match Situation::open(observation, policy, now) {
        Ok(situation) => situation.decide(),
        Err(NotWorkable::Ignored(reason)) => Decision::Ignore(reason),
        Err(NotWorkable::Blocked(obstacle)) => Decision::Blocked(vec![obstacle]),
    }
}

/// Since when the target is overdue: due for more than three days whatever the row, or expired.
#[must_use]
pub fn overdue_since(
    observation: &Observation,
    policy: &Policy,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    match Situation::open(observation, policy, now) {
        Ok(situation) => situation.is_overdue().then_some(situation.due),
        Err(NotWorkable::Ignored(_)) => None,
        Err(NotWorkable::Blocked(_)) => {
            // What blocks may hide the ages of the keys; the version says by itself when it ends.
            let end = observation.secret.as_ref().ok()?.expires?;
            let due = terms::due_since(end, policy);
            terms::is_overdue(due, end, now).then_some(due)
        }
    }
}

impl<'a> Situation<'a> {
    fn decide(&self) -> Decision {
        self.look_whole_at_the_start()
            .or_else(|| self.row_7_resync())
            .or_else(|| self.row_8_publish())
            .or_else(|| self.row_9_move())
            .or_else(|| self.row_10_blocked())
            .or_else(|| self.row_11_wait())
            .or_else(|| self.row_12_regenerate())
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
        } else {
            None
        }
    }

    fn row_7_resync(&self) -> Option<Decision> {
        let stale: Vec<WorkspaceId> = self
            .stale_workspaces()
            .filter(|workspace| !self.observation.run.resynced.contains(*workspace))
            .cloned()
            .collect();
        (!stale.is_empty()).then_some(Decision::Resync(stale))
    }

    fn row_8_publish(&self) -> Option<Decision> {
        if !self.is_due() || !self.alternate_is_fresh() {
            return None;
        }
        if self.observation.run.publish_failed {
            // Not a reason to regenerate once more: the key that could not be published is still the one to publish.
            return Some(self.row_14_up_to_date());
        }
        let run = &self.observation.run;
        let resync =
            self.workspaces().filter(|workspace| !run.resynced.contains(*workspace)).cloned().collect();
        let key = self.alternate();
        Some(Decision::Publish(Publication { key, created: self.account.key(key).created, resync }))
    }

    fn row_9_move(&self) -> Option<Decision> {
        let untried = |holder: &&Holder| !self.observation.run.moved.contains(&holder.id);
        let (defaults, others): (Vec<&Holder>, Vec<&Holder>) =
            self.unsettled_holders().filter(untried).partition(|holder| holder.is_default);
        if defaults.is_empty() && others.is_empty() {
            return None;
        }
        let ids = |holders: &[&Holder]| holders.iter().map(|holder| holder.id.clone()).collect();
        let undated = defaults.iter().chain(&others).filter(|holder| holder.last_write.is_none());
        let undated = undated.map(|holder| holder.id.clone()).collect();
        Some(Decision::Move(Move {
            key: self.published,
            default_datastores: ids(&defaults),
            others: ids(&others),
            undated,
        }))
    }

    fn row_10_blocked(&self) -> Option<Decision> {
        if !self.is_due() {
            return None;
        }
        let obstacles = held_or_hidden(&self.observation.survey, self.secret, self.account, self.alternate());
        (!obstacles.is_empty()).then_some(Decision::Blocked(obstacles))
    }

    fn row_11_wait(&self) -> Option<Decision> {
        if !self.is_due() {
            return None;
        }
        let unrested: Vec<_> =
            unrested(&self.observation.survey, self.secret, self.policy, self.now).collect();
        let until = unrested.iter().map(|(until, _)| *until).max()?;
        let reasons = unrested.into_iter().map(|(_, reason)| reason).collect();
        Some(if self.is_overdue() { Decision::Blocked(reasons) } else { Decision::Wait { until, reasons } })
    }

    fn row_12_regenerate(&self) -> Option<Decision> {
        if !self.is_due() {
            return None;
        }
        if self.observation.run.regeneration_sent.is_some() {
            return Some(self.row_14_up_to_date());
        }
        if self.observation.survey.breadth == Breadth::Narrow {
            return Some(Decision::LookWhole(WholeLook::BeforeRegenerate));
        }
        Some(match RegenerableKey::check(self.observation, self.policy, self.now) {
            Ok(key) => {
                Decision::Regenerate(Regeneration { key, resync: self.workspaces().cloned().collect() })
            }
            Err(obstacles) => Decision::Blocked(obstacles),
        })
    }

    fn row_14_up_to_date(&self) -> Decision {
        let run = &self.observation.run;
        if run.regeneration_sent.is_some() && self.observation.survey.breadth == Breadth::Narrow {
            return Decision::LookWhole(WholeLook::AfterRegenerate);
        }
        let mut failures = run.failures.clone();
        // Whoever is not where they belong although no step about them failed: Azure may be catching up.
        let misplaced = self.unsettled_holders().filter(|holder| !self.was_moved_unread(holder));
        let holders = misplaced.map(|holder| {
            let what = format!("{} is not on `{}` yet", holder.id, self.published);
            (what, Dependent::Holder(holder.id.clone()))
        });
        let workspaces = self.stale_workspaces().map(|workspace| {
            let what = format!("workspace `{}` still keeps a dead key", workspace.name());
            (what, Dependent::Workspace(workspace.clone()))
        });
        let unexplained = holders.chain(workspaces).filter(|(_, about)| !run.failed_about(about));
        failures.extend(unexplained.map(|(what, about)| Failure::look_again(what).about(about)));
        if failures.is_empty() && self.is_due() {
            failures
                .push(Failure::look_again(format!("the rotation to `{}` is not finished", self.alternate())));
        }
        if failures.is_empty() {
            Decision::UpToDate { due: self.due }
        } else {
            Decision::Unfinished(failures)
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

    /// Whether this run moved a holder that cannot be read: another look would tell no more. If the move failed, its
    /// failure is among those of the run.
    fn was_moved_unread(&self, holder: &Holder) -> bool {
        matches!(holder.held, Held::Unreadable(_))
            && self.observation.run.moved.contains(&holder.id)
            && holder.last_write.as_ref().is_none_or(|write| write.ours)
    }

    /// The holders that we could move and that are not on the published key.
    fn unsettled_holders(&self) -> impl Iterator<Item = &'a Holder> {
        let holders = self.observation.survey.holders.iter();
        holders.filter(|holder| holder.is_movable() && !is_settled(holder, self.secret))
    }
}

#[cfg(test)]
mod tests;
