//! Every target, as far as the lists of the vaults show it: no value is read, and no account is asked.

use rotation::{Enrolment, NotWorkable, Policy, Tags, due_since, is_overdue};
use serde::Serialize;
use time::OffsetDateTime;
use time::serde::rfc3339;

use crate::azure::ListedSecret;
use crate::targets::VaultTargets;

/// All targets.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overview {
    targets: Vec<TargetOverview>,
    /// The vaults that could not be listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unlisted_vaults: Vec<UnlistedVault>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UnlistedVault {
    vault: String,
    error: String,
}

/// One target, by what stands on its secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TargetOverview {
    /// `vault/secret`.
    target: String,
    state: State,
    /// The resource id of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The key that the tag names.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'static str>,
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    published: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    expires: Option<OffsetDateTime>,
    /// From when on the next rotation is due, by the expiry.
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    due: Option<OffsetDateTime>,
    /// What a person has to mend.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    blocked: Option<Blocked>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum State {
    UpToDate,
    Due,
    Overdue,
    Blocked,
}

#[derive(Debug, Serialize)]
struct Blocked {
    reason: String,
    hint: String,
}

impl Overview {
    /// Puts together what the vaults list.
    pub(crate) fn new(vaults: &[VaultTargets], policy: &Policy, now: OffsetDateTime) -> Self {
        let mut overview = Self { targets: Vec::new(), unlisted_vaults: Vec::new() };
        for vault in vaults {
            match &vault.found {
                Ok(found) => {
                    overview
                        .targets
                        .extend(found.iter().map(|secret| TargetOverview::new(secret, policy, now)));
                }
                Err(failure) => overview
                    .unlisted_vaults
                    .push(UnlistedVault { vault: vault.vault.to_string(), error: failure.to_string() }),
            }
        }
        overview
    }
}

impl TargetOverview {
    fn new(secret: &ListedSecret, policy: &Policy, now: OffsetDateTime) -> Self {
        let enrolment = Tags::read(|name| secret.tags.get(name).cloned()).enrolment(policy);
        let obstacle = match &enrolment {
            Ok(_) if !secret.is_enabled => Some(rotation::Obstacle::SecretDisabled),
            Err(NotWorkable::Blocked(obstacle)) => Some(obstacle.clone()),
            Ok(_) | Err(NotWorkable::Ignored(_)) => None,
        };
        let due = secret.expires.map(|end| due_since(end, policy));
        let state = match (&obstacle, due, secret.expires) {
            (Some(_), ..) => State::Blocked,
            (None, Some(due), Some(end)) if is_overdue(due, end, now) => State::Overdue,
            (None, Some(due), _) if due <= now => State::Due,
            (None, ..) => State::UpToDate,
        };
        let enrolment: Option<Enrolment> = enrolment.ok();
        Self {
            target: secret.id.to_string(),
            state,
            account: enrolment.as_ref().map(|enrolment| enrolment.account.to_string()),
            key: enrolment.as_ref().map(|enrolment| enrolment.credential.as_str()),
            published: secret.created,
            expires: secret.expires,
            due,
            blocked: obstacle.map(|obstacle| Blocked { reason: obstacle.to_string(), hint: obstacle.hint() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rotation::{Failure, Mode, Name, SecretId};
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;

    const ACCOUNT: &str =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stml";

    fn listed(name: &str, key: &str, expires: OffsetDateTime) -> ListedSecret {
        let tags = [("CredentialId", key), ("ProviderAddress", ACCOUNT), ("ValidityPeriodDays", "90")];
        ListedSecret {
            id: SecretId::new("kv-ml", name).unwrap(),
            is_enabled: true,
            tags: tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            created: Some(datetime!(2026-09-01 00:00 UTC)),
            expires: Some(expires),
        }
    }

    #[test]
    fn each_target_has_its_state_and_what_mends_it() {
        let found = vec![
            listed("fresh", "key1", datetime!(2027-01-01 00:00 UTC)),
            listed("due", "key2", datetime!(2026-12-24 12:00 UTC)),
            listed("late", "key1", datetime!(2026-12-01 00:00 UTC)),
            ListedSecret { is_enabled: false, ..listed("off", "key1", datetime!(2027-01-01 00:00 UTC)) },
            ListedSecret {
                tags: BTreeMap::from([("CredentialId".to_owned(), "key1".to_owned())]),
                ..listed("some", "key1", datetime!(2027-01-01 00:00 UTC))
            },
        ];
        let vaults = [
            VaultTargets { vault: Name::new("kv-ml"), found: Ok(found) },
            VaultTargets { vault: Name::new("kv-down"), found: Err(Failure::look_again("it is down")) },
        ];
        let overview = Overview::new(&vaults, &Policy::new(Mode::Rotate), datetime!(2026-11-24 12:00 UTC));
        let overview: Value = serde_json::to_value(&overview).unwrap();
        let states: Vec<&Value> =
            overview["targets"].as_array().unwrap().iter().map(|each| &each["state"]).collect();
        assert_eq!(states, ["upToDate", "due", "overdue", "blocked", "blocked"]);
        assert_eq!(
            overview["targets"][0],
            json!({"target": "kv-ml/fresh", "state": "upToDate", "account": ACCOUNT, "key": "key1",
                "published": "2026-09-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z", "due": "2026-12-01T23:00:00Z"})
        );
        assert_eq!(overview["targets"][3]["reason"], "the secret is disabled");
        assert!(overview["targets"][4]["hint"].as_str().unwrap().contains("ProviderAddress"), "{overview}");
        assert_eq!(overview["unlistedVaults"], json!([{"vault": "kv-down", "error": "it is down"}]));
    }
}
