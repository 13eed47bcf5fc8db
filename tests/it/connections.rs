//! Workspace connections: those that hold a key or a token by one are moved, whatever they lead to; all others are left as
//! they are, and said.

mod left_alone;

use std::time::Duration;

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{
    AccountSetup, ConnectionSetup, DatastoreSetup, Dependent, Grant, HeldKey, Holding, KeyName, SasSetup,
    StorageService, WorkspaceSetup, World,
};
use serde_json::{Value, json};
use time::Duration as Span;

use crate::blocked::assert_blocked;
use crate::stage::{ACCOUNT, GROUP, Place, SUBSCRIPTION, Stage};

fn blob(place: &Place, name: &str) -> ConnectionSetup {
    ConnectionSetup::blob(&place.workspace_id, name, ACCOUNT, "data")
}

fn container() -> SasSetup {
    SasSetup::container("data")
}

/// One of each category and kind of credentials; those with a token say so in their name.
const NAMES: [&str; 8] =
    ["account", "account_signed", "blob", "blob_signed", "lake", "lake_signed", "tables", "tables_signed"];

fn one_of_each(world: &World, place: &Place, key: KeyName) {
    let workspace = place.workspace_id.as_str();
    let lake = |name| ConnectionSetup::data_lake(workspace, name, ACCOUNT, "models");
    let account = |name| ConnectionSetup::storage_account(workspace, name, ACCOUNT);
    let tables = |name| ConnectionSetup::tables(workspace, name, ACCOUNT);
    let all = |services| SasSetup::account().field("ss", services).signed_by(key);
    for (setup, token) in [
        (blob(place, "blob"), None),
        (blob(place, "blob_signed"), Some(container().signed_by(key))),
        (lake("lake"), None),
        (lake("lake_signed"), Some(SasSetup::container("models").signed_by(key))),
        (account("account"), None),
        (account("account_signed"), Some(all("bfqt"))),
        (tables("tables"), None),
        (tables("tables_signed"), Some(all("bt"))),
    ] {
        let setup = setup
            .field("expiryTime", json!("2027-01-01T00:00:00Z"))
            .field("sharedUserList", json!(["b", "a"]))
            .field("useWorkspaceManagedIdentity", json!(false))
            .field("fieldOfTomorrow", json!({"nested": [1, 2.5, null, "x"]}));
        world.add_connection(setup.holding(token.map_or(Holding::Key(key), Holding::from)));
    }
}

/// What every one of them is but for the value of its key and of its signature.
async fn all_but_keys(stage: &Stage) -> Vec<(Value, Option<String>)> {
    let mut all = Vec::new();
    for name in NAMES {
        let properties = stage.inspector.connection(&stage.place.workspace_id, name).await.unwrap();
        let mut token = None;
        if name.ends_with("_signed") {
            let whole = stage.inspector.connection_sas(&stage.place.workspace_id, name).await.unwrap();
            token = whole.expose().split_once("&sig=").map(|(rest, _)| rest.to_owned());
        }
        all.push((properties, token));
    }
    all
}

async fn assert_all_on(stage: &Stage, key: HeldKey) {
    let workspace = stage.place.workspace_id.as_str();
    for name in NAMES {
        assert_eq!(stage.connection(name), key, "{name}\n{}", stage.log());
        let place = if name.starts_with("lake") { "models" } else { "data" };
        if name.ends_with("_signed") {
            let token = stage.inspector.connection_sas(workspace, name).await.unwrap();
            stage.inspector.open_by_sas(ACCOUNT, StorageService::Blob, place, &token).await.unwrap();
        } else {
            let value = stage.inspector.connection_key(workspace, name).await.unwrap();
            stage.inspector.open(ACCOUNT, StorageService::Blob, place, &value).await.unwrap();
        }
    }
}

#[tokio::test]
async fn every_category_with_a_key_or_a_token_is_moved_there_and_back() {
    let stage = Stage::start(|world, place| one_of_each(world, place, KeyName::Key1)).await;
    for (number, key) in [(1, HeldKey::Key2), (2, HeldKey::Key1)] {
        let before = all_but_keys(&stage).await;
        stage.near_expiry().await;
        assert_eq!((stage.regenerations(), stage.published()), (number, key), "{}", stage.log());
        assert_all_on(&stage, key).await;
        assert_eq!(all_but_keys(&stage).await, before);
        stage.world().age(Span::days(61));
    }
    let covered = "10 holders of its keys: 2 × datastore, 4 × connection, 4 × SAS connection";
    stage.assert_logged("INFO", "look", covered);
    assert!(!stage.log().contains("sig="));
    stage.check();
}

