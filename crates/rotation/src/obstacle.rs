//! What stands in the way, and what mends it.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::quoted::Quoted;
use crate::tags::{CREDENTIAL_ID, HOLDERS_MOVED_AT};
use crate::{HolderId, KeyName, Scope, SecretId, StorageAccountId};

/// Something that a person has to mend. [`Display`](fmt::Display) says what is wrong, [`Obstacle::hint`] what mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// There is no such secret, or it is soft-deleted.
    SecretNotFound,
    /// The secret is disabled.
    SecretDisabled,
    /// The vault's firewall turns us away.
    VaultFirewall,
    /// The secret names no storage account, so none was looked at.
    AccountNotNamed,
    /// There is no such account.
    AccountNotFound(StorageAccountId),
    /// A `ReadOnly` lock on the account, its group or its subscription.
    ReadOnlyLock(StorageAccountId),
    /// The account refuses access keys.
    SharedKeyOff {
        /// The account.
        account: StorageAccountId,
        /// The service that refuses them; `None` when all do.
        service: Option<&'static str>,
    },
    /// Azure refuses an action for want of a role.
    MissingRole {
        /// What was refused.
        action: String,
        /// Where.
        scope: String,
        /// A role that allows it.
        role: &'static str,
    },
    /// The account is the one that this function app itself works with, by an access key.
    OwnHostStorage(StorageAccountId),
    /// Some of the three tags are there and others are not.
    TagsIncomplete {
        /// The tags that are not there.
        missing: Vec<&'static str>,
    },
    /// A tag does not say what it should.
    TagMalformed {
        /// Which.
        tag: &'static str,
        /// What it says.
        text: String,
    },
    /// `ValidityPeriodDays` would make the key rotate in a loop.
    ValidityTooShort {
        /// What the tag says.
        validity: Duration,
        /// What it has to say at least.
        shortest: Duration,
    },
    /// The secret holds neither of the account's keys.
    NeitherKey(StorageAccountId),
    /// `CredentialId` names the key that the secret does not hold.
    OtherKeyNamed {
        /// The key that the tag names.
        named: KeyName,
        /// The key that the secret holds.
        held: KeyName,
    },
    /// The version has no expiry.
    NoExpiry,
    /// Lists at this scope may leave holders out.
    ReachUnproven {
        /// Where.
        scope: Scope,
        /// What we may not do there.
        missing_permissions: Vec<String>,
    },
    /// A list at this scope was refused, for this reason, and may have held holders.
    NotListed {
        /// Where.
        scope: Scope,
        /// Why.
        why: String,
    },
    /// Another secret is tagged for the same account, and its readers may hold the key that would be regenerated.
    AnotherSecret(SecretId),
    /// Nobody has looked for holders directly before.
    NotSurveyed,
    /// A holder holds the key that would be regenerated.
    HolderHolds(HolderId, KeyName),
    /// A holder may hold the key that would be regenerated.
    HolderMayHold(HolderId),
    /// A holder could not be read, and may hold the key that would be regenerated.
    HolderUnreadable(HolderId, String),
    /// The overlap since the last publish is not over.
    OverlapNotOver {
        /// When it is.
        until: OffsetDateTime,
    },
    /// A holder was written too short a while ago.
    HolderJustWritten {
        /// Which.
        holder: HolderId,
        /// By whom.
        by: String,
        /// When the key that it may have held has rested.
        until: OffsetDateTime,
    },
    /// Holders without a date of their own were moved too short a while ago.
    HoldersJustMoved {
        /// When the key that they held has rested.
        until: OffsetDateTime,
    },
    /// The same decision came again on the same observation.
    NoProgress(String),
}

