//! The roles that `infra/` gives are enough: the handler runs with exactly those that a snapshot shows, each at its scope.

use azure_sandbox::{ConnectionSetup, DatastoreSetup, Grant, HeldKey, Holding, KeyName, SasSetup, World};
use serde_json::{Value, json};
use time::Duration;

use crate::stage::{ACCOUNT, Place, SECRET, SUBSCRIPTION, Stage, VAULT, declaration};

/// Where the snapshots are evaluated for.
const EVALUATED_FOR: &str = "00000000-0000-0000-0000-000000000003";

/// Built-in roles whose actions somebody else uses: the Functions host.
const OF_THE_HOST: [&str; 3] = [
    "3913510d-42f4-4e42-8a64-420c390055eb",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
];
const STORAGE_BLOB_DATA_OWNER: &str = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";

/// What the identity is given by `infra/tests/minimal.bicepparam`, whose target is that of the stage.
fn grants(place: &Place) -> Vec<Grant> {
    let snapshot: Value =
        serde_json::from_str(include_str!("../../infra/tests/minimal.snapshot.json")).unwrap();
    let resources = snapshot["predictedResources"].as_array().unwrap();
    let of_type = |kind: &'static str| {
        let kind = format!("Microsoft.Authorization/{kind}");
        resources.iter().filter(move |resource| resource["type"] == *kind)
    };
    let account = resources.iter().find(|one| one["type"] == "Microsoft.Storage/storageAccounts").unwrap();
    let host_storage = account["id"].as_str().unwrap();
    let mut grants = Vec::new();
    for assignment in of_type("roleAssignments") {
        let to = assignment["properties"]["principalId"].as_str().unwrap();
        let role = assignment["properties"]["roleDefinitionId"].as_str().unwrap();
        if !to.contains("format('identity-{0}'") || OF_THE_HOST.iter().any(|name| role.ends_with(name)) {
            continue;
        }
        let id = assignment["id"].as_str().unwrap();
        let (scope, _) = id.rsplit_once("/providers/Microsoft.Authorization/").unwrap();
        let scope = scope.replace(host_storage, &place.host_storage_id).replace(EVALUATED_FOR, SUBSCRIPTION);
        let definition = of_type("roleDefinitions").find(|definition| definition["id"] == role);
        let permission = definition.map_or_else(
            || {
                assert!(role.ends_with(STORAGE_BLOB_DATA_OWNER), "{role}");
                let containers = "Microsoft.Storage/storageAccounts/blobServices/containers";
                json!({"actions": [format!("{containers}/*")], "dataActions": [format!("{containers}/blobs/*")]})
            },
            |definition| definition["properties"]["permissions"][0].clone(),
        );
        let actions = |kind: &str| serde_json::from_value(permission[kind].clone()).unwrap();
        let (actions, data_actions) = (actions("actions"), actions("dataActions"));
        grants.push(Grant { scope, actions, data_actions, ..Grant::default() });
    }
    assert_eq!(grants.len(), 6, "{grants:?}");
    grants
}

/// One holder of each kind that is moved by a way of its own.
fn holders(world: &World, place: &Place) {
    let signed = SasSetup::container("data").signed_by(KeyName::Key1);
    world.add_datastore(DatastoreSetup::blob(&place.workspace_id, "signed", ACCOUNT, "data").holding(signed));
    let connection = ConnectionSetup::blob(&place.workspace_id, "connection", ACCOUNT, "data");
    world.add_connection(connection.holding(Holding::Key(KeyName::Key1)));
}

#[tokio::test]
async fn the_roles_of_the_deployment_are_enough_for_a_rotation() {
    let stage = Stage::start(|world, place| {
        holders(world, place);
        world.set_grants(grants(place));
    })
    .await;
    stage.sweep().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_eq!((stage.datastore("signed"), stage.connection("connection")), (HeldKey::Key2, HeldKey::Key2));
    assert_nothing_is_missing(&stage);
}

/// None of them could be left out.
#[tokio::test]
async fn without_any_one_of_the_roles_something_is_refused() {
    for left_out in 0..6 {
        let stage = Stage::start(|world, place| {
            let mut grants = grants(place);
            grants.remove(left_out);
            world.set_grants(grants);
        })
        .await;
        stage.sweep().await;
        let is_done = stage.published() == HeldKey::Key2;
        assert!(!is_done || refused(&stage).is_some(), "{left_out}: {:?}", grants(&stage.place)[left_out]);
        stage.check();
    }
}

/// A role at a secret, and the first version of one that did not exist.
#[tokio::test]
async fn a_role_at_the_secret_is_enough_for_enrolment_and_rotation() {
    let stage = Stage::start_declared(
        |world, place| {
            world.purge_secret_outside(VAULT, SECRET);
            let mut grants = grants(place);
            let publishes =
                |grant: &&mut Grant| grant.data_actions.iter().any(|action| action.contains("setSecret"));
            let at = grants.iter_mut().find(publishes).unwrap();
            assert!(at.scope.ends_with(VAULT), "{}", at.scope);
            at.scope = format!("{}/secrets/{SECRET}", at.scope);
            world.set_grants(grants);
        },
        &[declaration(SECRET)],
    )
    .await;
    stage.sweep().await;
    assert_eq!((stage.regenerations(), stage.published()), (0, HeldKey::Key1), "{}", stage.log());
    stage.world().age(Duration::days(8));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_nothing_is_missing(&stage);
}

#[track_caller]
fn assert_nothing_is_missing(stage: &Stage) {
    let log = stage.log();
    let graver =
        |line: &&str| ["WARN", "ERROR"].iter().any(|level| line.contains(&format!(r#""level":"{level}""#)));
    assert_eq!(log.lines().find(graver), None);
    assert_eq!(refused(stage), None);
    stage.check();
}

fn refused(stage: &Stage) -> Option<String> {
    let refused = stage.sandbox.calls().into_iter().find(|call| call.status == 403)?;
    Some(format!("{} {}", refused.method, refused.url))
}
