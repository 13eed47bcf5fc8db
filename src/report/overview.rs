//! Every target, as far as the lists of the vaults show it: no value is read, and no account is asked.

use rotation::{Declaration, Enrolment, KeyName, NotWorkable, Obstacle, Policy, due_since, is_overdue};
use serde::Serialize;
use time::OffsetDateTime;
use time::serde::rfc3339;

use crate::targets::{Target, VaultTargets};

/// All targets.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overview {
    pub(crate) targets: Vec<TargetOverview>,
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
pub(crate) struct TargetOverview {
    /// `vault/secret`.
    pub(crate) target: String,
    pub(crate) state: State,
    /// Whether the operator declares it.
    is_declared: bool,
    /// The resource id of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// The key that the tag names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<&'static str>,
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub(crate) published: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<OffsetDateTime>,
    /// From when on the next rotation is due, by the expiry.
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub(crate) due: Option<OffsetDateTime>,
    /// What a person has to mend.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) blocked: Option<Blocked>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum State {
    UpToDate,
    Due,
    Overdue,
    Blocked,
    /// It is declared, and there is no secret yet.
    NotEnrolled,
    /// It is declared, and its vault cannot be listed.
    Unknown,
    /// Another secret is declared for the same account, and this one is not.
    LeftAlone,
}

#[derive(Debug, Serialize)]
pub(crate) struct Blocked {
    pub(crate) reason: String,
    pub(crate) hint: String,
}

impl State {
    /// The name of it, as people read it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::UpToDate => "up to date",
            Self::Due => "due",
            Self::Overdue => "overdue",
            Self::Blocked => "blocked",
            Self::NotEnrolled => "not enrolled",
            Self::Unknown => "unknown",
            Self::LeftAlone => "left alone",
        }
    }
}

impl Overview {
    /// Puts together what the vaults list.
    pub(crate) fn new(vaults: &[VaultTargets], policy: &Policy, now: OffsetDateTime) -> Self {
        let mut overview = Self { targets: Vec::new(), unlisted_vaults: Vec::new() };
        let declared: Vec<&Declaration> = vaults
            .iter()
            .flat_map(|vault| &vault.targets)
            .filter_map(|target| target.declared.as_ref())
            .collect();
        for vault in vaults {
            let is_listed = vault.unlisted.is_none();
            let targets = vault.targets.iter();
            overview
                .targets
                .extend(targets.map(|target| TargetOverview::new(target, is_listed, &declared, policy, now)));
            overview.unlisted_vaults.extend(
                vault.unlisted.iter().map(|failure| UnlistedVault {
                    vault: vault.vault.to_string(),
                    error: failure.to_string(),
                }),
            );
        }
        overview
    }
}

