//! Connections that nobody here knows how to write, or that are none of ours.

use azure_sandbox::{AccountSetup, ConnectionSetup, HeldKey, Holding, KeyName, SasSetup};
use serde_json::json;
use time::Duration as Span;

use super::{blob, container};
use crate::stage::{GROUP, Place, SUBSCRIPTION, Stage};

/// What nobody here knows is said, read as far as it goes, and never written.
#[tokio::test]
async fn unknown_categories_and_credentials_are_said_and_left_as_they_are() {
    let unknown = |place: &Place, name: &str| blob(place, name).field("category", json!("AzureUnheardOf"));
    let custom = json!({"keys": {"secret": "FAKE_CUSTOM_SECRET"}});
    let stage = Stage::start(|world, place| {
        world.add_connection(unknown(place, "keyed"));
        world.add_connection(unknown(place, "signed").holding(SasSetup::account()));
        // It leads to one account by its metadata and to another by its target.
        let torn = blob(place, "torn").field("metadata", json!({"accountName": "stother"}));
        world.add_connection(torn);
        for (name, kind) in [("custom", "CustomKeys"), ("by_identity", "AAD")] {
            world.add_connection(blob(place, name).holding(Holding::Nothing).field("authType", json!(kind)));
        }
        world.set_connection_credentials_outside(&place.workspace_id, "custom", custom.clone());
    })
    .await;
    let names = ["keyed", "signed", "torn", "custom", "by_identity"];
    let all = async || {
        let mut all = Vec::new();
        for name in names {
            all.push(stage.inspector.connection(&stage.place.workspace_id, name).await.unwrap());
        }
        all
    };
    let before = all().await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_eq!(stage.writes().iter().filter(|call| call.contains("/connections/")).count(), 0);
    assert_eq!(all().await, before);
    let left = [
        "connection of unknown kind `keyed` of workspace `ws-ml`",
        "SAS connection of unknown kind `signed` of workspace `ws-ml`",
        "connection of unknown kind `torn` of workspace `ws-ml`",
    ];
    for subject in left {
        stage.assert_logged("WARN", "look", &format!("{subject} still holds `key1`, and is left alone"));
    }
    stage.assert_logged("WARN", "look", "left connection `custom` of");
    stage.assert_logged("WARN", "look", "its credentials are `CustomKeys`, its category `AzureBlob`");
    assert!(!stage.log().contains("`by_identity`"), "{}", stage.log());

    stage.world().age(Span::days(61));
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 1);
    for subject in left {
        stage.assert_logged("ERROR", "blocked", &format!("{subject} still holds `key1`"));
    }
    stage.assert_logged("ERROR", "blocked", &format!("register the published key with {}", left[0]));
    stage.assert_logged("ERROR", "blocked", &format!("sign the token of {} anew with `key2`", left[1]));
    stage.check();
}

#[tokio::test]
async fn a_connection_to_another_account_is_none_of_ours() {
    let stage = Stage::start(|world, place| {
        world.add_storage_account(AccountSetup::new(SUBSCRIPTION, GROUP, "stother").container("data"));
        world.add_connection(ConnectionSetup::blob(&place.workspace_id, "other", "stother", "data"));
        let nowhere = blob(place, "nowhere").field("target", json!("somewhere")).field("metadata", json!({}));
        world.add_connection(nowhere.holding(KeyName::Key1));
    })
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_eq!(stage.writes().iter().filter(|call| call.contains("/connections/")).count(), 0);
    let read = |name: &str| {
        let calls = stage.sandbox.calls();
        calls.iter().any(|call| call.url.contains(&format!("/connections/{name}/listsecrets")))
    };
    assert!(read("nowhere") && !read("other"));
    stage.assert_logged(
        "WARN",
        "look",
        "connection of unknown kind `nowhere` of workspace `ws-ml` still holds `key1`",
    );
    stage.check();
}

#[tokio::test]
async fn a_token_in_a_target_is_never_written_nor_shown_and_blocks_by_its_name() {
    let signed = |place: &Place, name: &str, key: KeyName| {
        blob(place, name).holding(Holding::Nothing).signed_target(container().signed_by(key))
    };
    let stage = Stage::start(|world, place| {
        world.add_connection(signed(place, "published", KeyName::Key1));
        let both = blob(place, "both").signed_target(container().signed_by(KeyName::Key1));
        world.add_connection(both);
    })
    .await;
    let target = async |name: &str| {
        let connection = stage.inspector.connection(&stage.place.workspace_id, name).await.unwrap();
        connection["target"].as_str().unwrap().to_owned()
    };
    let before = (target("published").await, target("both").await);
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    // Its credentials are moved, and its target goes back as it came.
    assert_eq!(stage.connection("both"), HeldKey::Key2);
    assert_eq!((target("published").await, target("both").await), before);
    for name in ["published", "both"] {
        let left = format!(
            "target of connection `{name}` of workspace `ws-ml` still holds `key1`, and is left alone"
        );
        stage.assert_logged("WARN", "look", &left);
    }
    assert!(!stage.log().contains("sig="));

    stage.world().age(Span::days(61));
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 1);
    for name in ["published", "both"] {
        let held = format!("target of connection `{name}` of workspace `ws-ml` still holds `key1`");
        stage.assert_logged("ERROR", "blocked", &held);
    }
    stage.check();
}
