//! Row 14: nothing more is done in this run.

use crate::situation::Situation;
use crate::{Breadth, Decision, Dependent, Failure, Held, Holder, WholeLook};

impl Situation<'_> {
    pub(super) fn row_14_up_to_date(&self) -> Decision {
        self.end_with(Vec::new())
    }

    /// Ends the run with what was collected, and `more`.
    pub(super) fn end_with(&self, more: Vec<Failure>) -> Decision {
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
        failures.extend(more);
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

    /// Whether this run moved a holder that cannot be read: another look would tell no more. If the move failed, its
    /// failure is among those of the run.
    fn was_moved_unread(&self, holder: &Holder) -> bool {
        matches!(holder.held, Held::Unreadable(_))
            && self.observation.run.moved.contains(&holder.id)
            && holder.last_write.as_ref().is_none_or(|write| write.ours)
    }
}
