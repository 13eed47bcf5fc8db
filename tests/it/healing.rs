//! A secret that holds neither key. The second look comes half a minute after the first by the clock of the machine, so
//! that all cases are played at once, each on a stage of its own.

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{Dependent, HeldKey, KeyName, SecretSetup, World};
use time::Duration;
use tokio::join;

use crate::stage::{ACCOUNT, Place, SECRET, Stage, VAULT, declaration, target_secret};

fn regenerated_by_hand(world: &World, _: &Place) {
    world.regenerate_outside(ACCOUNT, KeyName::Key1);
}

/// The secret was rotated once: its first version holds `key2`.
fn with_an_earlier_version(world: &World, place: &Place) {
    world.purge_secret_outside(VAULT, SECRET);
    world
        .put_secret(SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key2).made_ago(Duration::days(121)));
    world.put_secret(target_secret(VAULT, SECRET, &place.account_id));
}

fn assert_blocked(stage: &Stage, reason: &str) {
    assert_eq!(stage.writes(), Vec::<String>::new());
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);
    stage.assert_logged("ERROR", "blocked", reason);
}

async fn a_declared_secret_is_healed() {
    let stage = Stage::start_declared(regenerated_by_hand, &[declaration(SECRET)]).await;
    stage.near_expiry().await;
    let secret = stage.secret();
    assert_eq!((stage.published(), secret.versions, stage.regenerations()), (HeldKey::Key1, 2, 0));
    assert_eq!((secret.tags["CredentialId"].as_str(), secret.tags["cost-centre"].as_str()), ("key1", "4711"));
    let lifetime = secret.expires.unwrap() - secret.created;
    assert!((lifetime - Duration::days(90)).abs() < Duration::minutes(2), "{lifetime}");
    for name in ["workspaceblobstore", "workspacefilestore"] {
        assert_eq!(stage.datastore(name), HeldKey::Key1, "{name}");
    }
    let cache = stage.held(&Dependent::WorkspaceCache { workspace: "ws-ml".to_owned() });
    assert_eq!(cache, HeldKey::Key2);
    stage.assert_logged("INFO", "decide", "look again at");
    stage.assert_logged("INFO", "publish", "because the secret holds neither key");
    stage.check();
}

async fn the_key_that_most_holders_hold_is_published() {
    let furnish = |world: &World, place: &Place| {
        regenerated_by_hand(world, place);
        world.set_datastore_key_outside(&place.workspace_id, "workspacefilestore", ACCOUNT, KeyName::Key2);
    };
    let stage = Stage::start_declared(furnish, &[declaration(SECRET)]).await;
    stage.near_expiry().await;
    assert_eq!((stage.published(), stage.regenerations()), (HeldKey::Key2, 0));
    assert_eq!(stage.datastore("workspaceblobstore"), HeldKey::Key2);
    stage.check();
}

async fn a_secret_with_an_earlier_version_that_is_live_is_healed() {
    let furnish = |world: &World, place: &Place| {
        with_an_earlier_version(world, place);
        regenerated_by_hand(world, place);
    };
    let stage = Stage::start(furnish).await;
    stage.near_expiry().await;
    assert_eq!((stage.published(), stage.secret().versions, stage.regenerations()), (HeldKey::Key1, 3, 0));
    stage.check();
}

async fn a_key_that_was_made_by_hand_blocks_where_nothing_tells_that_the_secret_was_ours() {
    let stage = Stage::start(regenerated_by_hand).await;
    stage.near_expiry().await;
    assert_blocked(&stage, "holds neither of the two keys of storage account `stml`");
    stage.check();
}

async fn a_secret_that_never_held_a_live_key_pulls_none() {
    let furnish = |world: &World, place: &Place| {
        world.purge_secret_outside(VAULT, SECRET);
        let bogus = SecretSetup::of_value(VAULT, SECRET, format!("{}A==", "B".repeat(85)));
        world.put_secret(
            bogus
                .tag("CredentialId", "key1")
                .tag("ProviderAddress", place.account_id.as_str())
                .tag("ValidityPeriodDays", "90"),
        );
    };
    let stage = Stage::start(furnish).await;
    stage.near_expiry().await;
    assert_blocked(&stage, "holds neither of the two keys of storage account `stml`");
    stage.check();
}

async fn what_is_no_key_at_all_is_not_written_over() {
    let furnish = |world: &World, place: &Place| {
        with_an_earlier_version(world, place);
        world.put_secret_outside(
            SecretSetup::of_value(VAULT, SECRET, "FAKE_PASSWORD")
                .tag("CredentialId", "key1")
                .tag("ProviderAddress", place.account_id.as_str())
                .tag("ValidityPeriodDays", "90"),
        );
    };
    let stage = Stage::start_declared(furnish, &[declaration(SECRET)]).await;
    stage.near_expiry().await;
    assert_blocked(&stage, "nor anything that has the form of an access key");
    stage.check();
}

#[tokio::test]
async fn a_secret_that_holds_neither_key_is_healed_where_it_is_ours() {
    join!(
        a_declared_secret_is_healed(),
        the_key_that_most_holders_hold_is_published(),
        a_secret_with_an_earlier_version_that_is_live_is_healed(),
        a_key_that_was_made_by_hand_blocks_where_nothing_tells_that_the_secret_was_ours(),
        a_secret_that_never_held_a_live_key_pulls_none(),
        what_is_no_key_at_all_is_not_written_over(),
    );
}
