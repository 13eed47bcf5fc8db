//! Holders that sign: their tokens are signed anew by the published key, and nothing else of them changes.

mod left_alone;

use std::time::Duration;

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{
    ConnectionSetup, DatastoreSetup, Grant, HeldKey, Holding, KeyName, SasSetup, StorageService, World,
};
use serde_json::{Value, json};
use time::Duration as Span;

use crate::stage::{ACCOUNT, Place, SUBSCRIPTION, Stage};

fn blob(place: &Place, name: &str) -> DatastoreSetup {
    DatastoreSetup::blob(&place.workspace_id, name, ACCOUNT, "data")
}

fn connection(place: &Place, name: &str) -> ConnectionSetup {
    ConnectionSetup::blob(&place.workspace_id, name, ACCOUNT, "data")
}

fn container() -> SasSetup {
    SasSetup::container("data")
}

/// A datastore for every kind of token that can be traced, each with what its token opens.
const KINDS: [(&str, StorageService, &str); 9] = [
    ("account", StorageService::Blob, "data"),
    ("account_2015", StorageService::File, "home"),
    ("container", StorageService::Blob, "data"),
    ("container_2018", StorageService::Blob, "data"),
    ("container_2020", StorageService::Blob, "data"),
    ("container_policy", StorageService::Blob, "data"),
    ("filesystem", StorageService::Blob, "models"),
    ("share", StorageService::File, "home"),
    ("share_policy", StorageService::File, "home"),
];

/// Adds them all, each signed by `key`.
fn one_of_each(world: &World, place: &Place, key: KeyName) {
    let by = |sas: SasSetup| sas.signed_by(key);
    let lake = |name| DatastoreSetup::data_lake(&place.workspace_id, name, ACCOUNT, "models");
    let file = |name| DatastoreSetup::file(&place.workspace_id, name, ACCOUNT, "home");
    world.add_datastore(blob(place, "account").holding(by(SasSetup::account())));
    world.add_datastore(file("account_2015").holding(by(SasSetup::account().version("2015-04-05"))));
    world.add_datastore(blob(place, "container").holding(by(container().field("rscd", "a b+c; d=é"))));
    world.add_datastore(blob(place, "container_2018").holding(by(container().version("2018-03-28"))));
    let dated = container().version("2020-06-12").starts_ago(Span::days(90));
    world.add_datastore(blob(place, "container_2020").holding(by(dated)));
    world.add_datastore(blob(place, "container_policy").holding(by(container().policy("a policy"))));
    world.add_datastore(lake("filesystem").holding(by(SasSetup::container("models"))));
    world.add_datastore(file("share").holding(by(SasSetup::share("home"))));
    world.add_datastore(file("share_policy").holding(by(SasSetup::share("home").policy("a policy"))));
}

/// What every one of them is but for the signature in its token and the date of its last write.
async fn all_but_signatures(stage: &Stage) -> Vec<(Value, String)> {
    let mut all = Vec::new();
    for (name, ..) in KINDS {
        let properties = stage.inspector.datastore(&stage.place.workspace_id, name).await.unwrap();
        let token = stage.inspector.datastore_sas(&stage.place.workspace_id, name).await.unwrap();
        all.push((properties, unsigned(token.expose())));
    }
    all
}

/// A token without the value of its signature.
fn unsigned(token: &str) -> String {
    let signed = |pair: &str| pair.trim_start_matches('?').starts_with("sig=");
    token.split('&').map(|pair| if signed(pair) { "sig" } else { pair }).collect::<Vec<_>>().join("&")
}

async fn assert_all_on(stage: &Stage, key: HeldKey) {
    for (name, service, place) in KINDS {
        assert_eq!(stage.datastore(name), key, "{name}\n{}", stage.log());
        let token = stage.inspector.datastore_sas(&stage.place.workspace_id, name).await.unwrap();
        stage.inspector.open_by_sas(ACCOUNT, service, place, &token).await.unwrap();
    }
}

