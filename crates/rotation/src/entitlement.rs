//! Who may be given a key that they do not have.
//!
//! Whoever may create a datastore or a connection in some workspace can name any account in it. Were it given the key of
//! that account because it holds none that works, its author would read the key out of it.

use crate::{Held, Holder, Observation};

impl Observation {
    /// Whether a holder may be given the published key: it holds a live key of the account already, or what we wrote, or
    /// its workspace works with the account itself, so that whoever works there reads the key in any case.
    ///
    /// What was last written by us tells by Azure's word (`systemData`), which no caller can choose.
    #[must_use]
    pub fn is_entitled(&self, holder: &Holder) -> bool {
        let holds_a_key = match (&holder.held, &self.account) {
            (Held::Value(value) | Held::TooLong { value, .. }, Ok(account)) => {
                account.name_of(*value).is_some()
            }
            _ => false,
        };
        let has_what_we_wrote = || holder.last_write.as_ref().is_some_and(|write| write.ours);
        let is_at_home = || self.survey.workspaces.iter().any(|seen| seen.id == holder.id.workspace);
        holds_a_key || has_what_we_wrote() || is_at_home()
    }
}
