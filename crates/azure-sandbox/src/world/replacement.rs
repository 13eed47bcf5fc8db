//! Checks of a write that replaces a holder: everything but the key must stay as it was.

use serde_json::{Map, Value};

use super::State;
use super::dependent::{Dependent, KeyCopy};
use super::sas::Fields;
use super::storage_account::StorageAccount;
use super::violation::Violation;
use super::workspace::{Connection, Datastore};

/// What a holder has of an account's keys.
#[derive(Clone, Copy)]
struct Copied<'a> {
    key: Option<&'a str>,
    token: Option<&'a str>,
    /// What it comes to, where the account is known.
    is: Option<KeyCopy>,
}

impl<'a> Copied<'a> {
    fn of_datastore(account: Option<&StorageAccount>, datastore: &'a Datastore) -> Self {
        let is = account.map(|account| KeyCopy::of_datastore(account, datastore));
        Self { key: datastore.account_key(), token: datastore.sas_token(), is }
    }

    fn of_connection(account: Option<&StorageAccount>, connection: &'a Connection) -> Self {
        let is = account.map(|account| KeyCopy::of_connection(account, connection));
        Self { key: connection.account_key(), token: connection.sas_token(), is }
    }
}

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

    /// Records a change of credentials that is not for the product to make: of those that are none of an account's keys,
    /// and of anything in a token but its signature.
    pub(crate) fn check_credentials(&mut self, holder: &Dependent, before: &Datastore, after: &Datastore) {
        // Null and absent are the same to Azure.
        let given = |datastore: &Datastore| {
            let mut credentials = datastore.credentials.clone();
            credentials.retain(|_, value| !value.is_null());
            credentials
        };
        let account = after.account(self.cloud).and_then(|name| self.account(name));
        let [old, new] = [before, after].map(|datastore| Copied::of_datastore(account, datastore));
        let is_no_copy = old.key.or(old.token).is_none();
        let fields = [
            (is_no_copy && given(before) != given(after)).then_some("credentials"),
            wrong_in_copy(account, old, new),
        ];
        self.record_changes(holder, fields);
    }

    /// The same of a connection.
    pub(crate) fn check_connection_credentials(
        &mut self,
        holder: &Dependent,
        before: &Connection,
        after: &Connection,
    ) {
        let account = after.account(self.cloud).and_then(|name| self.account(name));
        let [old, new] = [before, after].map(|connection| Copied::of_connection(account, connection));
        let kind = before.properties.get("authType").and_then(Value::as_str).unwrap_or_default();
        let is_no_copy = !["AccountKey", "SAS"].contains(&kind);
        let fields = [
            (is_no_copy && before.credentials != after.credentials).then_some("credentials"),
            wrong_in_copy(account, old, new),
        ];
        self.record_changes(holder, fields);
    }

    fn record_changes<const N: usize>(&mut self, holder: &Dependent, fields: [Option<&str>; N]) {
        for field in fields.into_iter().flatten() {
            self.record(Violation::FieldChanged { holder: holder.clone(), field: field.to_owned() });
        }
    }
}

/// What about the copy of a key should not be otherwise than before.
fn wrong_in_copy(
    account: Option<&StorageAccount>,
    before: Copied<'_>,
    after: Copied<'_>,
) -> Option<&'static str> {
    match (before.key.or(before.token), before.token, after.token) {
        (None, ..) | (_, None, None) => None,
        (_, Some(old), Some(new)) => {
            let is_nobodys = !matches!(before.is, Some(KeyCopy::Live(_)));
            let turned_away = account.and_then(|account| account.sas_policy.as_ref());
            let turned_away = turned_away.is_some_and(|policy| policy.turns_away(&Fields::of(new)));
            if unsigned(old) != unsigned(new) {
                Some("parameters of the token")
            } else if is_nobodys && old != new {
                Some("token that no live key signed")
            } else {
                turned_away.then_some("token that the account turns away")
            }
        }
        (_, Some(_), None) | (_, None, Some(_)) => Some("kind of credentials"),
    }
}

/// A token without the value of its signature, as it is spelt.
fn unsigned(token: &str) -> Vec<&str> {
    token
        .split('&')
        .map(|pair| if pair.trim_start_matches('?').starts_with("sig=") { "sig" } else { pair })
        .collect()
}
