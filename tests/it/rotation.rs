//! The main job, and what must not make it happen twice.

use std::time::Duration;

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{DatastoreSetup, Dependent, HeldKey, KeyName, SecretSetup, StorageService, World};
use time::{Duration as Span, OffsetDateTime};

use crate::stage::{ACCOUNT, Place, SECRET, Stage, VAULT};

#[tokio::test]
async fn a_near_expiry_event_moves_everybody_to_the_other_key() {
    let stage = Stage::start(|world, place| {
        world.add_datastore(DatastoreSetup::blob(&place.workspace_id, "models", ACCOUNT, "models"));
    })
    .await;
    let (key1, key2) =
        (stage.world().key_value(ACCOUNT, KeyName::Key1), stage.world().key_value(ACCOUNT, KeyName::Key2));
    stage.near_expiry().await;

    let new = stage.world().key_value(ACCOUNT, KeyName::Key2);
    assert_ne!(new.expose(), key2.expose());
    assert_eq!(stage.world().key_value(ACCOUNT, KeyName::Key1).expose(), key1.expose());
    let (value, bundle) = stage.inspector.secret(VAULT, SECRET).await.unwrap();
    assert_eq!(value.expose(), new.expose());
    assert_eq!(bundle["tags"]["CredentialId"], "key2");
    assert_eq!(bundle["tags"]["cost-centre"], "4711");
    assert_eq!(bundle["contentType"], "application/x-key");
    let lifetime = stage.secret().expires.unwrap() - stage.secret().created;
    assert!((lifetime - Span::days(90)).abs() < Span::minutes(1), "{lifetime}");
    for (name, service, container) in [
        ("workspaceblobstore", StorageService::Blob, "data"),
        ("workspacefilestore", StorageService::File, "home"),
        ("models", StorageService::Blob, "models"),
    ] {
        let key = stage.inspector.datastore_key(&stage.place.workspace_id, name).await.unwrap();
        stage.inspector.open(ACCOUNT, service, container, &key).await.unwrap();
        assert_eq!(key.expose(), new.expose(), "{name}");
    }
    let cached = stage.inspector.cached_key(&stage.place.workspace_id).await.unwrap();
    assert_eq!(cached.expose(), new.expose());
    assert_eq!((stage.regenerations(), stage.secret().versions), (1, 2));
    let exposure = stage.world().exposure();
    let cache = Dependent::WorkspaceCache { workspace: "ws-ml".to_owned() };
    assert_eq!(exposure.keys().collect::<Vec<_>>(), [&cache]);
    assert_eq!(stage.outcomes("SecretNearExpiry"), [InvocationOutcome::Succeeded]);
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);
    stage.assert_logged("INFO", "publish", "published `key2`");
    stage.check();
}

#[tokio::test]
async fn a_rotation_keeps_its_order() {
    let resync = Duration::from_millis(300);
    let slow = |world: &World, _: &Place| world.adjust(|behaviour| behaviour.resync_duration = resync);
    let stage = Stage::start_in(slow, |_| Vec::new(), Duration::from_millis(80)).await;
    stage.near_expiry().await;
    let calls = stage.sandbox.calls();
    let times = |operation: &str| -> Vec<OffsetDateTime> {
        calls.iter().filter(|call| call.operation == operation).map(|call| call.at).collect()
    };
    let (regenerated, published) = (times("StorageAccounts_RegenerateKey")[0], times("SetSecret")[0]);
    let resynced = times("Workspaces_ResyncKeys");
    assert_eq!(resynced.len(), 2);
    // In the same breath: before the look that comes after it has come to its end.
    let next_look = times("StorageAccounts_ListKeys").into_iter().find(|at| regenerated < *at).unwrap();
    assert!(regenerated < resynced[0] && resynced[0] < next_look);
    assert!(resynced[0] + resync <= published);
    let moves: Vec<_> = calls.iter().filter(|call| call.operation == "Datastores_CreateOrUpdate").collect();
    assert!(published < moves[0].at && moves[0].url.contains("/workspaceblobstore?"));
    assert!(moves.iter().all(|call| call.at < resynced[1]));
    stage.check();
}

