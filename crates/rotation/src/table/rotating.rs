//! Rows 7 to 12: from a key that is due to everybody on the next one.

use crate::situation::Situation;
use crate::{
    Breadth, Decision, Holder, HolderId, Move, Obstacle, Publication, PublicationReason, RegenerableKey,
    Regeneration, RegenerationReason, WholeLook, WorkspaceId,
};

impl Situation<'_> {
    pub(super) fn row_7_resync(&self) -> Option<Decision> {
        let stale: Vec<WorkspaceId> = self
            .stale_workspaces()
            .filter(|workspace| !self.observation.run.resynced.contains(*workspace))
            .cloned()
            .collect();
        (!stale.is_empty()).then_some(Decision::Resync(stale))
    }

    pub(super) fn row_8_publish(&self) -> Option<Decision> {
        if !self.is_due() || !self.alternate_is_fresh() {
            return None;
        }
        if self.observation.run.publish_failed {
            // Not a reason to regenerate once more: the key that could not be published is still the one to publish. Nor
            // one to leave a holder on a dead key until the vault takes it.
            return Some(self.row_9_move().unwrap_or_else(|| self.row_14_up_to_date()));
        }
        let run = &self.observation.run;
        let resync =
            self.workspaces().filter(|workspace| !run.resynced.contains(*workspace)).cloned().collect();
        let key = self.alternate();
        Some(Decision::Publish(Publication {
            reason: PublicationReason::Rotation,
            key,
            created: self.account.key(key).created,
            compromised: self.secret.compromised.without(key),
            resync,
        }))
    }

    pub(super) fn row_9_move(&self) -> Option<Decision> {
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

    pub(super) fn row_10_blocked(&self) -> Option<Decision> {
        if !self.is_due() {
            return None;
        }
        let obstacles = self.held_or_hidden();
        (!obstacles.is_empty()).then(|| self.blocked(obstacles))
    }

    /// Blocks by what stands in the way. What passes by itself is no matter for a person, but for the next look.
    pub(super) fn blocked(&self, obstacles: Vec<Obstacle>) -> Decision {
        if obstacles.iter().all(Obstacle::passes) {
            self.row_14_up_to_date()
        } else {
            Decision::Blocked(obstacles)
        }
    }

    pub(super) fn row_11_wait(&self) -> Option<Decision> {
        if !self.is_due() {
            return None;
        }
        let unrested = self.unrested();
        let until = unrested.iter().map(|(until, _)| *until).max()?;
        let reasons = unrested.into_iter().map(|(_, reason)| reason).collect();
        Some(if self.is_overdue() { Decision::Blocked(reasons) } else { Decision::Wait { until, reasons } })
    }

    pub(super) fn row_12_regenerate(&self) -> Option<Decision> {
        if !self.is_due() {
            return None;
        }
        if self.observation.run.regeneration_sent.is_some() {
            return Some(self.row_14_up_to_date());
        }
        if self.observation.survey.breadth == Breadth::Narrow {
            return Some(Decision::LookWhole(WholeLook::BeforeRegenerate));
        }
        let key = RegenerableKey::check(self.observation, self.policy, self.now);
        Some(self.regenerate(RegenerationReason::Due, key))
    }

    pub(super) fn regenerate(
        &self,
        reason: RegenerationReason,
        key: Result<RegenerableKey, Vec<Obstacle>>,
    ) -> Decision {
        match key {
            Ok(key) => {
                let holders = self.observation.survey.holders.iter();
                let followers =
                    holders.filter(|holder| self.follows(holder) && !self.holds_the_published(holder));
                let followers: Vec<HolderId> = followers.map(|holder| holder.id.clone()).collect();
                let resync = self.workspaces().cloned().collect();
                Decision::Regenerate(Regeneration {
                    reason,
                    key,
                    followers,
                    resync,
                    cut_short: self.cut_short(),
                })
            }
            Err(obstacles) => self.blocked(obstacles),
        }
    }
}
