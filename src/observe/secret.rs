//! The secret of a target: its current version, and what the versions before it hold.

use futures::{StreamExt, TryStreamExt, stream};
use rotation::{
    COMPROMISED, Failure, Fingerprint, HOLDERS_MOVED_AT, LeakedKeys, Obstacle, SecretId, SecretSeen, Tags,
};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::survey::AT_ONCE;
use crate::azure::{AzureError, ListedVersion, StoredSecret};
use crate::failure::{failure, refusal};
use crate::rights::{GET_SECRET, LIST_SECRETS};
use crate::rotator::Rotator;

/// Reads the current version.
pub(crate) async fn see(
    rotator: &Rotator,
    target: &SecretId,
) -> Result<Result<SecretSeen, Obstacle>, Failure> {
    let stored = match rotator.azure.key_vaults.get(target).await {
        Ok(stored) => stored,
        Err(error) if error.is_not_found() => return Ok(Err(Obstacle::SecretNotFound)),
        Err(error) if error.is_secret_disabled() => return Ok(Err(Obstacle::SecretDisabled)),
        Err(error) if error.is_behind_firewall() => return Ok(Err(Obstacle::VaultFirewall)),
        Err(error) if error.is_forbidden() => return Ok(Err(refusal(GET_SECRET, target))),
        Err(error) => return Err(failure(&error, GET_SECRET, target)),
    };
    let Some(published_at) = stored.created else {
        let version = &stored.version;
        let what = format!("the vault does not say when version {version} of `{target}` was made");
        return Err(Failure::look_again(what));
    };
    Ok(seen(rotator, &stored, published_at))
}

fn seen(
    rotator: &Rotator,
    stored: &StoredSecret,
    published_at: OffsetDateTime,
) -> Result<SecretSeen, Obstacle> {
    let tag = |name: &str| stored.tags.get(name).cloned();
    let malformed = |tag: &'static str, text: String| Obstacle::TagMalformed { tag, text };
    let holders_moved_at = match tag(HOLDERS_MOVED_AT) {
        None => None,
        Some(text) => {
            Some(OffsetDateTime::parse(&text, &Rfc3339).map_err(|_| malformed(HOLDERS_MOVED_AT, text))?)
        }
    };
    let compromised = match tag(COMPROMISED) {
        None => LeakedKeys::NONE,
        Some(text) => text.parse().map_err(|_| malformed(COMPROMISED, text))?,
    };
    Ok(SecretSeen {
        version: stored.version.clone(),
        value: rotator.fingerprint_key.fingerprint(&stored.value),
        has_key_form: stored.value.has_key_form(),
        published_at,
        updated_at: stored.updated,
        expires: stored.expires,
        tags: Tags::read(tag),
        compromised,
        holders_moved_at,
        earlier: Vec::new(),
    })
}

/// What the versions of a secret hold but for this one, as far as they can be read. One that may not be read, or is
/// disabled, tells nothing.
///
/// # Errors
///
/// When the vault did not answer as it should; a missing role is none.
pub(super) async fn earlier(
    rotator: &Rotator,
    secret: &SecretId,
    current: &str,
) -> Result<Vec<Fingerprint>, Failure> {
    let versions = match rotator.azure.key_vaults.list_versions(secret).await {
        Ok(versions) => versions,
        Err(error) if error.is_passing() => return Err(failure(&error, LIST_SECRETS, secret)),
        Err(_) => return Ok(Vec::new()),
    };
    let readable = |listed: &ListedVersion| listed.is_enabled && listed.version != current;
    let reads: Vec<_> =
        versions.into_iter().filter(readable).map(|listed| value(rotator, secret, listed.version)).collect();
    let values: Vec<Option<Fingerprint>> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    Ok(values.into_iter().flatten().collect())
}

async fn value(
    rotator: &Rotator,
    secret: &SecretId,
    version: String,
) -> Result<Option<Fingerprint>, Failure> {
    match rotator.azure.key_vaults.get_version(secret, &version).await {
        Ok(stored) => Ok(Some(rotator.fingerprint_key.fingerprint(&stored.value))),
        Err(error) => unread(&error, secret),
    }
}

/// A fault that passes fails the look; what cannot be read for good tells nothing.
fn unread(error: &AzureError, secret: &SecretId) -> Result<Option<Fingerprint>, Failure> {
    if error.is_passing() { Err(failure(error, GET_SECRET, secret)) } else { Ok(None) }
}
