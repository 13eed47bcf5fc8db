//! One target, as a whole look saw it, and what would be done.

use std::fmt;

use rotation::{AccountSeen, Cache, Decision, Fingerprint, Held, Holder, Observation};
use serde::Serialize;

/// What a whole look saw.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LookReport {
    /// `vault/secret`.
    pub(crate) target: String,
    /// The current version of the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// The key that the secret holds.
    pub(crate) published: Holds,
    /// What would be done now, after "to".
    pub(crate) decision: String,
    /// Whether that changes anything in Azure.
    pub(crate) writes: bool,
    /// What a person has to mend.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) blocked: Vec<Blocked>,
    /// What could not be seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) failures: Vec<String>,
    /// Where holders were looked for.
    pub(crate) scopes: Vec<String>,
    /// How many workspaces were searched there, whatever account they are on.
    pub(crate) searched_workspaces: usize,
    pub(crate) workspaces: Vec<WorkspaceReport>,
    pub(crate) holders: Vec<HolderReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Blocked {
    pub(crate) reason: String,
    pub(crate) hint: String,
}

/// A workspace and its own copy of a key.
#[derive(Debug, Serialize)]
pub(crate) struct WorkspaceReport {
    pub(crate) workspace: String,
    pub(crate) holds: Holds,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HolderReport {
    pub(crate) workspace: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) is_default: bool,
    pub(crate) holds: Holds,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) because: Option<String>,
    /// Whether it is ignored, because the operator vouches for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_ignored: bool,
}

/// Which key something holds.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Holds {
    Key1,
    Key2,
    /// A value that is no live key of the account.
    Neither,
    /// No key of the account after all.
    Nothing,
    /// Either key, or nobody could see which.
    Unknown,
}

impl LookReport {
    /// Puts together what was seen and what is decided about it.
    pub(crate) fn new(observation: &Observation, decision: &Decision) -> Self {
        let account = observation.account.as_ref().ok();
        let holds = |value: Fingerprint| Holds::of(value, account);
        let secret = observation.secret.as_ref().ok();
        let blocked = match decision {
            Decision::Blocked(obstacles) => obstacles.as_slice(),
            _ => &[],
        };
        let survey = &observation.survey;
        let workspaces = survey.workspaces.iter().map(|seen| WorkspaceReport {
            workspace: seen.id.to_string(),
            holds: match seen.cache {
                Cache::Holds(value) => holds(value),
                Cache::Unknown => Holds::Unknown,
            },
        });
        Self {
            target: observation.target.to_string(),
            version: secret.map(|secret| secret.version.clone()),
            published: secret.map_or(Holds::Unknown, |secret| holds(secret.value)),
            decision: format!("{decision:#}"),
            writes: decision.writes(),
            blocked: blocked
                .iter()
                .map(|obstacle| Blocked { reason: obstacle.to_string(), hint: obstacle.hint().to_string() })
                .collect(),
            failures: observation.run.failures.iter().map(ToString::to_string).collect(),
            scopes: survey.scopes.iter().map(ToString::to_string).collect(),
            searched_workspaces: survey.searched.len(),
            workspaces: workspaces.collect(),
            holders: survey.holders.iter().map(|holder| HolderReport::new(holder, observation)).collect(),
        }
    }
}

impl HolderReport {
    fn new(holder: &Holder, observation: &Observation) -> Self {
        let account = observation.account.as_ref().ok();
        let because = match &holder.held {
            Held::Value(_) => None,
            Held::TooLong { .. } => {
                Some("its token is valid for longer than the account's policy lets in".to_owned())
            }
            Held::Unreadable(why) | Held::Unseen(why) | Held::EitherKey(why) => Some(why.clone()),
            Held::Nothing(why) => Some(why.to_string()),
        };
        Self {
            workspace: holder.id.workspace.to_string(),
            kind: holder.id.kind.to_string(),
            name: holder.id.name.clone(),
            is_default: holder.is_default,
            holds: Holds::of_holder(holder, account),
            because,
            is_ignored: observation.declared.as_ref().is_some_and(|declared| declared.vouches_for(holder)),
        }
    }
}

impl Holds {
    /// Which key a holder holds.
    pub(crate) fn of_holder(holder: &Holder, account: Option<&AccountSeen>) -> Self {
        match &holder.held {
            Held::Value(value) | Held::TooLong { value, .. } => Self::of(*value, account),
            Held::Unreadable(_) | Held::Unseen(_) | Held::EitherKey(_) => Self::Unknown,
            Held::Nothing(_) => Self::Nothing,
        }
    }

    /// Which key a value is.
    pub(crate) fn of(value: Fingerprint, account: Option<&AccountSeen>) -> Self {
        match account.map(|account| account.name_of(value)) {
            Some(Some(rotation::KeyName::Key1)) => Self::Key1,
            Some(Some(rotation::KeyName::Key2)) => Self::Key2,
            Some(None) => Self::Neither,
            None => Self::Unknown,
        }
    }
}

impl fmt::Display for Holds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Key1 => "`key1`",
            Self::Key2 => "`key2`",
            Self::Neither => "neither key",
            Self::Nothing => "no key",
            Self::Unknown => "nobody knows what",
        })
    }
}

#[cfg(test)]
mod tests {
    use rotation::KeySeen;

    use super::*;

    #[test]
    fn without_the_keys_of_the_account_nobody_knows_what_a_holder_holds() {
        let value = |byte| Fingerprint::new([byte; 32]);
        let key = |byte| KeySeen { value: value(byte), created: None };
        let account = AccountSeen { key1: key(1), key2: key(2) };
        let holds = |byte, account| serde_json::to_value(Holds::of(value(byte), account)).unwrap();
        assert_eq!([1, 2, 3].map(|byte| holds(byte, Some(&account))), ["key1", "key2", "neither"]);
        assert_eq!(holds(1, None), "unknown");
    }
}
