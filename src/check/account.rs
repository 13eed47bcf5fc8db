//! Whether the keys of an account can be listed and regenerated, and whether they can be tried on its data plane.

use rotation::{AccountSeen, Failure, Heading, Hint, KeyName, Mode, StorageAccountId};

use super::finding::Finding;
use crate::azure::{AccessKeys, Proof, StorageAccount};
use crate::failure::{failure, refusal};
use crate::observe::account;
use crate::rights::{READ_ACCOUNT, READ_PERMISSIONS, REGENERATE_KEY};
use crate::rotator::Rotator;

/// Checks an account; gives its keys as fingerprints, where they can be listed.
pub(super) async fn check(
    rotator: &Rotator,
    id: &StorageAccountId,
    mode: Mode,
) -> (Option<AccountSeen>, Vec<Finding>) {
    let subject = format!("storage account {}", id.name());
    let properties = match account::see(rotator, id).await {
        Ok(Ok(properties)) => properties,
        Ok(Err(obstacle)) => return (None, vec![Finding::of_obstacle(subject, &obstacle)]),
        Err(failure) => return (None, vec![Finding::of_failure(subject, &failure)]),
    };
    let keys = match account::list_keys(rotator, id).await {
        Ok(Ok(keys)) => keys,
        Ok(Err(obstacle)) => return (None, vec![Finding::of_obstacle(subject, &obstacle)]),
        Err(failure) => return (None, vec![Finding::of_failure(subject, &failure)]),
    };
    let findings = vec![
        regeneration(rotator, id, subject).await.needed_to_write(mode),
        data_plane(rotator, id, &properties, &keys).await,
    ];
    (Some(account::keys_seen(rotator, &keys)), findings)
}

/// Whether a key may be regenerated, without doing it.
async fn regeneration(rotator: &Rotator, id: &StorageAccountId, subject: String) -> Finding {
    match rotator.azure.permissions.missing(id, &[REGENERATE_KEY.action]).await {
        Ok(missing) if missing.is_empty() => Finding::ok(subject, "its keys can be listed and regenerated"),
        Ok(_) => Finding::of_obstacle(subject, &refusal(REGENERATE_KEY, id)),
        // The least role for an account does not show what it allows.
        Err(error) if error.is_forbidden() => Finding::ok(
            subject,
            format!(
                "its keys can be listed; whether they may be regenerated is not to be seen without `{}`",
                READ_PERMISSIONS.action
            ),
        ),
        Err(error) => Finding::of_failure(subject, &failure(&error, READ_PERMISSIONS, id)),
    }
}

/// Whether the account's own endpoint takes one of its keys from here.
async fn data_plane(
    rotator: &Rotator,
    id: &StorageAccountId,
    properties: &StorageAccount,
    keys: &AccessKeys,
) -> Finding {
    let subject = format!("data plane of {}", id.name());
    let key = KeyName::Key1;
    let now = rotator.clock.now();
    match rotator.azure.data_plane.prove(properties, id.name(), &keys.get(key).value, now).await {
        Ok(Proof::Accepted) => Finding::ok(subject, format!("it accepts `{key}`")),
        Ok(Proof::NotYet) => Finding::of_failure(
            subject,
            &Failure::look_again(format!("it does not accept `{key}`, which the account lists")),
        ),
        Ok(Proof::SharedKeyOff) => {
            let what = format!("storage account `{}` does not allow access keys", id.name());
            let hint = format!(
                "allow them again (`az storage account update --ids {id} --allow-shared-key-access true`), or take \
                 the account out of rotation"
            );
            Finding::blocked(subject, what, Hint::new(hint, Heading::Account))
        }
        Ok(Proof::Unreachable { why }) => Finding::warning(
            subject,
            format!("it cannot be reached from here ({why})"),
            Hint::new(
                "let the app through the account's firewall, or live with it: a rotation then waits for a minute \
                 instead of trying a new key",
                Heading::Firewall,
            ),
        ),
        Err(error) => Finding::of_failure(subject, &failure(&error, READ_ACCOUNT, id)),
    }
}