#[tokio::test]
async fn duplicates_one_after_the_other_do_it_once() {
    let stage = Stage::start(|_, _| {}).await;
    let announced = stage.secret();
    stage
        .event_grid
        .deliver(announced.event(azure_sandbox::event_grid::SecretEventKind::NearExpiry).to_json(), 3)
        .await
        .unwrap();
    stage.settle().await;
    stage.near_expiry().await;
    assert_eq!(stage.published(), HeldKey::Key2);
    assert_eq!((stage.regenerations(), stage.secret().versions), (1, 2));
    assert!(stage.outcomes("Rotate").len() >= 2);
    stage.check();
}

#[tokio::test]
async fn an_event_for_an_old_version_changes_nothing() {
    let stage = Stage::start(|_, _| {}).await;
    let old = stage.secret();
    stage.near_expiry().await;
    stage.sandbox.clear_calls();
    stage.announce(&old).await;
    stage.settle().await;
    assert_eq!(stage.writes(), Vec::<String>::new());
    assert_eq!(stage.secret().versions, 2);
    stage.check();
}

#[tokio::test]
async fn a_target_that_is_not_due_is_left_as_it_is() {
    let stage = Stage::start(|world, _| world.age(-Span::days(20))).await;
    stage.near_expiry().await;
    assert_eq!(stage.writes(), Vec::<String>::new());
    stage.assert_logged("INFO", "decide", "up to date until");
    stage.check();
}

#[tokio::test]
async fn a_holder_of_the_alternate_is_moved_and_the_key_rests_before_it_dies() {
    let stage = Stage::start(|world, place| {
        let stray =
            DatastoreSetup::blob(&place.workspace_id, "stray", ACCOUNT, "data").holding(KeyName::Key2);
        world.add_datastore(stray);
    })
    .await;
    stage.near_expiry().await;
    assert_eq!(stage.datastore("stray"), HeldKey::Key1);
    assert_eq!(stage.regenerations(), 0);
    stage.assert_logged("INFO", "decide", "wait until");
    stage.world().age(Span::hours(25));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    assert_eq!(stage.datastore("stray"), HeldKey::Key2);
    stage.check();
}

#[tokio::test]
async fn a_holder_without_a_date_leaves_one_on_the_secret() {
    let stage = Stage::start(|world, place| {
        let stray =
            DatastoreSetup::blob(&place.workspace_id, "stray", ACCOUNT, "data").holding(KeyName::Key2);
        world.add_datastore(stray.undated());
    })
    .await;
    stage.near_expiry().await;
    assert_eq!(stage.datastore("stray"), HeldKey::Key1);
    let secret = stage.secret();
    assert!(secret.tags.contains_key("HoldersMovedAt"), "{:?}", secret.tags);
    assert_eq!((secret.versions, secret.tags["cost-centre"].as_str(), stage.regenerations()), (1, "4711", 0));
    stage.check();
}

#[tokio::test]
async fn a_handler_that_is_killed_in_the_middle_is_taken_up_again() {
    let stage = Stage::start(|world, _| {
        world.adjust(|behaviour| behaviour.resync_duration = Duration::from_secs(2));
    })
    .await;
    stage.announce(&stage.secret()).await;
    stage.until("a regeneration", |stage| stage.regenerations() == 1).await;
    let killed = stage.host.handler_process_id();
    stage.host.kill_handler().await;
    stage.until("another handler", |stage| stage.host.handler_process_id() != killed).await;
    // Nobody is left to renew or release the lease.
    stage.world().age(Span::minutes(1));
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.published(), stage.secret().versions), (1, HeldKey::Key2, 2));
    assert_eq!(stage.datastore("workspaceblobstore"), HeldKey::Key2);
    stage.check();
}

#[tokio::test]
async fn a_data_plane_that_is_slow_to_accept_the_new_key_is_waited_for() {
    let stage = Stage::start(|world, _| {
        world.adjust(|behaviour| behaviour.data_plane_lag = Duration::from_secs(2));
    })
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    let at =
        |operation: &str| stage.sandbox.calls().iter().find(|call| call.operation == operation).unwrap().at;
    assert!(Span::seconds(2) <= at("SetSecret") - at("StorageAccounts_RegenerateKey"));
    stage.check();
}

