//! What mends an obstacle.

use super::{Obstacle, days_and_time, quoted, whole_days};
use crate::tags::{COMPROMISED, HOLDERS_MOVED_AT, PROVIDER_ADDRESS};
use crate::{Heading, Hint};

impl Obstacle {
    /// What mends it.
    #[must_use]
    pub fn hint(&self) -> Hint {
        Hint::new(self.mend(), self.heading())
    }

    /// The part of `docs/troubleshooting.md` about it.
    const fn heading(&self) -> Heading {
        match self {
            Self::MissingRole { .. } | Self::ReachUnproven { .. } => Heading::Role,
            Self::VaultFirewall => Heading::Firewall,
            Self::OwnHostStorage(_) => Heading::OwnStorage,
            Self::SecretNotFound | Self::SecretDisabled => Heading::Secret,
            Self::AccountNotNamed
            | Self::TagsIncomplete { .. }
            | Self::TagMalformed { .. }
            | Self::ValidityTooShort { .. }
            | Self::AccountContradicted { .. } => Heading::Tags,
            Self::AccountNotFound(_) | Self::ReadOnlyLock(_) | Self::SharedKeyOff { .. } => Heading::Account,
            Self::NeitherKey(_) | Self::NotAKey(_) => Heading::NeitherKey,
            Self::BothKeysLeaked(_) => Heading::Leak,
            Self::AnotherSecret(_) | Self::AnotherDeclared(_) | Self::OtherReadersHold(_) => {
                Heading::TwoSecrets
            }
            Self::Unseen(_) | Self::NotListed { .. } | Self::NotSurveyed => Heading::Unseen,
            Self::HolderHolds(..)
            | Self::HolderTooLong { .. }
            | Self::HolderMayHold(..)
            | Self::HolderUnreadable(..)
            | Self::HolderNotEntitled { .. } => Heading::Holder,
            Self::OverlapNotOver { .. } | Self::HolderJustWritten { .. } | Self::HoldersJustMoved { .. } => {
                Heading::Rest
            }
            Self::NoProgress(_) => Heading::Defect,
        }
    }

    /// The role, scope, setting or command that mends it.
    fn mend(&self) -> String {
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
            Self::TagMalformed { tag, .. } if *tag == COMPROMISED => {
                format!("set the tag `{tag}` to `key1` or `key2`, whichever leaked, or remove it if none did")
            }
            Self::TagMalformed { tag, .. } if *tag == PROVIDER_ADDRESS => format!(
                "remove the tag `{tag}` if the secret is to hold the key that is declared for it; declare another \
                 secret if this one belongs to somebody else"
            ),
            Self::TagMalformed { tag, .. } if *tag == HOLDERS_MOVED_AT => {
                format!("remove the tag `{tag}` a day after the last holder was moved by hand")
            }
            Self::TagMalformed { tag, .. } => format!("set the tag `{tag}` to a whole number of days"),
            Self::ValidityTooShort { shortest, .. } => {
                format!("set the tag `ValidityPeriodDays` to {} or more", whole_days(*shortest))
            }
            Self::NeitherKey(account) => format!(
                "somebody regenerated a key or edited the secret: publish a live key as a new version of the secret \
                 (`az storage account keys list --ids {account}` shows both), with the same tags; or declare the \
                 secret in `ROTATOR_TARGETS`, and that is done for you"
            ),
            Self::NotAKey(account) => format!(
                "see what it is that the secret holds; if it may go, publish a live key in its place \
                 (`az storage account keys list --ids {account}` shows both), else take the secret out of \
                 `ROTATOR_TARGETS` or the tags off it"
            ),
            Self::BothKeysLeaked(account) => format!(
                "regenerate the key that fewer holders have (`az storage account keys renew --ids {account}`), and \
                 take its name off the tag `{COMPROMISED}`"
            ),
            Self::AccountContradicted { .. } => format!(
                "correct `ROTATOR_TARGETS`, or remove the tag `{PROVIDER_ADDRESS}` if the secret really is to hold a \
                 key of the declared account"
            ),
            Self::ReachUnproven { scope, missing_permissions } => format!(
                "assign the roles \"Reader\" and \"AzureML Data Scientist\" at `{scope}`, or one that allows {}; a new \
                 assignment may take up to an hour to work",
                quoted(missing_permissions)
            ),
            Self::Unseen(_) => "nothing: it is tried again".to_owned(),
            Self::NotListed { scope, .. } => {
                format!("see what is wrong with `{scope}`, and mend or delete it")
            }
            Self::AnotherSecret(other) => format!(
                "keep one secret for each account: take the three tags off `{other}` and have its readers read this \
                 one, or declare in `ROTATOR_TARGETS` which one counts"
            ),
            Self::AnotherDeclared(other) => {
                format!(
                    "keep one secret for each account: take this one or `{other}` out of `ROTATOR_TARGETS`"
                )
            }
            Self::OtherReadersHold(other) => format!(
                "have the readers of `{other}` read this secret instead, then delete it or take the three tags off it"
            ),
            Self::NotSurveyed => "nothing: the next look is a whole one".to_owned(),
            Self::HolderTooLong { holder, key, longest } => format!(
                "register a token with {holder} that `{}` signed, with a start (`st`) and an end (`se`) no more than {} \
                 apart; or lengthen the account's SAS expiration period",
                key.alternate(),
                days_and_time(*longest)
            ),
            Self::HolderHolds(holder, key) if holder.kind.is_signed() => {
                let published = key.alternate();
                format!(
                    "sign the token of {holder} anew with `{published}`, with the same permissions and end, and \
                     register it; or give it an identity instead"
                )
            }
            Self::HolderHolds(holder, _) => format!("register the published key with {holder}"),
            Self::HolderMayHold(holder, _) => format!(
                "give {holder} a token for the whole account, container or share, or an identity instead, or delete it"
            ),
            Self::HolderUnreadable(holder, _) if holder.kind.is_signed() => {
                format!("register a token with {holder} that the published key signed, or delete it")
            }
            Self::HolderUnreadable(holder, _) => {
                format!("register the published key with {holder}, or delete it")
            }
            Self::HolderNotEntitled { holder, .. } => format!(
                "register the published key with {holder} once, if it is to have it: from then on it is moved like any \
                 other; else delete it, and find out who made it"
            ),
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
