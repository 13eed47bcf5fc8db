//! Whether somebody else rotates the same key.
//!
//! Key Vault does not say who made a version, and who else is called by a vault's events is not to be seen with the
//! rights that a rotation needs: that takes the vault's resource id and a right to read Event Grid's subscriptions. What
//! is seen is what another rotator leaves behind:
//!
//! - the two live keys, published one after the other within the overlap. We never do that, unless a key leaked: the one
//!   who publishes second has regenerated a key that readers of the version before still had the right to use;
//! - a key that was published within the overlap before the current version, not long ago, and is dead: a second
//!   deployment of this program with a lease store of its own leaves nothing else behind, and so does a person;
//! - tags that only other rotators write;
//! - an end of the current version that is not the one we give. Microsoft's sample in PowerShell has our three tags and
//!   lets a version live as long as `ValidityPeriodDays` from its own making; we count from the making of the key.
//!   Whoever moves over from it finds this once, and nevermore after the first rotation of ours.

use std::collections::BTreeMap;

use rotation::{
    AccountSeen, Enrolment, Failure, Heading, Hint, LeakedKeys, Obstacle, OtherSecret, Policy, SecretId,
    SecretSeen, expiry,
};
use time::Duration;

use super::finding::Finding;
use crate::failure::failure;
use crate::observe::other_secrets;
use crate::rights::{GET_SECRET, LIST_SECRETS};
use crate::rotator::Rotator;
use crate::targets::Target;

/// Tags of other rotators, each with the name of the one that writes it.
///
/// Source: the code of dotnet/dnceng `src/SecretManager` and of Azure/azure-sdk-tools `tools/secret-management`.
const FOREIGN_TAGS: [(&str, &str); 3] = [
    ("currentKey", ".NET's SecretManager"),
    ("RevokeAfter", "the secret management of the Azure SDK's tools"),
    ("rotation-complete", "the secret management of the Azure SDK's tools"),
];
/// The vault keeps whole seconds.
const ROUNDING: Duration = Duration::seconds(2);
const FIND_OUT: &str = "`az eventgrid event-subscription list --source-resource-id` with the id of the vault names whom it \
                        calls for `SecretNearExpiry`: delete all such subscriptions but ours";

/// Checks a target whose secret and keys are to be seen.
pub(super) async fn check(
    rotator: &Rotator,
    target: &Target,
    enrolment: &Enrolment,
    secret: &SecretSeen,
    keys: &AccountSeen,
) -> Finding {
    let subject = format!("other rotators of {}", target.id);
    match other_secrets(rotator, target, enrolment, keys, &subject).await {
        Ok(None) => {}
        Ok(Some(finding)) | Err(finding) => return finding,
    }
    match published_lately(rotator, &target.id, secret, keys).await {
        Ok(None) => {}
        Ok(Some(Lately::DeadKey)) => {
            let what = format!(
                "a key that was published within the overlap of {} hours before the current version is dead: somebody else \
                 regenerated it, and whoever read it was on a dead key",
                rotator.policy.overlap.whole_hours()
            );
            let hint = format!(
                "if it was no person, look for a second deployment, with other host storage, that has this vault in its \
                 `ROTATOR_VAULTS`, and for other rotators: {FIND_OUT}"
            );
            return Finding::warning(subject, what, Hint::new(hint, Heading::Rival));
        }
        Ok(Some(Lately::BothLiveKeys)) => {
            let what = format!(
                "both live keys were published within the overlap of {} hours: somebody else rotates it as well, and \
                 whoever read the version before may be on a dead key",
                rotator.policy.overlap.whole_hours()
            );
            return Finding::blocked(subject, what, Hint::new(FIND_OUT, Heading::Rival));
        }
        Err(failure) => return Finding::of_failure(subject, &failure),
    }
    let tags = target.listed.as_ref().map(|listed| &listed.tags);
    if let Some((tag, rotator)) = tags.and_then(foreign_tag) {
        let what = format!("the tag `{tag}` is one of {rotator}");
        let hint = "take the target out of that rotator, and the tag off the secret";
        return Finding::warning(subject, what, Hint::new(hint, Heading::Rival));
    }
    if !ends_by_our_policy(enrolment, secret, keys, &rotator.policy) {
        let what = "the current version was not published by us, or its end was moved since";
        let hint = format!("if another rotator published it, see that it is gone: {FIND_OUT}");
        return Finding::warning(subject, what, Hint::new(hint, Heading::Rival));
    }
    Finding::ok(subject, "no trace of any")
}

