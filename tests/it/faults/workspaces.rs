//! Workspaces that vanish, and resyncs that go wrong. How long one is watched is tested in process.

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{Dependent, Fault, HeldKey, WorkspaceSetup};

use super::{first_failure, regenerations, rotated_once};
use crate::stage::{GROUP, SUBSCRIPTION, Stage};

#[tokio::test]
async fn a_workspace_that_is_deleted_in_mid_rotation_is_missed_by_nobody() {
    for operation in ["Workspaces_ResyncKeys", "Datastores_List", "Workspaces_ListStorageAccountKeys"] {
        let stage = Stage::start(|world, place| {
            world.add_workspace(WorkspaceSetup::new(SUBSCRIPTION, GROUP, "ws-gone", &place.account_id));
        })
        .await;
        let gone = stage.place.workspace_id.replace("ws-ml", "ws-gone");
        let rule = Fault::on(operation).address("/workspaces/ws-gone/").nth(1);
        let rule = rule.change_world(move |world| world.delete_workspace_outside(&gone));
        let rule = stage.sandbox.faults().add(rule);
        stage.near_expiry().await;
        assert_eq!(rule.hits(), 1, "{operation}");
        rotated_once(&stage);
    }
}

/// Whether a failed resync says so in a body or by a status, it may pass.
#[tokio::test]
async fn a_resync_that_ends_as_failed_stops_nothing_else_and_brings_the_message_back() {
    for in_a_body in [true, false] {
        let stage = Stage::start(|world, place| {
            world.adjust(|behaviour| behaviour.resync_async_operation = in_a_body);
            world.fail_resyncs(&place.workspace_id, true);
        })
        .await;
        stage.announce(&stage.secret()).await;
        first_failure(&stage).await;
        assert_eq!((regenerations(&stage), stage.datastore("workspacefilestore")), (1, HeldKey::Key2));
        stage.assert_logged("WARN", "failed", "failed to resync the keys of workspace `ws-ml`");
        stage.world().fail_resyncs(&stage.place.workspace_id, false);
        stage.settle().await;
        let cache = Dependent::WorkspaceCache { workspace: "ws-ml".to_owned() };
        assert_eq!(stage.held(&cache), HeldKey::Key2);
        rotated_once(&stage);
    }
}

#[tokio::test]
async fn a_resync_that_fails_for_want_of_a_right_is_left_to_a_person_and_started_again_by_the_next_sweep() {
    let stage = Stage::start(|world, place| {
        world.adjust(|behaviour| behaviour.resync_async_operation = true);
        world.fail_resyncs(&place.workspace_id, true);
    })
    .await;
    let rule = Fault::on("Workspaces_ResyncKeysStatus").edit_answer(|answer| {
        if answer["status"] == "Failed" {
            answer["error"]["code"] = "AuthorizationFailed".into();
        }
    });
    let rule = stage.sandbox.faults().add(rule);
    stage.announce(&stage.secret()).await;
    stage.until("the end of the first run", |stage| stage.lines("INFO", "done").len() == 1).await;
    assert!(rule.hits() > 0);
    assert_eq!((regenerations(&stage), stage.datastore("workspacefilestore")), (1, HeldKey::Key2));
    stage.assert_logged("ERROR", "blocked", "failed to resync the keys of workspace `ws-ml`");
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);
    stage.world().fail_resyncs(&stage.place.workspace_id, false);
    stage.sweep().await;
    let cache = Dependent::WorkspaceCache { workspace: "ws-ml".to_owned() };
    assert_eq!(stage.held(&cache), HeldKey::Key2);
    rotated_once(&stage);
}

/// One workspace among two: the other one is synchronised all the same.
#[tokio::test]
async fn one_workspace_that_cannot_be_resynced_does_not_stop_the_other() {
    let stage = Stage::start(|world, place| {
        world.add_workspace(WorkspaceSetup::new(SUBSCRIPTION, GROUP, "ws-stuck", &place.account_id));
    })
    .await;
    let rule = Fault::on("Workspaces_ResyncKeys").address("/workspaces/ws-stuck/").answer(500);
    let rule = stage.sandbox.faults().add(rule);
    stage.announce(&stage.secret()).await;
    first_failure(&stage).await;
    let cache = Dependent::WorkspaceCache { workspace: "ws-ml".to_owned() };
    assert_eq!((stage.held(&cache), stage.datastore("workspaceblobstore")), (HeldKey::Key2, HeldKey::Key2));
    stage.assert_logged("WARN", "failed", "failed to resync the keys of workspace `ws-stuck`");
    assert!(rule.remove() > 0);
    stage.settle().await;
    assert_eq!(stage.outcomes("Rotate").last(), Some(&InvocationOutcome::Succeeded));
    rotated_once(&stage);
}