/// That none of the signatures which the datastores hold was logged, in any encoding that a token comes in.
async fn assert_no_signature_in_the_log(stage: &Stage) {
    let log = stage.log();
    for (name, ..) in KINDS {
        let token = stage.inspector.datastore_sas(&stage.place.workspace_id, name).await.unwrap();
        let (_, signature) = token.expose().split_once("sig=").unwrap();
        let raw = signature.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        assert!(signature.len() >= 44 && raw.len() == 44);
        assert!(!log.contains(signature) && !log.contains(&raw), "{name}");
    }
    assert!(!log.contains("sig="));
}

#[tokio::test]
async fn each_kind_of_token_is_signed_anew_there_and_back() {
    let stage = Stage::start(|world, place| one_of_each(world, place, KeyName::Key1)).await;
    for (number, key) in [(1, HeldKey::Key2), (2, HeldKey::Key1)] {
        let before = all_but_signatures(&stage).await;
        stage.near_expiry().await;
        assert_eq!((stage.regenerations(), stage.published()), (number, key), "{}", stage.log());
        assert_eq!(stage.datastore("workspaceblobstore"), key);
        assert_all_on(&stage, key).await;
        assert_eq!(all_but_signatures(&stage).await, before);
        assert_no_signature_in_the_log(&stage).await;
        stage.world().age(Span::days(61));
    }
    let covered = "2 × datastore, 9 × SAS datastore";
    stage.assert_logged("INFO", "look", &format!("11 holders of its keys: {covered}"));
    stage.check();
}

#[tokio::test]
async fn each_kind_of_token_of_the_alternate_key_is_signed_anew_and_the_key_rests() {
    let stage = Stage::start(|world, place| one_of_each(world, place, KeyName::Key2)).await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (0, HeldKey::Key1));
    assert_all_on(&stage, HeldKey::Key1).await;
    stage.assert_logged("INFO", "decide", "SAS datastore `account` of workspace `ws-ml` was last written by");
    stage.world().age(Span::hours(25));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_all_on(&stage, HeldKey::Key2).await;
    stage.check();
}

#[tokio::test]
async fn a_token_keeps_its_own_spelling() {
    type Spelling = fn(&str) -> String;
    let spellings: [(&str, Spelling); 4] = [
        ("without_mark", |token| token.trim_start_matches('?').to_owned()),
        ("lower_case", |token| token.replace("%3A", "%3a").replace("%3D", "%3d").replace("%2B", "%2b")),
        ("signature_first", |token| {
            let (rest, signature) = token.trim_start_matches('?').split_once("&sig=").unwrap();
            format!("?sig={signature}&{rest}")
        }),
        ("with_more", |token| format!("{token}&comment=a%20b&flag")),
    ];
    let stage = Stage::start(|world, place| {
        for (name, spelt) in spellings {
            let token = spelt(&world.sign_sas(ACCOUNT, container()));
            world.add_datastore(blob(place, name).holding(Holding::Sas(token)));
        }
    })
    .await;
    let token = async |name| {
        let token = stage.inspector.datastore_sas(&stage.place.workspace_id, name).await.unwrap();
        token.expose().to_owned()
    };
    let mut before = Vec::new();
    for (name, _) in spellings {
        before.push(unsigned(&token(name).await));
    }
    stage.near_expiry().await;
    for ((name, _), before) in spellings.into_iter().zip(before) {
        assert_eq!(stage.datastore(name), HeldKey::Key2, "{name}");
        let token = token(name).await;
        assert_eq!(unsigned(&token), before, "{name}");
        assert!(name != "lower_case" || token.ends_with("%3d"));
    }
    stage.check();
}