#[tokio::test]
async fn whatever_is_on_the_alternate_key_is_moved_and_the_key_rests() {
    let stage = Stage::start(|world, place| one_of_each(world, place, KeyName::Key2)).await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (0, HeldKey::Key1));
    assert_all_on(&stage, HeldKey::Key1).await;
    stage.assert_logged("INFO", "decide", "connection `blob` of workspace `ws-ml` was last written by");
    stage.world().age(Span::hours(25));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_all_on(&stage, HeldKey::Key2).await;
    stage.check();
}

#[tokio::test]
async fn a_connection_that_was_written_a_moment_ago_lets_the_other_key_rest() {
    let stage = Stage::start(|world, place| {
        world.add_connection(blob(place, "lake").written_ago(Span::hours(1)));
    })
    .await;
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 0);
    stage.assert_logged("INFO", "decide", "connection `lake` of workspace `ws-ml` was last written by");
    stage.world().age(Span::hours(24));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn a_connection_without_a_date_leaves_one_on_the_secret() {
    for holding in [Holding::Key(KeyName::Key2), container().signed_by(KeyName::Key2).into()] {
        let stage = Stage::start(|world, place| {
            world.add_connection(blob(place, "lake").holding(holding).undated());
        })
        .await;
        stage.near_expiry().await;
        assert_eq!((stage.connection("lake"), stage.regenerations()), (HeldKey::Key1, 0));
        assert!(stage.secret().tags.contains_key("HoldersMovedAt"), "{:?}", stage.secret().tags);
        stage.check();
    }
}

#[tokio::test]
async fn a_connection_that_was_written_meanwhile_is_not_lost_and_what_is_gone_stays_gone() {
    let furnish = |world: &World, place: &Place| {
        for name in ["edited", "elsewhere", "deleted"] {
            world.add_connection(blob(place, name));
        }
        world.add_connection(blob(place, "replaced").holding(container()));
        world.add_storage_account(AccountSetup::new(SUBSCRIPTION, GROUP, "stother").container("data"));
    };
    let stage = Stage::start_in(furnish, |_| Vec::new(), Duration::from_millis(40)).await;
    let (world, workspace) = (stage.world(), stage.place.workspace_id.as_str());
    stage.announce(&stage.secret()).await;
    stage.until("the publish", |stage| stage.sandbox.call_count("SetSecret") == 1).await;
    world.edit_connection_outside(workspace, "edited", "isSharedToAll", json!(false));
    let other = "https://stother.blob.core.windows.net/data";
    world.edit_connection_outside(workspace, "elsewhere", "target", json!(other));
    let metadata = json!({"accountName": "stother", "containerName": "data"});
    world.edit_connection_outside(workspace, "elsewhere", "metadata", metadata);
    let of_the_other = world.key_value("stother", KeyName::Key1);
    let credentials = json!({"key": of_the_other.expose()});
    world.set_connection_credentials_outside(workspace, "elsewhere", credentials);
    let wider = world.sign_sas(ACCOUNT, container().field("sp", "rwl"));
    world.set_connection_credentials_outside(workspace, "replaced", json!({"sas": wider}));
    world.delete_connection_outside(workspace, "deleted");
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_eq!((stage.connection("edited"), stage.connection("replaced")), (HeldKey::Key2, HeldKey::Key2));
    let edited = stage.inspector.connection(workspace, "edited").await.unwrap();
    assert_eq!(edited["isSharedToAll"], false);
    let token = stage.inspector.connection_sas(workspace, "replaced").await.unwrap();
    assert!(token.expose().contains("sp=rwl"));
    let key = stage.inspector.connection_key(workspace, "elsewhere").await.unwrap();
    assert_eq!(key.expose(), of_the_other.expose());
    stage.assert_logged("INFO", "move", "connection `deleted` of workspace `ws-ml` was deleted meanwhile");
    assert_eq!(stage.outcomes("Rotate").last(), Some(&InvocationOutcome::Succeeded));
    stage.check();
}

