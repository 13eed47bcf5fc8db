//! Which secrets are targets: what the tags on a secret say.

use std::fmt;

use time::Duration;

use crate::quoted::Quoted;
use crate::tags::{CREDENTIAL_ID, PROVIDER_ADDRESS, VALIDITY_PERIOD_DAYS};
use crate::terms::shortest_validity;
use crate::{KeyName, Obstacle, Policy, StorageAccountId};

/// A century: beyond it `ValidityPeriodDays` is a slip of the keyboard.
const LONGEST_VALIDITY_DAYS: u32 = 36_500;

/// The three tags of Microsoft's own samples, as they stand on a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    /// [`CREDENTIAL_ID`].
    pub credential_id: Option<String>,
    /// [`PROVIDER_ADDRESS`].
    pub provider_address: Option<String>,
    /// [`VALIDITY_PERIOD_DAYS`].
    pub validity_period_days: Option<String>,
}

/// What a secret with complete tags stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The account whose keys are rotated.
    pub account: StorageAccountId,
    /// The key that the tag says is published; which one really is, is seen by its value.
    pub credential: KeyName,
    /// How long a key may be used.
    pub validity: Duration,
}

/// Why there is nothing to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotWorkable {
    /// The secret is none of ours (row 1).
    Ignored(IgnoreReason),
    /// A person has to mend something first (row 3).
    Blocked(Obstacle),
}

/// Why a secret is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IgnoreReason {
    /// Its vault is not on the allow-list.
    VaultNotAllowed,
    /// It has none of the three tags.
    Untagged,
    /// Its `ProviderAddress` is no storage account; other rotators share the tags.
    AnotherRotator {
        /// What the tag says.
        provider_address: String,
    },
}

impl fmt::Display for IgnoreReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VaultNotAllowed => formatter.write_str("its key vault is not one of `ROTATOR_VAULTS`"),
            Self::Untagged => formatter
                .write_str("it has none of the tags `CredentialId`, `ProviderAddress`, `ValidityPeriodDays`"),
            Self::AnotherRotator { provider_address } => {
                write!(
                    formatter,
                    "its tag `ProviderAddress` names no storage account: {}",
                    Quoted(provider_address)
                )
            }
        }
    }
}

impl Enrolment {
    /// What is allowed and yet not wise: a validity of less than twice the near-expiry window has the key rotated all
    /// the time.
    #[must_use]
    pub fn warning(&self, policy: &Policy) -> Option<String> {
        let wise = policy.near_expiry.saturating_mul(2);
        (self.validity < wise).then(|| {
            format!(
                "`ValidityPeriodDays` of {} leaves less time between rotations than the {} days for which a version is \
                 near its expiry; {} or more are advised",
                self.validity.whole_days(),
                policy.near_expiry.whole_days(),
                wise.whole_days()
            )
        })
    }
}

