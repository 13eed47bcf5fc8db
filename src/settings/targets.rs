//! The pairs of a secret and an account that are declared to be targets, whatever tags say.

use std::collections::BTreeMap;

use rotation::{Declaration, Mode, Name, Policy, Quoted, SecretId, StorageAccountId, shortest_validity};
use serde::Deserialize;
use time::Duration;

use crate::env_vars::{ROTATOR_TARGETS, ROTATOR_VAULTS};
use crate::environment::Environment;
use crate::json::UnreadableJson;

/// A century: beyond it the validity is a slip of the keyboard.
const LONGEST_VALIDITY_DAYS: u32 = 36_500;

/// One target, as the setting has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Target {
    vault: String,
    secret: String,
    /// The resource id of the storage account.
    account: String,
    validity_days: u32,
    mode: Option<String>,
    #[serde(default)]
    ignore_holders: Vec<String>,
}

/// Reads the declared targets. `vaults` are those on the allow-list, where they could be read.
///
/// # Errors
///
/// Everything that is wrong with any of them, with the mend.
pub(super) fn targets(
    environment: &Environment,
    vaults: Option<&[Name]>,
    policy: &Policy,
) -> Result<Vec<Declaration>, Vec<String>> {
    let Some(given) = environment.get(ROTATOR_TARGETS) else {
        return Ok(Vec::new());
    };
    let given: Vec<Target> = serde_json::from_str(given).map_err(|error| {
        let error = UnreadableJson::from(error);
        vec![format!(
            "`{ROTATOR_TARGETS}` cannot be read ({error}): it is a JSON array of objects with `vault`, `secret`, \
             `account`, `validityDays`, and if wanted `mode` and `ignoreHolders`"
        )]
    })?;
    let (mut declared, mut problems) = (Vec::new(), Vec::new());
    for (number, target) in (1..).zip(given) {
        match target.declaration(vaults, policy) {
            Ok(declaration) => declared.push(declaration),
            Err(problem) => problems.push(format!("`{ROTATOR_TARGETS}`, target {number}: {problem}")),
        }
    }
    problems.extend(doubles(&declared));
    if problems.is_empty() { Ok(declared) } else { Err(problems) }
}

impl Target {
    fn declaration(self, vaults: Option<&[Name]>, policy: &Policy) -> Result<Declaration, String> {
        let target = SecretId::new(&self.vault, &self.secret).map_err(|error| error.to_string())?;
        if vaults.is_some_and(|vaults| !vaults.contains(target.vault())) {
            return Err(format!("`{}` is not one of `{ROTATOR_VAULTS}`: name it there too", target.vault()));
        }
        let account: StorageAccountId = self.account.parse().map_err(|error| format!("{error}"))?;
        let validity = Duration::days(self.validity_days.into());
        let shortest = shortest_validity(policy);
        if validity < shortest || LONGEST_VALIDITY_DAYS < self.validity_days {
            let shortest = (shortest + Duration::days(1) - Duration::SECOND).whole_days();
            let (days, longest) = (self.validity_days, LONGEST_VALIDITY_DAYS);
            return Err(format!("`validityDays` is {days} and has to be from {shortest} to {longest}"));
        }
        let mode = match self.mode.as_deref() {
            None => None,
            Some("observe") => Some(Mode::Observe),
            Some("rotate") => Some(Mode::Rotate),
            Some(other) => {
                return Err(format!("`mode` is {} and neither `observe` nor `rotate`", Quoted(other)));
            }
        };
        Ok(Declaration { target, account, validity, mode, ignore_holders: self.ignore_holders })
    }
}

/// The accounts and secrets that are declared more than once.
fn doubles(declared: &[Declaration]) -> Vec<String> {
    let mut secrets = BTreeMap::new();
    let mut accounts = BTreeMap::new();
    for Declaration { target, account, .. } in declared {
        *secrets.entry(target).or_insert(0) += 1;
        *accounts.entry(account).or_insert(0) += 1;
    }
    let secrets = secrets.into_iter().filter(|(_, times)| *times > 1);
    let secrets =
        secrets.map(|(target, _)| format!("`{ROTATOR_TARGETS}` declares secret `{target}` more than once"));
    let accounts = accounts.into_iter().filter(|(_, times)| *times > 1);
    let accounts = accounts.map(|(account, _)| {
        let name = account.name();
        format!("`{ROTATOR_TARGETS}` declares more than one secret for storage account `{name}`: keep one")
    });
    secrets.chain(accounts).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ACCOUNT: &str =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stml";

    fn target() -> Value {
        json!({"vault": "kv-ml", "secret": "stml-key", "account": ACCOUNT, "validityDays": 90})
    }

    fn read(targets: &Value) -> Result<Vec<Declaration>, Vec<String>> {
        let environment = Environment::from([(ROTATOR_TARGETS, targets.to_string().as_str())]);
        targets_of(&environment)
    }

    fn targets_of(environment: &Environment) -> Result<Vec<Declaration>, Vec<String>> {
        super::targets(environment, Some(&[Name::new("KV-ml")]), &Policy::new(Mode::Rotate))
    }

    #[test]
    fn no_target_has_to_be_declared() {
        assert_eq!(targets_of(&Environment::default()), Ok(Vec::new()));
        assert_eq!(read(&json!([])), Ok(Vec::new()));
    }

    #[test]
    fn a_declared_target_is_read() {
        let mut whole = target();
        whole["mode"] = json!("observe");
        whole["ignoreHolders"] = json!(["ws/signed"]);
        let expected = Declaration {
            target: SecretId::new("kv-ml", "stml-key").unwrap(),
            account: ACCOUNT.parse().unwrap(),
            validity: Duration::days(90),
            mode: Some(Mode::Observe),
            ignore_holders: vec!["ws/signed".to_owned()],
        };
        assert_eq!(read(&json!([whole])), Ok(vec![expected]));
    }

    #[test]
    fn each_wrong_target_is_named_with_the_mend() {
        for (member, value, said) in [
            ("vault", json!("kv-other"), "`kv-other` is not one of `ROTATOR_VAULTS`"),
            ("secret", json!("a/b"), "`a/b` is not the name of a secret"),
            ("account", json!("stml"), "`stml` is not the resource id"),
            ("validityDays", json!(37), "has to be from 38 to 36500"),
            ("validityDays", json!(36_501), "has to be from 38 to 36500"),
            ("mode", json!("Rotate"), "`mode` is `Rotate` and neither"),
        ] {
            let mut wrong = target();
            wrong[member] = value;
            let problems = read(&json!([target(), wrong])).unwrap_err();
            assert!(problems[0].contains(said) && problems[0].contains("target 2"), "{problems:?}");
        }
        for unreadable in [json!({}), json!([1]), json!([{"vault": "kv-ml"}]), json!("[]")] {
            assert!(read(&unreadable).unwrap_err()[0].contains("JSON array"), "{unreadable}");
        }
        let mut unknown = target();
        unknown["force"] = json!(true);
        assert!(read(&json!([unknown])).is_err());
    }

    #[test]
    fn one_account_has_one_secret() {
        let mut other = target();
        other["secret"] = json!("other");
        other["account"] = json!(ACCOUNT.to_uppercase());
        let problems = read(&json!([target(), other])).unwrap_err();
        assert!(problems[0].contains("more than one secret for storage account `stml`"), "{problems:?}");
        assert_eq!(read(&json!([target(), target()])).unwrap_err().len(), 2);
    }
}
