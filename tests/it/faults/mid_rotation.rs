//! What somebody does to the account or to our roles in the middle of a rotation.

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{Fault, Grant, HeldKey, World};

use super::{regenerations, rotated_once};
use crate::stage::{ACCOUNT, SUBSCRIPTION, Stage};

/// A rotation during which the world changes when the operation is called for the first time.
async fn meanwhile(operation: &str, change: impl Fn(&World) + Send + Sync + 'static) -> Stage {
    let stage = Stage::start(|_, _| {}).await;
    let rule = stage.sandbox.faults().add(Fault::on(operation).nth(1).change_world(change));
    stage.near_expiry().await;
    assert_eq!(rule.hits(), 1);
    stage
}

/// Asserts that the rotation came so far, that a person is told what to mend, and that the next sweep finishes it then.
async fn blocked_until_mended(
    stage: Stage,
    (regenerated, published): (usize, HeldKey),
    said: [&str; 2],
    mend: impl FnOnce(&World),
) {
    assert_eq!(
        (regenerations(&stage), stage.published()),
        (regenerated, published),
        "{}",
        stage.masked_log()
    );
    assert_eq!(stage.outcomes("Rotate").last(), Some(&InvocationOutcome::Succeeded));
    for text in said {
        stage.assert_logged("ERROR", "blocked", text);
    }
    mend(stage.world());
    stage.sweep().await;
    rotated_once(&stage);
}

#[tokio::test]
async fn a_lock_that_comes_before_the_regeneration_blocks_until_it_is_gone() {
    let stage = meanwhile("StorageAccounts_RegenerateKey", |world| world.lock_account(ACCOUNT, true)).await;
    let said = ["a ReadOnly lock on storage account `stml`", "az lock list"];
    blocked_until_mended(stage, (0, HeldKey::Key1), said, |world| world.lock_account(ACCOUNT, false)).await;
}

#[tokio::test]
async fn keys_that_are_switched_off_after_the_regeneration_block_until_they_are_on() {
    let stage =
        meanwhile("StorageAccounts_RegenerateKey", |world| world.allow_shared_key(ACCOUNT, Some(false)))
            .await;
    let said = ["storage account `stml` does not allow access keys", "--allow-shared-key-access"];
    let mend = |world: &World| world.allow_shared_key(ACCOUNT, Some(true));
    blocked_until_mended(stage, (1, HeldKey::Key1), said, mend).await;
}

#[tokio::test]
async fn roles_that_are_taken_away_in_the_middle_block_until_they_are_back() {
    let everything = || Grant::everything_needed(format!("/subscriptions/{SUBSCRIPTION}"));
    for (operation, action, so_far) in [
        (
            "StorageAccounts_RegenerateKey",
            "Microsoft.Storage/storageAccounts/regenerateKey/action",
            (0, HeldKey::Key1),
        ),
        ("SetSecret", "Microsoft.KeyVault/vaults/secrets/setSecret/action", (1, HeldKey::Key1)),
        (
            "Datastores_CreateOrUpdate",
            "Microsoft.MachineLearningServices/workspaces/datastores/write",
            (1, HeldKey::Key2),
        ),
    ] {
        let stage =
            meanwhile(operation, move |world| world.set_grants(vec![everything().without(action)])).await;
        blocked_until_mended(stage, so_far, [action, "assign the role"], |world| {
            world.set_grants(vec![everything()]);
        })
        .await;
    }
}
