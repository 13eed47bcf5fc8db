//! Which secrets are targets: what the tags on a secret say, or the operator declares.

use std::fmt;

use time::Duration;

use crate::quoted::Quoted;
use crate::tags::{CREDENTIAL_ID, PROVIDER_ADDRESS, VALIDITY_PERIOD_DAYS};
use crate::terms::shortest_validity;
use crate::{Declaration, KeyName, Obstacle, Policy, SecretId, StorageAccountId};

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

/// What a target stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The account whose keys are rotated.
    pub account: StorageAccountId,
    /// The key that the tag says is published, if it names one; which one really is, is seen by its value.
    pub credential: Option<KeyName>,
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
    /// The operator declares another secret for the same account, and not this one (row 2).
    AnotherDeclared(SecretId),
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
            Self::AnotherDeclared(other) => {
                write!(formatter, "`{other}` is declared for the same storage account, and this one is not")
            }
        }
    }
}

impl Enrolment {
    /// Says what a secret with these tags stands for. A declaration wins over the tags.
    ///
    /// # Errors
    ///
    /// When the secret is no target, or none that can be worked with.
    pub fn of(tags: &Tags, declared: Option<&Declaration>, policy: &Policy) -> Result<Self, NotWorkable> {
        let enrolment = match declared {
            Some(Declaration { account, validity, .. }) => {
                Self { account: account.clone(), credential: tags.credential(), validity: *validity }
            }
            None => tags.enrolment()?,
        };
        let (validity, shortest) = (enrolment.validity, shortest_validity(policy));
        if validity < shortest {
            return Err(NotWorkable::Blocked(Obstacle::ValidityTooShort { validity, shortest }));
        }
        Ok(enrolment)
    }

    /// What is allowed and yet not wise: a validity of less than twice the near-expiry window has the key rotated all
    /// the time.
    #[must_use]
    pub fn warning(&self, policy: &Policy) -> Option<String> {
        let wise = policy.near_expiry.saturating_mul(2);
        (self.validity < wise).then(|| {
            format!(
                "a validity of {} days leaves less time between rotations than the {} days for which a version is \
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

    /// The key that the tag names, if it names one.
    fn credential(&self) -> Option<KeyName> {
        self.credential_id.as_deref()?.parse().ok()
    }

    fn enrolment(&self) -> Result<Enrolment, NotWorkable> {
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
        let (Some(account), Some(_), Some(days)) = (account, &self.credential_id, &self.validity_period_days)
        else {
            return Err(NotWorkable::Blocked(Obstacle::TagsIncomplete { missing }));
        };
        let validity = match days.parse::<u32>() {
            Ok(days) if days <= LONGEST_VALIDITY_DAYS => Duration::days(i64::from(days)),
            _ => {
                let text = days.clone();
                let obstacle = Obstacle::TagMalformed { tag: VALIDITY_PERIOD_DAYS, text };
                return Err(NotWorkable::Blocked(obstacle));
            }
        };
        Ok(Enrolment { account, credential: self.credential(), validity })
    }
}

#[cfg(test)]
mod tests;
