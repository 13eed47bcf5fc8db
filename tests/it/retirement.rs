//! A key that has served is made useless, where that is wanted.

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{DatastoreSetup, Dependent, HeldKey, KeyName, World};
use time::Duration;

use crate::stage::{ACCOUNT, Place, Stage};

const RETIRING: &[(&str, &str)] = &[("ROTATOR_RETIRE", "true"), ("ROTATOR_RETIRE_AFTER", "7d")];

/// Published eleven days ago.
fn served(world: &World, _: &Place) {
    world.age(-Duration::days(50));
}

#[tokio::test]
async fn the_old_key_dies_a_week_after_the_last_use_that_is_known() {
    let stage = Stage::start_with(served, RETIRING).await;
    let old = stage.world().key_value(ACCOUNT, KeyName::Key2);
    stage.sweep().await;
    assert_eq!((stage.regenerations(), stage.published(), stage.secret().versions), (1, HeldKey::Key1, 1));
    assert_ne!(stage.world().key_value(ACCOUNT, KeyName::Key2).expose(), old.expose());
    let cache = stage.held(&Dependent::WorkspaceCache { workspace: "ws-ml".to_owned() });
    assert_eq!(cache, HeldKey::Key2, "the workspace took the new one");
    stage.assert_logged("INFO", "regenerate", "its time is over, and nobody holds it");
    stage.sweep().await;
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 1, "once");
    stage.check();
}

/// A workspace that keeps the old key until then is no reason to send the message again.
#[tokio::test]
async fn the_last_look_waits_for_a_resync_that_takes_its_time() {
    let slow = |world: &World, place: &Place| {
        served(world, place);
        world.adjust(|behaviour| behaviour.resync_duration = std::time::Duration::from_secs(1));
    };
    let stage = Stage::start_with(slow, RETIRING).await;
    stage.sweep().await;
    assert_eq!(stage.regenerations(), 1);
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);
    stage.check();
}

#[tokio::test]
async fn a_retired_key_is_not_taken_for_one_that_was_made_for_the_next_rotation() {
    let stage = Stage::start_with(served, RETIRING).await;
    stage.sweep().await;
    stage.world().age(Duration::days(50));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (2, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn nothing_is_retired_unless_that_is_wanted_nor_before_its_time() {
    let stage = Stage::start(served).await;
    stage.sweep().await;
    assert_eq!(stage.writes(), Vec::<String>::new());
    stage.check();

    let written_lately = |world: &World, place: &Place| {
        served(world, place);
        world.set_datastore_key_outside(&place.workspace_id, "workspacefilestore", ACCOUNT, KeyName::Key1);
    };
    let stage = Stage::start_with(written_lately, RETIRING).await;
    stage.sweep().await;
    assert_eq!(stage.writes(), Vec::<String>::new());
    stage.check();
}

#[tokio::test]
async fn nothing_is_retired_that_somebody_holds() {
    let held = |world: &World, place: &Place| {
        let mut unknown = DatastoreSetup::blob(&place.workspace_id, "odd", ACCOUNT, "data");
        unknown = unknown.field("datastoreType", serde_json::json!("AzureUnheardOf"));
        world.add_datastore(unknown.holding(KeyName::Key2));
        served(world, place);
    };
    let stage = Stage::start_with(held, RETIRING).await;
    stage.sweep().await;
    assert_eq!(stage.regenerations(), 0);
    stage.check();
}
