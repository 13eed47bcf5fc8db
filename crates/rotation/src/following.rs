//! System datastores that a resync puts back on the key of their workspace, which nobody can choose.

use crate::situation::Situation;
use crate::terms::is_certainly_later;
use crate::{Dependent, Held, Holder};

impl Situation<'_> {
    /// Whether a resync of this run took a system datastore back to the other live key. It follows its workspace for the
    /// rest of the run, and is settled on either key, unless it could not be moved: directly before a key is regenerated it
    /// has to be.
    pub(crate) fn follows(&self, holder: &Holder) -> bool {
        let run = &self.observation.run;
        run.followers.contains(&holder.id)
            && !run.failed_about(&Dependent::Holder(holder.id.clone()))
            && matches!(holder.held, Held::Value(value) if self.account.name_of(value).is_some())
    }

    /// Whether a default datastore is probably where an earlier resync took it: on the other live key, as its workspace,
    /// by somebody else's write since the publish. To move it would only have it taken back.
    pub(crate) fn stays_with_its_workspace(&self, holder: &Holder) -> bool {
        let Held::Value(value) = holder.held else {
            return false;
        };
        let run = &self.observation.run;
        holder.is_default
            && !run.moved.contains(&holder.id)
            && value == self.account.key(self.alternate()).value
            && self.observation.survey.cache_of(&holder.id.workspace) == Some(value)
            && holder
                .last_write
                .as_ref()
                .is_some_and(|write| !write.ours && is_certainly_later(write.at, self.secret.published_at))
    }

    /// Whether those who stay with their workspace are to be moved once more, to see whether they are taken back: when
    /// nothing else keeps the alternate key from being regenerated.
    pub(crate) fn has_to_prove_who_follows(&self) -> bool {
        let is_wanted =
            self.is_due() && self.unrested().is_empty() || self.leaked(self.alternate()) || self.has_served();
        is_wanted && self.held_or_hidden().is_empty()
    }
}
