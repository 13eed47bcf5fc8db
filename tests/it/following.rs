//! A resync that gives system datastores the key of their workspace, whatever they were given.

use azure_sandbox::{Dependent, HeldKey, KeyName, World};
use time::Duration;

use crate::stage::{ACCOUNT, Place, Stage};

fn resyncs_write(world: &World, _: &Place) {
    world.adjust(|behaviour| behaviour.resync_rewrites_system_datastores = true);
}

/// The workspace takes `key2` at each resync.
#[tokio::test]
async fn what_a_resync_takes_back_follows_its_workspace_from_rotation_to_rotation_and_is_never_on_a_dead_key()
{
    let stage = Stage::start(resyncs_write).await;
    let cache = Dependent::WorkspaceCache { workspace: "ws-ml".to_owned() };
    for published in [HeldKey::Key2, HeldKey::Key1, HeldKey::Key2, HeldKey::Key1] {
        stage.sandbox.clear_calls();
        stage.near_expiry().await;
        assert_eq!((stage.regenerations(), stage.published()), (1, published));
        assert_eq!(
            (stage.held(&cache), stage.datastore("workspaceblobstore")),
            (HeldKey::Key2, HeldKey::Key2)
        );
        // By the clocks the first write may have been before the publish; the next one was not.
        stage.world().age(Duration::HOUR);
        stage.sweep().await;
        stage.sandbox.clear_calls();
        stage.sweep().await;
        let default =
            stage.writes().into_iter().filter(|call| call.contains("/datastores/workspaceblobstore?"));
        assert_eq!(
            (default.count(), stage.sandbox.call_count("Workspaces_ResyncKeys")),
            (0, 0),
            "it is left alone"
        );
        assert_eq!(stage.datastore("workspacefilestore"), published, "what no resync writes now is moved");
        let exposed: Vec<Dependent> = stage.world().exposure().into_keys().collect();
        assert!(exposed.iter().all(|dependent| *dependent == cache), "{exposed:?}");
        stage.check();
        stage.world().age(Duration::days(61));
    }
}

#[tokio::test]
async fn somebody_who_registers_the_workspace_s_key_is_not_taken_for_a_resync() {
    let stage = Stage::start(|_, _| {}).await;
    stage.near_expiry().await;
    stage.world().age(Duration::days(1));
    // The alternate is `key1`, and so is what the workspace takes.
    stage.near_expiry().await;
    stage.world().set_datastore_key_outside(
        &stage.place.workspace_id,
        "workspaceblobstore",
        ACCOUNT,
        KeyName::Key1,
    );
    stage.world().age(Duration::days(60));
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 1, "it was moved, and the key it had rests");
    assert_eq!(stage.datastore("workspaceblobstore"), HeldKey::Key2);
    stage.world().age(Duration::hours(25));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (2, HeldKey::Key1));
    stage.check();
}