impl TargetOverview {
    fn new(
        target: &Target,
        is_listed: bool,
        declared: &[&Declaration],
        policy: &Policy,
        now: OffsetDateTime,
    ) -> Self {
        let enrolment = target.enrolment(policy);
        let obstacle = match (&enrolment, &target.listed) {
            (Ok(_), Some(secret)) if !secret.is_enabled => Some(Obstacle::SecretDisabled),
            (Err(NotWorkable::Blocked(obstacle)), _) => Some(obstacle.clone()),
            (Ok(_) | Err(NotWorkable::Ignored(_)), _) => None,
        };
        let expires = target.listed.as_ref().and_then(|secret| secret.expires);
        let due = expires.map(|end| due_since(end, policy));
        let is_left_alone = target.declared.is_none()
            && enrolment
                .as_ref()
                .is_ok_and(|enrolment| declared.iter().any(|declared| declared.account == enrolment.account));
        let state = match (&obstacle, due, expires) {
            _ if is_left_alone => State::LeftAlone,
            (Some(_), ..) => State::Blocked,
            (None, Some(due), Some(end)) if is_overdue(due, end, now) => State::Overdue,
            (None, Some(due), _) if due <= now => State::Due,
            (None, ..) if target.listed.is_some() => State::UpToDate,
            (None, ..) if is_listed => State::NotEnrolled,
            (None, ..) => State::Unknown,
        };
        let enrolment: Option<Enrolment> = enrolment.ok();
        Self {
            target: target.id.to_string(),
            state,
            is_declared: target.declared.is_some(),
            account: enrolment.as_ref().map(|enrolment| enrolment.account.to_string()),
            key: enrolment.as_ref().and_then(|enrolment| enrolment.credential).map(KeyName::as_str),
            published: target.listed.as_ref().and_then(|secret| secret.created),
            expires,
            due,
            blocked: obstacle
                .map(|obstacle| Blocked { reason: obstacle.to_string(), hint: obstacle.hint().to_string() }),
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
    use crate::azure::ListedSecret;

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

    fn declared(vault: &str, listed: Option<ListedSecret>) -> Target {
        declared_for(&ACCOUNT.replace("stml", "stother"), vault, listed)
    }

    fn declared_for(account: &str, vault: &str, listed: Option<ListedSecret>) -> Target {
        let id = SecretId::new(vault, "declared").unwrap();
        let declaration = Declaration {
            target: id.clone(),
            account: account.parse().unwrap(),
            validity: time::Duration::days(90),
            mode: None,
            ignore_holders: Vec::new(),
        };
        Target { id, declared: Some(declaration), listed }
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
        let tagged = found.into_iter().map(|secret| Target {
            id: secret.id.clone(),
            declared: None,
            listed: Some(secret),
        });
        let mut targets: Vec<Target> = tagged.collect();
        targets.push(declared("kv-ml", None));
        let untagged = listed("untagged", "key1", datetime!(2027-01-01 00:00 UTC));
        targets.push(declared("kv-ml", Some(ListedSecret { tags: BTreeMap::new(), ..untagged })));
        let vaults = [
            VaultTargets { vault: Name::new("kv-ml"), targets, unlisted: None },
            VaultTargets {
                vault: Name::new("kv-down"),
                targets: vec![declared("kv-down", None)],
                unlisted: Some(Failure::look_again("it is down")),
            },
        ];
        let overview = Overview::new(&vaults, &Policy::new(Mode::Rotate), datetime!(2026-11-24 12:00 UTC));
        let overview: Value = serde_json::to_value(&overview).unwrap();
        let states: Vec<&Value> =
            overview["targets"].as_array().unwrap().iter().map(|each| &each["state"]).collect();
        assert_eq!(
            states,
            ["upToDate", "due", "overdue", "blocked", "blocked", "notEnrolled", "upToDate", "unknown"]
        );
        assert_eq!(
            overview["targets"][0],
            json!({"target": "kv-ml/fresh", "state": "upToDate", "isDeclared": false, "account": ACCOUNT, "key": "key1",
                "published": "2026-09-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z", "due": "2026-12-01T23:00:00Z"})
        );
        assert_eq!(overview["targets"][3]["reason"], "the secret is disabled");
        assert!(overview["targets"][4]["hint"].as_str().unwrap().contains("ProviderAddress"), "{overview}");
        assert_eq!(
            overview["targets"][5],
            json!({"target": "kv-ml/declared", "state": "notEnrolled", "isDeclared": true,
                "account": ACCOUNT.replace("stml", "stother")})
        );
        assert_eq!(overview["unlistedVaults"], json!([{"vault": "kv-down", "error": "it is down"}]));
    }

    #[test]
    fn what_is_left_alone_for_a_declared_one_is_said_to_be() {
        let secret = listed("late", "key1", datetime!(2026-12-01 00:00 UTC));
        let tagged = Target { id: secret.id.clone(), declared: None, listed: Some(secret) };
        let targets = vec![tagged, declared_for(ACCOUNT, "kv-ml", None)];
        let vaults = [VaultTargets { vault: Name::new("kv-ml"), targets, unlisted: None }];
        let overview = Overview::new(&vaults, &Policy::new(Mode::Rotate), datetime!(2026-11-24 12:00 UTC));
        let overview: Value = serde_json::to_value(&overview).unwrap();
        assert_eq!(overview["targets"][0]["state"], "leftAlone");
    }
}