impl Obstacle {
    /// The role, scope, setting or command that mends it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::SecretNotFound => {
                "recover the secret if it was deleted by mistake (`az keyvault secret recover`); \
                 if it was deleted on purpose, there is nothing to do"
                    .to_owned()
            }
            Self::SecretDisabled => {
                "enable it: `az keyvault secret set-attributes --enabled true`".to_owned()
            }
            Self::VaultFirewall => {
                "let the function app through the vault's firewall, or join it to the vault's network"
                    .to_owned()
            }
            Self::AccountNotNamed => "put the tag `ProviderAddress` on the secret".to_owned(),
            Self::AccountNotFound(_) => {
                "correct the tag `ProviderAddress`, or delete the secret if the account is gone for good"
                    .to_owned()
            }
            Self::ReadOnlyLock(account) => {
                format!("remove the lock: `az lock list --resource {account}` names it")
            }
            Self::SharedKeyOff { account, .. } => format!(
                "delete the secret and move its readers to identities, or allow access keys again: \
                 `az storage account update --ids {account} --allow-shared-key-access true`"
            ),
            Self::MissingRole { action, scope, role } => format!(
                "assign the role \"{role}\" at `{scope}`, or one that allows `{action}`; a new assignment may take \
                 up to an hour to work"
            ),
            Self::OwnHostStorage(_) => {
                "let the function app reach its own storage by identity (`AzureWebJobsStorage__accountName`) \
                 instead of a connection string"
                    .to_owned()
            }
            Self::TagsIncomplete { missing } => format!("add to the secret: {}", quoted(missing)),
            Self::TagMalformed { tag, .. } if *tag == CREDENTIAL_ID => {
                format!("set the tag `{tag}` to `key1` or `key2`, whichever the secret holds")
            }
            Self::TagMalformed { tag, .. } if *tag == HOLDERS_MOVED_AT => {
                format!("remove the tag `{tag}` a day after the last holder was moved by hand")
            }
            Self::TagMalformed { tag, .. } => format!("set the tag `{tag}` to a whole number of days"),
            Self::ValidityTooShort { shortest, .. } => {
                format!("set the tag `ValidityPeriodDays` to {} or more", whole_days(*shortest))
            }
            Self::NeitherKey(account) => format!(
                "somebody regenerated a key or edited the secret: publish a live key as a new version of the secret \
                 (`az storage account keys list --ids {account}` shows both), with the same tags"
            ),
            Self::OtherKeyNamed { held, .. } => format!("set the tag `CredentialId` to `{held}`"),
            Self::NoExpiry => {
                "set an expiry on the current version: `az keyvault secret set-attributes --expires`"
                    .to_owned()
            }
            Self::ReachUnproven { scope, missing_permissions } => format!(
                "assign the roles \"Reader\" and \"AzureML Data Scientist\" at `{scope}`, or one that allows {}; a new \
                 assignment may take up to an hour to work",
                quoted(missing_permissions)
            ),
            Self::NotListed { scope, .. } => {
                format!("see what is wrong with `{scope}`, and mend or delete it")
            }
            Self::AnotherSecret(other) => format!(
                "keep one secret for each account: take the three tags off `{other}` and have its readers read this one"
            ),
            Self::NotSurveyed => "nothing: the next look is a whole one".to_owned(),
            Self::HolderHolds(holder, _) => format!("register the published key with {holder}"),
            Self::HolderMayHold(holder) => {
                format!("give {holder} an identity or an account key instead, or delete it")
            }
            Self::HolderUnreadable(holder, _) => {
                format!("register the published key with {holder}, or delete it")
            }
            Self::OverlapNotOver { .. } => {
                "wait, or find out who published a version so close to its end".to_owned()
            }
            Self::HolderJustWritten { by, .. } => {
                format!("find out why `{by}` writes it again and again, and stop it")
            }
            Self::HoldersJustMoved { .. } => {
                "find out who registers the alternate key again and again, and stop it".to_owned()
            }
            Self::NoProgress(_) => "report this as a defect, with the lines before this one".to_owned(),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretNotFound => formatter.write_str("the secret does not exist, or is soft-deleted"),
            Self::SecretDisabled => formatter.write_str("the secret is disabled"),
            Self::VaultFirewall => formatter.write_str("the key vault's firewall turns us away"),
            Self::AccountNotNamed => formatter.write_str("the secret names no storage account"),
            Self::AccountNotFound(account) => {
                write!(formatter, "storage account `{}` does not exist ({account})", account.name())
            }
            Self::ReadOnlyLock(account) => write!(
                formatter,
                "a ReadOnly lock on storage account `{}`, its resource group or its subscription forbids to list \
                 and to regenerate its keys",
                account.name()
            ),
            Self::SharedKeyOff { account, service: None } => {
                write!(formatter, "storage account `{}` does not allow access keys", account.name())
            }
            Self::SharedKeyOff { account, service: Some(service) } => write!(
                formatter,
                "the {service} service of storage account `{}` does not allow access keys",
                account.name()
            ),
            Self::MissingRole { action, scope, .. } => {
                write!(formatter, "we may not `{action}` at `{scope}`")
            }
            Self::OwnHostStorage(account) => write!(
                formatter,
                "storage account `{}` is the function app's own (`AzureWebJobsStorage`), reached with the key that \
                 would be rotated",
                account.name()
            ),
            Self::TagsIncomplete { missing } => {
                write!(formatter, "the secret has some of the three tags, but not {}", quoted(missing))
            }
            Self::TagMalformed { tag, text } => {
                write!(formatter, "the tag `{tag}` of the secret is malformed: {}", Quoted(text))
            }
            Self::ValidityTooShort { validity, .. } => write!(
                formatter,
                "`ValidityPeriodDays` of {} would rotate the key in a loop",
                whole_days(*validity)
            ),
            Self::NeitherKey(account) => write!(
                formatter,
                "the secret holds neither of the two keys of storage account `{}`",
                account.name()
            ),
            Self::OtherKeyNamed { named, held } => {
                write!(formatter, "the secret holds `{held}`, but its tag `CredentialId` names `{named}`")
            }
            Self::NoExpiry => formatter.write_str("the current version of the secret has no expiry"),
            Self::ReachUnproven { scope, missing_permissions } => write!(
                formatter,
                "whoever holds a key in `{scope}` may be hidden from us: we lack {}",
                quoted(missing_permissions)
            ),
            Self::NotListed { scope, why } => {
                write!(formatter, "whoever holds a key in `{scope}` is hidden from us: {why}")
            }
            Self::AnotherSecret(other) => {
                write!(
                    formatter,
                    "the secret `{other}` stands for the same storage account, and holds one of its keys"
                )
            }
            Self::NotSurveyed => formatter.write_str("nobody looked for holders directly before"),
            Self::HolderHolds(holder, key) => write!(formatter, "{holder} still holds `{key}`"),
            Self::HolderMayHold(holder) => write!(formatter, "{holder} may hold the alternate key"),
            Self::HolderUnreadable(holder, why) => {
                write!(formatter, "{holder} may hold the alternate key, and cannot be read: {why}")
            }
            Self::OverlapNotOver { until } => {
                write!(formatter, "both keys must work until {}", Instant(*until))
            }
            Self::HolderJustWritten { holder, by, until } => write!(
                formatter,
                "{holder} was last written by `{by}`; the alternate key rests until {}",
                Instant(*until)
            ),
            Self::HoldersJustMoved { until } => write!(
                formatter,
                "holders were moved off the alternate key; it rests until {}",
                Instant(*until)
            ),
            Self::NoProgress(decision) => {
                write!(formatter, "no progress: to {decision} changed nothing that can be seen")
            }
        }
    }
}

