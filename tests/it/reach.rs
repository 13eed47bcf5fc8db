//! Where holders are looked for, and what proves that none is hidden there.

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{
    ConnectionSetup, DatastoreSetup, Dependent, Grant, HeldKey, KeyName, SasSetup, WorkspaceSetup, World,
};
use time::Duration as Span;

use crate::stage::{ACCOUNT, GROUP, Place, SUBSCRIPTION, Stage, VAULT};

const OTHER_SUBSCRIPTION: &str = "7e2f6ab0-3d0b-4a3e-9f5a-2b7c51d0e4aa";
const MACHINE_LEARNING: &str = "Microsoft.MachineLearningServices/workspaces";
/// What it takes to see every holder in a scope.
const REACH: [&str; 5] = [
    "read",
    "datastores/read",
    "datastores/listSecrets/action",
    "connections/read",
    "connections/listSecrets/action",
];

fn subscription() -> String {
    format!("/subscriptions/{SUBSCRIPTION}")
}

fn group() -> String {
    format!("{}/resourceGroups/{GROUP}", subscription())
}

/// A workspace on the account with one datastore; its cache keeps `key2`.
fn add_workspace(world: &World, place: &Place, subscription: &str, group: &str, name: &str) -> String {
    let setup = WorkspaceSetup::new(subscription, group, name, &place.account_id);
    let id = world.add_workspace(setup.slot(KeyName::Key2).cache(KeyName::Key2));
    world.add_datastore(DatastoreSetup::blob(&id, "one", ACCOUNT, "data"));
    id
}

fn datastore(stage: &Stage, workspace: &str) -> HeldKey {
    stage.held(&Dependent::Datastore { workspace: workspace.to_owned(), name: "one".to_owned() })
}

/// How often the datastores of each workspace were listed.
fn lists_of(stage: &Stage, workspace: &str) -> usize {
    let calls = stage.sandbox.calls().into_iter();
    let of = |url: &str| url.contains(&format!("/workspaces/{workspace}/datastores?"));
    calls.filter(|call| call.operation == "Datastores_List" && of(&call.url)).count()
}

#[tokio::test]
async fn holders_in_two_subscriptions_are_moved_and_what_was_covered_is_said() {
    let scopes = format!("{},/subscriptions/{OTHER_SUBSCRIPTION}", subscription());
    let stage = Stage::start_with(
        |world, place| {
            let far = add_workspace(world, place, OTHER_SUBSCRIPTION, "rg-far", "ws-far");
            world.add_connection(ConnectionSetup::blob(&far, "two", ACCOUNT, "data"));
            let signed = ConnectionSetup::blob(&far, "three", ACCOUNT, "data");
            world.add_connection(signed.holding(SasSetup::container("data")));
            let other = world.add_storage_account(azure_sandbox::AccountSetup::new(
                OTHER_SUBSCRIPTION,
                "rg-far",
                "stother",
            ));
            world.add_workspace(WorkspaceSetup::new(OTHER_SUBSCRIPTION, "rg-far", "ws-other", &other));
        },
        &[("ROTATOR_SCOPES", &scopes)],
    )
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_eq!(
        (stage.datastore("workspaceblobstore"), datastore(&stage, "ws-far")),
        (HeldKey::Key2, HeldKey::Key2)
    );
    let covered = format!(
        "looked at everything in /subscriptions/{SUBSCRIPTION}, /subscriptions/{OTHER_SUBSCRIPTION}: 3 workspaces, 2 of \
         them on this account; 5 holders of its keys: 3 × datastore, 1 × connection, 1 × SAS connection"
    );
    stage.assert_logged("INFO", "look", &covered);
    stage.check();
}

#[tokio::test]
async fn without_scopes_the_account_s_own_subscription_is_searched_and_no_other() {
    let stage = Stage::start(|world, place| {
        let far = WorkspaceSetup::new(OTHER_SUBSCRIPTION, "rg-far", "ws-far", &place.account_id);
        world.add_workspace(far);
    })
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    assert_eq!(lists_of(&stage, "ws-far"), 0);
    stage.assert_logged(
        "INFO",
        "look",
        &format!("looked at everything in {}: 1 workspace, 1 of them", subscription()),
    );
    stage.check();
}

