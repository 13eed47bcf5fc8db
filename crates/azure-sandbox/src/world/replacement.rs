//! Checks of a write that replaces a holder: everything but the key must stay as it was.

use serde_json::{Map, Value};

use super::State;
use super::dependent::Dependent;
use super::violation::Violation;
use super::workspace::Datastore;

impl State {
    /// What a whole replacement changed or lost, credentials apart.
    pub(crate) fn check_replacement(
        &mut self,
        holder: &Dependent,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
    ) {
        for (field, old) in before {
            let field = field.clone();
            match after.get(&field) {
                Some(new) if new == old => {}
                Some(_) => self.record(Violation::FieldChanged { holder: holder.clone(), field }),
                // Null and absent are the same to Azure.
                None if old.is_null() => {}
                None => self.record(Violation::FieldDropped { holder: holder.clone(), field }),
            }
        }
        for (field, new) in after {
            if !before.contains_key(field) && !new.is_null() {
                self.record(Violation::FieldChanged { holder: holder.clone(), field: field.clone() });
            }
        }
    }

    /// Records a change of credentials that are none of an account's keys: they are not for the product to touch.
    pub(crate) fn check_credentials(&mut self, holder: &Dependent, before: &Datastore, after: &Datastore) {
        let from_a_key = before.account_key().or_else(|| before.sas_token()).is_some();
        // Null and absent are the same to Azure.
        let given = |datastore: &Datastore| {
            let mut credentials = datastore.credentials.clone();
            credentials.retain(|_, value| !value.is_null());
            credentials
        };
        if !from_a_key && given(before) != given(after) {
            let field = "credentials".to_owned();
            self.record(Violation::FieldChanged { holder: holder.clone(), field });
        }
    }
}