/// A point in time as people read it; all of them are UTC.
pub(crate) struct Instant(pub(crate) OffsetDateTime);

impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole_second = self.0.replace_nanosecond(0).unwrap_or(self.0);
        formatter.write_str(&whole_second.format(&Rfc3339).unwrap_or_else(|_| self.0.to_string()))
    }
}

fn whole_days(duration: Duration) -> String {
    let days = duration.whole_days();
    if duration == Duration::days(days) { format!("{days} days") } else { format!("{} days", days + 1) }
}

fn quoted(names: &[impl fmt::Display]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ACCOUNT, NOW, holder};
    use crate::{Held, Name};

    #[test]
    fn a_key_that_somebody_pasted_into_a_tag_is_not_quoted() {
        let key = format!("{}==", "A".repeat(86));
        let obstacle = Obstacle::TagMalformed { tag: "CredentialId", text: key.clone() };
        assert!(!obstacle.to_string().contains(&key[..10]) && obstacle.to_string().contains("88 characters"));
        assert!(
            !crate::IgnoreReason::AnotherRotator { provider_address: key.clone() }
                .to_string()
                .contains(&key[..10])
        );
    }

    #[test]
    fn a_message_names_its_subject_and_its_mend() {
        let account: StorageAccountId = ACCOUNT.parse().unwrap();
        let id = || holder("blob", Held::EitherKey).id;
        let scope = Scope::Subscription(Name::new("s"));
        let until = NOW;
        for (obstacle, subject, mend) in [
            (Obstacle::SecretNotFound, "secret", "recover"),
            (Obstacle::SecretDisabled, "secret", "--enabled true"),
            (Obstacle::VaultFirewall, "vault", "firewall"),
            (Obstacle::AccountNotNamed, "account", "ProviderAddress"),
            (Obstacle::AccountNotFound(account.clone()), "stml", "ProviderAddress"),
            (Obstacle::ReadOnlyLock(account.clone()), "stml", "az lock list"),
            (
                Obstacle::SharedKeyOff { account: account.clone(), service: None },
                "stml",
                "--allow-shared-key-access",
            ),
            (
                Obstacle::SharedKeyOff { account: account.clone(), service: Some("blob") },
                "blob",
                "allow access keys",
            ),
            (
                Obstacle::MissingRole { action: "a/read".to_owned(), scope: "/s".to_owned(), role: "Reader" },
                "`a/read` at `/s`",
                "\"Reader\" at `/s`",
            ),
            (Obstacle::OwnHostStorage(account.clone()), "stml", "AzureWebJobsStorage__accountName"),
            (Obstacle::TagsIncomplete { missing: vec!["CredentialId"] }, "`CredentialId`", "`CredentialId`"),
            (Obstacle::TagMalformed { tag: "CredentialId", text: "k".to_owned() }, "`k`", "`key1` or `key2`"),
            (
                Obstacle::TagMalformed { tag: "ValidityPeriodDays", text: "x".to_owned() },
                "`x`",
                "number of days",
            ),
            (Obstacle::TagMalformed { tag: "HoldersMovedAt", text: "x".to_owned() }, "`x`", "remove the tag"),
            (
                Obstacle::ValidityTooShort {
                    validity: Duration::days(7),
                    shortest: Duration::hours(24 * 38 + 1),
                },
                "7 days",
                "39 days or more",
            ),
            (Obstacle::NeitherKey(account), "stml", "publish a live key"),
            (Obstacle::OtherKeyNamed { named: KeyName::Key1, held: KeyName::Key2 }, "`key2`", "`key2`"),
            (Obstacle::NoExpiry, "no expiry", "--expires"),
            (
                Obstacle::ReachUnproven { scope, missing_permissions: vec!["x/read".to_owned()] },
                "`x/read`",
                "`x/read`",
            ),
            (
                Obstacle::NotListed { scope: Scope::Subscription(Name::new("s")), why: "400".to_owned() },
                "`/subscriptions/s` is hidden from us: 400",
                "`/subscriptions/s`",
            ),
            (Obstacle::AnotherSecret(SecretId::new("kv-ml", "two").unwrap()), "`kv-ml/two`", "`kv-ml/two`"),
            (Obstacle::NotSurveyed, "holders", "next look"),
            (Obstacle::HolderHolds(id(), KeyName::Key2), "datastore `blob` of workspace `ws`", "blob"),
            (Obstacle::HolderMayHold(id()), "blob", "identity"),
            (Obstacle::HolderUnreadable(id(), "403".to_owned()), "403", "blob"),
            (Obstacle::OverlapNotOver { until }, "2026-11-24T12:00:00Z", "wait"),
            (Obstacle::HolderJustWritten { holder: id(), by: "job".to_owned(), until }, "`job`", "`job`"),
            (Obstacle::HoldersJustMoved { until }, "2026-11-24T12:00:00Z", "find out who"),
            (Obstacle::NoProgress("publish".to_owned()), "publish", "defect"),
        ] {
            let (message, hint) = (obstacle.to_string(), obstacle.hint());
            assert!(message.contains(subject), "{message}");
            assert!(hint.contains(mend), "{hint}");
            assert!(
                !message.ends_with('.') && !message.contains("  ") && !hint.contains("  "),
                "{message}; {hint}"
            );
        }
    }
}