#[tokio::test]
async fn a_group_or_a_workspace_is_a_scope_too() {
    let workspace = format!("{}/providers/{MACHINE_LEARNING}/ws-ml", group());
    for scope in [group(), workspace] {
        let stage = Stage::start_with(
            |world, place| {
                let elsewhere = WorkspaceSetup::new(SUBSCRIPTION, "rg-other", "ws-other", &place.account_id);
                world.add_workspace(elsewhere.slot(KeyName::Key1).cache(KeyName::Key1));
            },
            &[("ROTATOR_SCOPES", &scope)],
        )
        .await;
        stage.near_expiry().await;
        assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
        assert_eq!(stage.datastore("workspaceblobstore"), HeldKey::Key2);
        assert_eq!(lists_of(&stage, "ws-other"), 0);
        let covered = format!("looked at everything in {scope}: 1 workspace, 1 of them on this account");
        stage.assert_logged("INFO", "look", &covered);
        stage.check();
    }
}

#[tokio::test]
async fn a_workspace_in_several_scopes_is_looked_at_once() {
    let workspace = format!("{}/providers/{MACHINE_LEARNING}/WS-ML", group());
    let scopes = format!("{},{},{workspace}", subscription(), group());
    let stage = Stage::start_with(|_, _| {}, &[("ROTATOR_SCOPES", &scopes)]).await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    // Each look asks for the permissions at each of the three scopes.
    assert_eq!(stage.sandbox.call_count("Permissions_List"), 3 * lists_of(&stage, "ws-ml"));
    let covered = ": 1 workspace, 1 of them on this account; 2 holders of its keys: 2 × datastore";
    stage.assert_logged("INFO", "look", covered);
    stage.check();
}

/// One scope after the other, and one missing action after the other, until all have arrived.
#[tokio::test]
async fn each_action_that_is_missing_at_a_scope_blocks_by_its_name_until_the_role_arrives() {
    let everything = || Grant::everything_needed(subscription());
    let workspace = format!("{}/providers/{MACHINE_LEARNING}/ws-ml", group());
    for scope in [subscription(), group(), workspace] {
        let stage = Stage::start_with(|_, _| {}, &[("ROTATOR_SCOPES", &scope)]).await;
        for action in REACH.map(|action| format!("{MACHINE_LEARNING}/{action}")) {
            stage.world().set_grants(vec![everything().without(&action)]);
            stage.near_expiry().await;
            assert_eq!((stage.regenerations(), stage.published()), (0, HeldKey::Key1), "{scope}: {action}");
            let hidden =
                format!("whoever holds a key in `{scope}` may be hidden from us: we lack `{action}`");
            stage.assert_logged("ERROR", "blocked", &hidden);
            let mend = format!("assign the roles \"Reader\" and \"AzureML Data Scientist\" at `{scope}`");
            stage.assert_logged("ERROR", "blocked", &mend);
            assert_eq!(stage.outcomes("Rotate").last(), Some(&InvocationOutcome::Succeeded));
        }
        stage.world().set_grants(vec![everything()]);
        // Datastores whose keys nobody could read were given the published one to be sure, and what they had rests.
        stage.world().age(Span::hours(25));
        stage.near_expiry().await;
        assert_eq!(
            (stage.regenerations(), stage.published()),
            (1, HeldKey::Key2),
            "{scope}\n{}",
            stage.log()
        );
        stage.check();
    }
}

#[tokio::test]
async fn a_role_on_one_workspace_leaves_the_others_out_of_the_list_and_proves_nothing() {
    let stage = Stage::start(|world, place| {
        let hidden = add_workspace(world, place, SUBSCRIPTION, "rg-other", "ws-hidden");
        world.add_datastore(
            DatastoreSetup::blob(&hidden, "alternate", ACCOUNT, "data").holding(KeyName::Key2),
        );
        let vault = format!("{}/providers/Microsoft.KeyVault/vaults/{VAULT}", group());
        let scopes = [&place.workspace_id, &place.account_id, &place.host_storage_id, &vault];
        world.set_grants(scopes.map(Grant::everything_needed).into());
    })
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (0, HeldKey::Key1), "{}", stage.log());
    let missing = REACH.map(|action| format!("`{MACHINE_LEARNING}/{action}`")).join(", ");
    let hidden =
        format!("whoever holds a key in `{}` may be hidden from us: we lack {missing}", subscription());
    stage.assert_logged("ERROR", "blocked", &hidden);
    stage.assert_logged("INFO", "look", "1 workspace, 1 of them on this account");
    assert_eq!(lists_of(&stage, "ws-hidden"), 0);

    stage.world().set_grants(vec![Grant::everything_needed(subscription())]);
    stage.near_expiry().await;
    stage.assert_logged("INFO", "look", "2 workspaces, 2 of them on this account");
    let alternate = Dependent::Datastore { workspace: "ws-hidden".to_owned(), name: "alternate".to_owned() };
    assert_eq!((stage.held(&alternate), stage.regenerations()), (HeldKey::Key1, 0));
    stage.world().age(Span::hours(25));
    stage.near_expiry().await;
    assert_eq!((stage.held(&alternate), stage.published()), (HeldKey::Key2, HeldKey::Key2));
    stage.check();
}