impl Tags {
    /// Takes the three tags out of all tags of a secret.
    pub fn read(tag: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            credential_id: tag(CREDENTIAL_ID),
            provider_address: tag(PROVIDER_ADDRESS),
            validity_period_days: tag(VALIDITY_PERIOD_DAYS),
        }
    }

    /// Says what the tags enrol.
    ///
    /// # Errors
    ///
    /// When they do not make the secret a target.
    pub fn enrolment(&self, policy: &Policy) -> Result<Enrolment, NotWorkable> {
        if self == &Self::default() {
            return Err(NotWorkable::Ignored(IgnoreReason::Untagged));
        }
        let account = match &self.provider_address {
            None => None,
            Some(address) => Some(address.parse::<StorageAccountId>().map_err(|_| {
                NotWorkable::Ignored(IgnoreReason::AnotherRotator { provider_address: address.clone() })
            })?),
        };
        let missing: Vec<&'static str> = [
            (CREDENTIAL_ID, self.credential_id.is_none()),
            (PROVIDER_ADDRESS, account.is_none()),
            (VALIDITY_PERIOD_DAYS, self.validity_period_days.is_none()),
        ]
        .into_iter()
        .filter_map(|(tag, is_missing)| is_missing.then_some(tag))
        .collect();
        let (Some(account), Some(credential), Some(days)) =
            (account, &self.credential_id, &self.validity_period_days)
        else {
            return Err(NotWorkable::Blocked(Obstacle::TagsIncomplete { missing }));
        };
        let credential = credential.parse::<KeyName>().map_err(|unknown| {
            NotWorkable::Blocked(Obstacle::TagMalformed { tag: CREDENTIAL_ID, text: unknown.0 })
        })?;
        let validity = match days.parse::<u32>() {
            Ok(days) if days <= LONGEST_VALIDITY_DAYS => Duration::days(i64::from(days)),
            _ => {
                let text = days.clone();
                let obstacle = Obstacle::TagMalformed { tag: VALIDITY_PERIOD_DAYS, text };
                return Err(NotWorkable::Blocked(obstacle));
            }
        };
        let shortest = shortest_validity(policy);
        if validity < shortest {
            return Err(NotWorkable::Blocked(Obstacle::ValidityTooShort { validity, shortest }));
        }
        Ok(Enrolment { account, credential, validity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mode;

    const ACCOUNT: &str =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stml";
    const POLICY: Policy = Policy::new(Mode::Rotate);

    fn tags(credential: &str, address: &str, days: &str) -> Tags {
        let given = |text: &str| (text != "-").then(|| text.to_owned());
        Tags {
            credential_id: given(credential),
            provider_address: given(address),
            validity_period_days: given(days),
        }
    }

    #[test]
    fn the_three_tags_are_read_each_by_its_name() {
        let read = Tags::read(|name| (name != PROVIDER_ADDRESS).then(|| format!("of {name}")));
        assert_eq!(read, tags("of CredentialId", "-", "of ValidityPeriodDays"));
        assert_eq!(Tags::read(|_| Some(ACCOUNT.to_owned())), tags(ACCOUNT, ACCOUNT, ACCOUNT));
    }

    #[test]
    fn complete_tags_enrol_a_secret() {
        let expected = Enrolment {
            account: ACCOUNT.parse().unwrap(),
            credential: KeyName::Key2,
            validity: Duration::days(38),
        };
        assert_eq!(tags("key2", ACCOUNT, "38").enrolment(&POLICY), Ok(expected));
    }

    #[test]
    fn secrets_of_others_are_ignored() {
        assert_eq!(tags("-", "-", "-").enrolment(&POLICY), Err(NotWorkable::Ignored(IgnoreReason::Untagged)));
        let cosmos =
            ACCOUNT.replace("Microsoft.Storage/storageAccounts", "Microsoft.DocumentDB/databaseAccounts");
        assert_eq!(
            tags("key1", &cosmos, "90").enrolment(&POLICY),
            Err(NotWorkable::Ignored(IgnoreReason::AnotherRotator { provider_address: cosmos }))
        );
    }

    #[test]
    fn incomplete_tags_are_named() {
        for (given, missing) in [
            (tags("-", ACCOUNT, "90"), vec![CREDENTIAL_ID]),
            (tags("key1", "-", "90"), vec![PROVIDER_ADDRESS]),
            (tags("key1", ACCOUNT, "-"), vec![VALIDITY_PERIOD_DAYS]),
            (tags("key1", "-", "-"), vec![PROVIDER_ADDRESS, VALIDITY_PERIOD_DAYS]),
        ] {
            let expected = NotWorkable::Blocked(Obstacle::TagsIncomplete { missing });
            assert_eq!(given.enrolment(&POLICY), Err(expected));
        }
    }

    #[test]
    fn malformed_tags_are_quoted() {
        for text in ["", "ninety", "-90", "90.5", "36501", "99999999999999999999", "90 days"] {
            let expected = Obstacle::TagMalformed { tag: VALIDITY_PERIOD_DAYS, text: text.to_owned() };
            let given = Tags { validity_period_days: Some(text.to_owned()), ..tags("key1", ACCOUNT, "-") };
            assert_eq!(given.enrolment(&POLICY), Err(NotWorkable::Blocked(expected)));
        }
        let expected = Obstacle::TagMalformed { tag: CREDENTIAL_ID, text: "key3".to_owned() };
        assert_eq!(tags("key3", ACCOUNT, "90").enrolment(&POLICY), Err(NotWorkable::Blocked(expected)));
    }

    #[test]
    fn a_short_validity_is_warned_of() {
        let warning = |days| tags("key1", ACCOUNT, days).enrolment(&POLICY).unwrap().warning(&POLICY);
        assert!(warning("59").is_some_and(|warning| warning.contains("60 or more")));
        assert_eq!(warning("60"), None);
    }

    #[test]
    fn a_validity_that_would_rotate_in_a_loop_is_refused() {
        let expected =
            Obstacle::ValidityTooShort { validity: Duration::days(37), shortest: Duration::days(38) };
        assert_eq!(tags("key1", ACCOUNT, "37").enrolment(&POLICY), Err(NotWorkable::Blocked(expected)));
    }
}
