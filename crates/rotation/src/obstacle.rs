//! What stands in the way, and what mends it.

mod hint;

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::quoted::Quoted;
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
    /// What the secret holds has not the form of an access key.
    NotAKey(StorageAccountId),
    /// The secret holds neither key, and both leaked.
    BothKeysLeaked(StorageAccountId),
    /// The secret holds no key of the account that is declared for it, and its tag names another account.
    AccountContradicted {
        /// The account that is declared.
        declared: StorageAccountId,
        /// The one that the tag names.
        tagged: StorageAccountId,
    },
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
    /// Something could not be looked at just now, and may hold the key that would be regenerated, or hide who does. It says
    /// what, and why. That passes: no person is needed.
    Unseen(String),
    /// Another secret is tagged for the same account and holds one of its keys, and neither is declared.
    AnotherSecret(SecretId),
    /// Another secret is declared for the same account, as this one is.
    AnotherDeclared(SecretId),
    /// The readers of another secret, which is not declared, hold or may hold the key that would be regenerated.
    OtherReadersHold(SecretId),
    /// Nobody has looked for holders directly before.
    NotSurveyed,
    /// A holder holds the key that would be regenerated.
    HolderHolds(HolderId, KeyName),
    /// A holder has a token by the key that would be regenerated, which cannot be signed anew: it is valid for longer
    /// than the account's policy lets in.
    HolderTooLong {
        /// Which.
        holder: HolderId,
        /// The key that signed its token.
        key: KeyName,
        /// The longest that a token may be valid.
        longest: Duration,
    },
    /// A holder may hold the key that would be regenerated, for this reason.
    HolderMayHold(HolderId, String),
    /// A holder could not be read, and may hold the key that would be regenerated.
    HolderUnreadable(HolderId, String),
    /// A holder outside of the account's own workspaces has no key of it that works, and is not given one.
    HolderNotEntitled {
        /// Which.
        holder: HolderId,
        /// Who wrote it last, where Azure says so.
        by: Option<String>,
    },
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
    /// Whether it passes by itself, so that the next look may not find it any more.
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Unseen(_))
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
            Self::NotAKey(account) => write!(
                formatter,
                "the secret holds neither of the two keys of storage account `{}`, nor anything that has the form of \
                 an access key",
                account.name()
            ),
            Self::BothKeysLeaked(account) => write!(
                formatter,
                "the secret holds neither of the two keys of storage account `{}`, and both of them leaked",
                account.name()
            ),
            Self::AccountContradicted { declared, tagged } => write!(
                formatter,
                "the secret is declared for storage account `{}`, holds none of its keys, and is tagged for `{}`",
                declared.name(),
                tagged.name()
            ),
            Self::ReachUnproven { scope, missing_permissions } => write!(
                formatter,
                "whoever holds a key in `{scope}` may be hidden from us: we lack {}",
                quoted(missing_permissions)
            ),
            Self::Unseen(what) => write!(formatter, "not everything was to be seen: {what}"),
            Self::NotListed { scope, why } => {
                write!(formatter, "whoever holds a key in `{scope}` is hidden from us: {why}")
            }
            Self::AnotherSecret(other) => {
                write!(
                    formatter,
                    "the secret `{other}` stands for the same storage account, and holds one of its keys"
                )
            }
            Self::AnotherDeclared(other) => {
                write!(formatter, "the secret `{other}` is declared for the same storage account as well")
            }
            Self::OtherReadersHold(other) => write!(
                formatter,
                "the secret `{other}` is tagged for the same storage account, and holds or may hold the alternate key"
            ),
            Self::NotSurveyed => formatter.write_str("nobody looked for holders directly before"),
            Self::HolderHolds(holder, key) => write!(formatter, "{holder} still holds `{key}`"),
            Self::HolderTooLong { holder, key, longest } => write!(
                formatter,
                "{holder} still holds `{key}`, and its token is not signed anew: it says no start, or is valid for longer \
                 than the {} that the account's policy (`sasPolicy`, action Block) lets in",
                days_and_time(*longest)
            ),
            Self::HolderMayHold(holder, why) => {
                write!(formatter, "{holder} may hold the alternate key: {why}")
            }
            Self::HolderUnreadable(holder, why) => {
                write!(formatter, "{holder} may hold the alternate key, and cannot be read: {why}")
            }
            Self::HolderNotEntitled { holder, by } => write!(
                formatter,
                "{holder} holds neither of the two keys, was last written by {}, and its workspace works with another \
                 account: it is not given a key",
                by.as_ref().map_or_else(|| "nobody knows whom".to_owned(), |by| format!("`{by}`"))
            ),
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

/// As Azure writes it: `DD.HH:MM:SS`.
fn days_and_time(duration: Duration) -> String {
    let (hours, minutes, seconds) =
        (duration.whole_hours() % 24, duration.whole_minutes() % 60, duration.whole_seconds() % 60);
    format!("{}.{hours:02}:{minutes:02}:{seconds:02}", duration.whole_days())
}

fn quoted(names: &[impl fmt::Display]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