/// Roles say that all may be read, and a deny assignment on one workspace that it may not.
#[tokio::test]
async fn a_single_action_that_is_denied_on_one_workspace_blocks_by_its_name() {
    let stage = Stage::start(|world, place| {
        let denied = add_workspace(world, place, SUBSCRIPTION, "rg-other", "ws-denied");
        let signed = DatastoreSetup::blob(&denied, "signed", ACCOUNT, "data");
        world.add_datastore(signed.holding(SasSetup::container("data")));
        let signed = ConnectionSetup::blob(&denied, "signed", ACCOUNT, "data");
        world.add_connection(signed.holding(SasSetup::container("data")));
    })
    .await;
    let denied = format!("{}/resourceGroups/rg-other/providers/{MACHINE_LEARNING}/ws-denied", subscription());
    let hidden = |action: &str| {
        format!(
            "whoever holds a key in `{denied}` may be hidden from us: we lack `{MACHINE_LEARNING}/{action}`"
        )
    };
    let unreadable = |kind: &str| {
        format!("SAS {kind} `signed` of workspace `ws-denied` may hold the alternate key, and cannot be read")
    };
    for (action, reason) in [
        ("datastores/read", hidden("datastores/read")),
        ("connections/read", hidden("connections/read")),
        ("datastores/listSecrets/action", unreadable("datastore")),
        ("connections/listSecrets/action", unreadable("connection")),
    ] {
        stage.world().deny(&denied, &format!("{MACHINE_LEARNING}/{action}"));
        stage.near_expiry().await;
        assert_eq!((stage.regenerations(), stage.published()), (0, HeldKey::Key1), "{action}");
        stage.assert_logged("ERROR", "blocked", &reason);
        stage.world().deny_nothing();
    }
    // A datastore whose key nobody could read was given the published one to be sure, and what it had rests.
    stage.world().age(Span::hours(25));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_eq!(datastore(&stage, "ws-denied"), HeldKey::Key2);
    stage.check();
}

#[tokio::test]
async fn a_workspace_that_is_a_scope_and_may_not_be_read_blocks_by_its_name() {
    let workspace = format!("{}/providers/{MACHINE_LEARNING}/ws-ml", group());
    let stage = Stage::start_with(
        |world, place| world.deny(&place.workspace_id, &format!("{MACHINE_LEARNING}/read")),
        &[("ROTATOR_SCOPES", &workspace)],
    )
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (0, HeldKey::Key1));
    let hidden = format!(
        "whoever holds a key in `{workspace}` may be hidden from us: we lack `{MACHINE_LEARNING}/read`"
    );
    stage.assert_logged("ERROR", "blocked", &hidden);
    stage.world().deny_nothing();
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.check();
}

/// A hub and its projects work with one account, and each keeps a copy and datastores of its own.
#[tokio::test]
async fn hubs_and_projects_are_workspaces() {
    let names = ["hub", "project-one", "project-two"];
    let stage = Stage::start(|world, place| {
        let workspace = |name| WorkspaceSetup::new(SUBSCRIPTION, GROUP, name, &place.account_id);
        let hub = world.add_workspace(workspace("hub").kind("Hub"));
        let one = world.add_workspace(workspace("project-one").project_of(&hub));
        let two = world.add_workspace(workspace("project-two").project_of(&hub));
        for id in [hub, one, two] {
            world.add_datastore(DatastoreSetup::blob(&id, "one", ACCOUNT, "data").default_datastore());
        }
    })
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    for name in names {
        assert_eq!(datastore(&stage, name), HeldKey::Key2, "{name}");
        let resyncs = stage.writes().into_iter().filter(|call| call.contains(&format!("/{name}/resyncKeys")));
        assert_eq!(resyncs.count(), 2, "with the regeneration, and after its default datastore: {name}");
    }
    stage.assert_logged("INFO", "look", "4 workspaces, 4 of them on this account");
    stage.check();
}
