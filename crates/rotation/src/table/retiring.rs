//! Row 13: the alternate key has served, or leaked, and is made useless.

use crate::situation::Situation;
use crate::tags::COMPROMISED;
use crate::{
    Amendment, AmendmentReason, Breadth, Decision, Failure, KeyName, RegenerableKey, RegenerationReason,
    WholeLook,
};

impl Situation<'_> {
    pub(super) fn row_13_retire(&self) -> Option<Decision> {
        let run = &self.observation.run;
        let key = self.alternate();
        let reason = if self.secret.compromised.contains(key) {
            if self.was_made_since_the_leak(key) {
                return (!run.amend_failed).then(|| self.call_dead(key));
            }
            RegenerationReason::Compromise
        } else if self.has_served() {
            RegenerationReason::Retirement
        } else {
            return None;
        };
        let held = self.held_or_hidden();
        if !held.is_empty() {
            // A key that leaked lives on until a person does something.
            return (reason == RegenerationReason::Compromise).then(|| self.blocked(held));
        }
        if run.regeneration_sent.is_some() {
            let what = format!("`{key}` is to be regenerated as well, and one run regenerates once");
            return Some(self.end_with(vec![Failure::look_again(what)]));
        }
        if self.observation.survey.breadth == Breadth::Narrow {
            return Some(Decision::LookWhole(WholeLook::BeforeRegenerate));
        }
        let checked = RegenerableKey::check_retirement(self.observation, self.policy, self.now);
        Some(self.regenerate(reason, checked))
    }

    fn call_dead(&self, key: KeyName) -> Decision {
        let (reason, tags) =
            (AmendmentReason::Dead(key), vec![(COMPROMISED, self.secret.compromised.without(key).to_tag())]);
        Decision::Amend(Amendment { reason, tags, expires: None })
    }

    /// Whether policy retires the alternate key now.
    pub(crate) fn has_served(&self) -> bool {
        let [published, alternate] =
            [self.published, self.alternate()].map(|name| self.account.key(name).created);
        let is_older = alternate.zip(published).is_some_and(|(alternate, published)| alternate < published);
        self.policy.retire_after.is_some() && is_older && self.unretired().is_empty()
    }
}