#[tokio::test]
async fn a_token_that_was_written_meanwhile_is_not_lost_and_what_is_gone_stays_gone() {
    let latency = Duration::from_millis(40);
    let furnish = |world: &World, place: &Place| {
        for name in ["replaced", "edited", "deleted"] {
            world.add_datastore(blob(place, name).holding(container()));
        }
    };
    let stage = Stage::start_in(furnish, |_| Vec::new(), latency).await;
    let (world, workspace) = (stage.world(), stage.place.workspace_id.as_str());
    stage.announce(&stage.secret()).await;
    stage.until("the publish", |stage| stage.sandbox.call_count("SetSecret") == 1).await;
    let wider = container().signed_by(KeyName::Key1).field("sp", "rwl");
    world.set_datastore_sas_outside(workspace, "replaced", ACCOUNT, wider);
    world.edit_datastore_outside(workspace, "edited", "description", json!("edited meanwhile"));
    world.delete_datastore_outside(workspace, "deleted");
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_eq!((stage.datastore("replaced"), stage.datastore("edited")), (HeldKey::Key2, HeldKey::Key2));
    let token = stage.inspector.datastore_sas(workspace, "replaced").await.unwrap();
    assert!(token.expose().contains("sp=rwl"));
    let edited = stage.inspector.datastore(workspace, "edited").await.unwrap();
    assert_eq!(edited["description"], "edited meanwhile");
    assert_eq!(stage.datastore("deleted"), HeldKey::None);
    assert_eq!(stage.outcomes("Rotate").last(), Some(&InvocationOutcome::Succeeded));
    stage.check();
}

#[tokio::test]
async fn a_holder_of_a_token_that_has_no_date_leaves_one_on_the_secret() {
    let stage = Stage::start(|world, place| {
        world.add_datastore(blob(place, "signed").holding(container().signed_by(KeyName::Key2)).undated());
    })
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.datastore("signed"), stage.regenerations()), (HeldKey::Key1, 0));
    assert!(stage.secret().tags.contains_key("HoldersMovedAt"), "{:?}", stage.secret().tags);
    stage.check();
}

#[tokio::test]
async fn a_default_datastore_with_a_token_is_moved_first_and_its_workspace_resynced() {
    let stage = Stage::start(|world, place| {
        world.add_datastore(blob(place, "a_first").holding(container()));
        world.add_datastore(blob(place, "workspaceblobstore").holding(container()).default_datastore());
    })
    .await;
    stage.near_expiry().await;
    assert_eq!(
        (stage.datastore("workspaceblobstore"), stage.datastore("a_first")),
        (HeldKey::Key2, HeldKey::Key2)
    );
    let moves: Vec<String> =
        stage.writes().into_iter().filter(|call| call.contains("/datastores/")).collect();
    assert!(moves[0].contains("/workspaceblobstore?"), "{moves:?}");
    assert_eq!(stage.sandbox.call_count("Workspaces_ResyncKeys"), 2);
    stage.check();
}

#[tokio::test]
async fn a_role_that_is_missing_is_named_and_the_rest_is_moved() {
    let action = "Microsoft.MachineLearningServices/workspaces/datastores/write";
    let everything = || Grant::everything_needed(format!("/subscriptions/{SUBSCRIPTION}"));
    let stage = Stage::start(|world, place| {
        world.set_grants(vec![everything().without(action)]);
        world.add_datastore(blob(place, "signed").holding(container()));
        world.add_connection(connection(place, "signed").holding(container()));
    })
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    assert_eq!((stage.datastore("signed"), stage.connection("signed")), (HeldKey::Key1, HeldKey::Key2));
    stage.assert_logged("ERROR", "blocked", "give another key to datastore `signed` of workspace `ws-ml`");
    stage.assert_logged(
        "ERROR",
        "blocked",
        &format!(
            "\"AzureML Data Scientist\" at `{}`, or one that allows `{action}`",
            stage.place.workspace_id
        ),
    );
    stage.world().set_grants(vec![everything()]);
    stage.near_expiry().await;
    assert_eq!(stage.datastore("signed"), HeldKey::Key2);
    stage.check();
}