/// Another secret for the same account that counts, as a rotation sees it.
async fn other_secrets(
    rotator: &Rotator,
    target: &Target,
    enrolment: &Enrolment,
    keys: &AccountSeen,
    subject: &str,
) -> Result<Option<Finding>, Finding> {
    let account = &enrolment.account;
    let declared = other_secrets::declared(rotator, &target.id, account);
    if let Some(OtherSecret { id, .. }) = declared.into_iter().next() {
        return Ok(Some(if target.declared.is_some() {
            Finding::of_obstacle(subject, &Obstacle::AnotherDeclared(id))
        } else {
            let what = format!("it is left alone: `{id}` is declared for the same storage account");
            let hint = format!("have its readers read `{id}`, then delete it or take the three tags off it");
            Finding::warning(subject, what, Hint::new(hint, Heading::TwoSecrets))
        }));
    }
    // What hides them was found at the vault.
    let mut hidden = Vec::new();
    let tagged = other_secrets::tagged(rotator, &target.id, account, &mut hidden).await;
    let tagged = tagged.map_err(|failure| Finding::of_failure(subject, &failure))?;
    Ok(tagged.into_iter().find(|other| other.counts(keys)).map(|OtherSecret { id, .. }| {
        if target.declared.is_some() {
            let obstacle = Obstacle::OtherReadersHold(id);
            Finding::warning(subject, obstacle.to_string(), obstacle.hint())
        } else {
            Finding::of_obstacle(subject, &Obstacle::AnotherSecret(id))
        }
    }))
}

/// What a version says of a rival that was published less than the overlap before the current one.
enum Lately {
    /// It holds the other live key.
    BothLiveKeys,
    /// It holds a key that is dead by now.
    DeadKey,
}

/// For how long a dead key is told of.
const TOLD_FOR: Duration = Duration::days(7);

/// What the versions say that were published less than the overlap before the current one.
async fn published_lately(
    rotator: &Rotator,
    target: &SecretId,
    secret: &SecretSeen,
    keys: &AccountSeen,
) -> Result<Option<Lately>, Failure> {
    let Some(published) = keys.name_of(secret.value).filter(|_| secret.compromised == LeakedKeys::NONE)
    else {
        return Ok(None);
    };
    let vaults = &rotator.azure.key_vaults;
    let versions = vaults.list_versions(target).await;
    let versions = versions.map_err(|error| failure(&error, LIST_SECRETS, target))?;
    let since = secret.published_at.saturating_sub(rotator.policy.overlap);
    let told_since = rotator.clock.now() - TOLD_FOR;
    let mut found = None;
    let lately = versions.iter().filter(|listed| listed.is_enabled && listed.version != secret.version);
    for listed in lately.filter(|listed| listed.created.is_some_and(|created| since < created)) {
        let stored = vaults.get_version(target, &listed.version).await;
        let stored = stored.map_err(|error| failure(&error, GET_SECRET, target))?;
        match keys.name_of(rotator.fingerprint_key.fingerprint(&stored.value)) {
            Some(name) if name == published.alternate() => return Ok(Some(Lately::BothLiveKeys)),
            None if stored.value.has_key_form() && listed.created.is_some_and(|at| told_since < at) => {
                found = Some(Lately::DeadKey);
            }
            Some(_) | None => {}
        }
    }
    Ok(found)
}

fn foreign_tag(tags: &BTreeMap<String, String>) -> Option<(&'static str, &'static str)> {
    FOREIGN_TAGS.into_iter().find(|(tag, _)| tags.contains_key(*tag))
}

/// Whether the version ends when we would have it end; one without an end is about to get ours.
fn ends_by_our_policy(
    enrolment: &Enrolment,
    secret: &SecretSeen,
    keys: &AccountSeen,
    policy: &Policy,
) -> bool {
    let (Some(ends), Some(published)) = (secret.expires, keys.name_of(secret.value)) else { return true };
    let age_start = keys.key(published).created.unwrap_or(secret.published_at);
    let ours = expiry(age_start, secret.published_at, enrolment.validity, policy);
    (ends - ours).abs() <= ROUNDING
}