#[tokio::test]
async fn a_role_that_is_missing_is_named_and_the_rest_is_moved() {
    let action = "Microsoft.MachineLearningServices/workspaces/connections/write";
    let everything = || Grant::everything_needed(format!("/subscriptions/{SUBSCRIPTION}"));
    let stage = Stage::start(|world, place| {
        world.set_grants(vec![everything().without(action)]);
        world.add_connection(blob(place, "keyed"));
        world.add_connection(blob(place, "signed").holding(container()));
        let datastore = DatastoreSetup::blob(&place.workspace_id, "signed", ACCOUNT, "data");
        world.add_datastore(datastore.holding(container()));
    })
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    assert_eq!((stage.connection("keyed"), stage.connection("signed")), (HeldKey::Key1, HeldKey::Key1));
    assert_eq!(
        (stage.datastore("signed"), stage.datastore("workspacefilestore")),
        (HeldKey::Key2, HeldKey::Key2)
    );
    for name in ["keyed", "signed"] {
        let failed = format!("give another key to connection `{name}` of workspace `ws-ml`");
        stage.assert_logged("ERROR", "blocked", &failed);
    }
    let mend = format!(
        "\"AzureML Data Scientist\" at `{}`, or one that allows `{action}`",
        stage.place.workspace_id
    );
    stage.assert_logged("ERROR", "blocked", &mend);
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);

    stage.world().set_grants(vec![everything()]);
    stage.near_expiry().await;
    assert_eq!((stage.connection("keyed"), stage.connection("signed")), (HeldKey::Key2, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn a_connection_whose_key_cannot_be_read_is_given_the_published_one() {
    let stage = Stage::start(|world, place| {
        let empty = blob(place, "lake").holding(Holding::Nothing);
        world.add_connection(empty.field("authType", json!("AccountKey")));
    })
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.connection("lake"), stage.regenerations()), (HeldKey::Key1, 0));
    stage.world().age(Span::hours(25));
    stage.near_expiry().await;
    assert_eq!((stage.connection("lake"), stage.published()), (HeldKey::Key2, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn a_connection_whose_token_cannot_be_read_blocks_by_its_name() {
    let stage = Stage::start(|world, place| {
        let empty = blob(place, "lake").holding(Holding::Nothing);
        world.add_connection(empty.field("authType", json!("SAS")));
    })
    .await;
    assert_blocked(
        &stage,
        "SAS connection `lake` of workspace `ws-ml` may hold the alternate key, and cannot be read: failed to read the \
         secret of connection `lake`",
        "register a token with SAS connection `lake`",
    )
    .await;
}

/// A project lists what its hub shares with it; written through the project, there would be two of them.
#[tokio::test]
async fn a_connection_that_a_hub_shares_is_moved_in_the_hub_and_once() {
    for lists_shared in [true, false] {
        let stage = Stage::start(|world, place| {
            let workspace = |name| WorkspaceSetup::new(SUBSCRIPTION, GROUP, name, &place.account_id);
            let hub = world.add_workspace(workspace("hub").kind("Hub"));
            for name in ["one", "two"] {
                let project = world.add_workspace(workspace(name).project_of(&hub));
                world.add_connection(ConnectionSetup::blob(&project, "own", ACCOUNT, "data"));
            }
            world.add_connection(ConnectionSetup::blob(&hub, "shared", ACCOUNT, "data"));
            let signed = ConnectionSetup::blob(&hub, "shared_signed", ACCOUNT, "data");
            world.add_connection(signed.holding(container()));
            world.adjust(|behaviour| behaviour.projects_list_shared_connections = lists_shared);
        })
        .await;
        stage.near_expiry().await;
        assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
        let held = |workspace: &str, name: &str| {
            stage.held(&Dependent::Connection { workspace: workspace.to_owned(), name: name.to_owned() })
        };
        let (moved, none) = (HeldKey::Key2, HeldKey::None);
        assert_eq!((held("hub", "shared"), held("hub", "shared_signed")), (moved, moved));
        for project in ["one", "two"] {
            assert_eq!((held(project, "own"), held(project, "shared")), (moved, none), "{project}");
        }
        let secrets = stage.sandbox.calls();
        let secrets = secrets.iter().filter(|call| call.url.contains("/connections/shared/listsecrets"));
        assert!(secrets.clone().all(|call| call.url.contains("/workspaces/hub/")));
        let looks = stage.sandbox.call_count("Permissions_List");
        assert_eq!(secrets.count(), looks, "once a look");
        stage.check();
    }
}