#[tokio::test]
async fn a_resync_that_fails_stops_nothing_else_and_the_message_comes_back() {
    let stage = Stage::start(|world, place| world.fail_resyncs(&place.workspace_id, true)).await;
    stage.announce(&stage.secret()).await;
    stage.until("the failure", |stage| stage.log().contains("failed at `kv-ml/storage-key`")).await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    assert_eq!(stage.datastore("workspacefilestore"), HeldKey::Key2);
    stage.world().fail_resyncs(&stage.place.workspace_id, false);
    stage.settle().await;
    stage.assert_logged("WARN", "failed", "failed to resync the keys of workspace `ws-ml`");
    assert!(matches!(stage.outcomes("Rotate").first(), Some(InvocationOutcome::Failed(_))));
    assert_eq!(stage.outcomes("Rotate").last(), Some(&InvocationOutcome::Succeeded));
    assert_eq!((stage.regenerations(), stage.secret().versions), (1, 2));
    stage.check();
}

#[tokio::test]
async fn the_mode_observe_reports_and_writes_nothing() {
    let stage = Stage::start_with(|_, _| {}, &[("ROTATOR_MODE", "observe")]).await;
    stage.near_expiry().await;
    assert_eq!(stage.writes(), Vec::<String>::new());
    stage.assert_logged("INFO", "done", "to regenerate `key2` and resync 1 workspace: due, and nobody holds it; not done, because the mode is `observe`");
    stage.check();
}

#[tokio::test]
async fn more_datastores_than_a_page_holds_are_all_moved() {
    let stage = Stage::start(|world, place| {
        for number in 0..65 {
            let name = format!("more_{number}");
            world.add_datastore(DatastoreSetup::blob(&place.workspace_id, &name, ACCOUNT, "data"));
        }
    })
    .await;
    stage.near_expiry().await;
    for number in 0..65 {
        assert_eq!(stage.datastore(&format!("more_{number}")), HeldKey::Key2);
    }
    stage.check();
}

#[tokio::test]
async fn a_version_that_is_published_during_a_look_is_not_what_dies() {
    let stage = Stage::start_in(|_, _| {}, |_| Vec::new(), Duration::from_millis(40)).await;
    stage.announce(&stage.secret()).await;
    // Here the secret was read already, and the keys are yet to be.
    stage.until("the look", |stage| stage.sandbox.call_count("Permissions_List") == 1).await;
    let by_hand = SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key2)
        .tag("CredentialId", "key2")
        .tag("ProviderAddress", stage.place.account_id.as_str())
        .tag("ValidityPeriodDays", "90")
        .expires_in(Span::days(90));
    stage.world().put_secret_outside(by_hand);
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.published(), stage.secret().versions), (0, HeldKey::Key2, 2));
    assert_eq!(stage.datastore("workspaceblobstore"), HeldKey::Key2);
    stage.assert_logged("WARN", "failed", "got a new version while we looked or worked");
    stage.check();
}

/// Settings of an app outside Azure, which has no managed identity.
pub(crate) fn application(world: &World, client_secret: &str) -> Vec<(String, String)> {
    let principal = world.principal();
    let settings = [
        ("IDENTITY_ENDPOINT", ""),
        ("IDENTITY_HEADER", ""),
        ("AZURE_TENANT_ID", &principal.tenant_id),
        ("AZURE_CLIENT_ID", &principal.client_id),
        ("AZURE_CLIENT_SECRET", client_secret),
    ];
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

#[tokio::test]
async fn outside_azure_the_secret_of_an_application_will_do() {
    let furnish = |world: &World, _: &Place| world.set_client_secret("FAKE_CLIENT_SECRET");
    let stage =
        Stage::start_in(furnish, |world| application(world, "FAKE_CLIENT_SECRET"), Duration::ZERO).await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    assert_eq!(stage.sandbox.call_count("ManagedIdentity_Token"), 0);
    assert!(!stage.log().contains("FAKE_CLIENT_SECRET"));
    stage.check();
}

#[tokio::test]
async fn a_wrong_secret_of_an_application_is_said() {
    let furnish = |world: &World, _: &Place| world.set_client_secret("FAKE_CLIENT_SECRET");
    let stage =
        Stage::start_in(furnish, |world| application(world, "FAKE_WRONG_SECRET"), Duration::ZERO).await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (0, HeldKey::Key1));
    stage.assert_logged("ERROR", "blocked", "no access token");
    stage.assert_logged("ERROR", "blocked", "correct `AZURE_TENANT_ID`");
    assert!(!stage.log().contains("FAKE_WRONG_SECRET"));
    stage.check();
}
