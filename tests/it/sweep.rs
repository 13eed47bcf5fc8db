//! The hourly sweep: nothing depends on an event, and no vault on another.

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{DatastoreSetup, Grant, HeldKey, KeyName, SecretSetup, VaultSetup};
use time::Duration;

use crate::stage::{ACCOUNT, GROUP, SUBSCRIPTION, Stage, VAULT};

async fn sweep(stage: &Stage) {
    stage.host.fire_timer("Sweep").await.unwrap();
    stage.settle().await;
}

#[tokio::test]
async fn a_target_whose_event_was_missed_is_rotated() {
    let stage = Stage::start(|world, _| {
        world.put_secret(SecretSetup::of_value(VAULT, "password", "FAKE_PASSWORD"));
    })
    .await;
    sweep(&stage).await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded], "what has no tags is not enqueued");
    stage.assert_logged("INFO", "sweep", "swept 1 vault of `ROTATOR_VAULTS`: enqueued 1 target");
    stage.assert_logged("INFO", "publish", "asked by the daily sweep");
    stage.check();
}

#[tokio::test]
async fn what_had_to_wait_is_taken_up_again() {
    let stage = Stage::start(|world, place| {
        let stray = DatastoreSetup::blob(&place.workspace_id, "stray", ACCOUNT, "data");
        world.add_datastore(stray.holding(KeyName::Key2));
    })
    .await;
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 0);
    sweep(&stage).await;
    assert_eq!(stage.regenerations(), 0, "the key that it was moved off has not rested yet");
    stage.world().age(Duration::hours(25));
    sweep(&stage).await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn a_vault_that_may_not_be_listed_stands_in_nobody_else_s_way() {
    let stage = Stage::start_with(
        |world, _| {
            world.add_vault(VaultSetup::new(SUBSCRIPTION, GROUP, "kv-first"));
            // Another secret of the account may be hidden in a vault that cannot be listed, so nothing is regenerated.
            world.age(-Duration::days(20));
            let list = "Microsoft.KeyVault/vaults/secrets/readMetadata/action";
            let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}");
            let vault = |name: &str| format!("{group}/providers/Microsoft.KeyVault/vaults/{name}");
            world.set_grants(vec![
                Grant::everything_needed(format!("/subscriptions/{SUBSCRIPTION}")).without(list),
                Grant::everything_needed(vault(VAULT)),
            ]);
        },
        &[("ROTATOR_VAULTS", "kv-first,kv-ml")],
    )
    .await;
    sweep(&stage).await;
    assert_eq!(stage.outcomes("Sweep"), [InvocationOutcome::Succeeded]);
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);
    stage.assert_logged(
        "ERROR",
        "blocked",
        "left out a vault: failed to list the secrets of key vault `kv-first`",
    );
    stage.assert_logged("INFO", "sweep", "swept 2 vaults of `ROTATOR_VAULTS`: enqueued 1 target");
    stage.check();
}
