use std::time::Duration;

use azure_sandbox::*;
use serde_json::json;

use crate::support::*;

const LAG: Duration = Duration::from_millis(400);

/// An Azure whose key2 is new, and not accepted by the data plane yet.
async fn lagging() -> Azure {
    let azure = Azure::start().await;
    azure.world().adjust(|behaviour| behaviour.data_plane_lag = LAG);
    azure.regenerate(KeyName::Key2).await;
    azure
}

/// Publishes key2.
async fn publish(azure: &Azure) {
    let url = format!("https://{VAULT}.vault.azure.net/secrets/{SECRET}?api-version=7.5");
    let value = azure.world().key_value(ACCOUNT, KeyName::Key2);
    assert_eq!(azure.put(&url, json!({ "value": value.expose() })).await.0, 200);
}

/// Gives the default datastore key2.
async fn rewrite(azure: &Azure, parameters: &str) -> u16 {
    let url = azure.workspace_url("/datastores/workspaceblobstore");
    let mut properties = azure.get(&url).await.1["properties"].clone();
    let value = azure.world().key_value(ACCOUNT, KeyName::Key2);
    properties["credentials"]["secrets"]["key"] = json!(value.expose());
    azure.put(&format!("{url}{parameters}"), json!({ "properties": properties })).await.0
}

fn too_early(holder: Dependent) -> Violation {
    Violation::KeyNotAcceptedYet { holder, account: ACCOUNT.to_owned(), key: KeyName::Key2 }
}

fn published() -> Dependent {
    Dependent::Secret { vault: VAULT.to_owned(), name: SECRET.to_owned() }
}

fn store() -> Dependent {
    Dependent::Datastore { workspace: "workspace".to_owned(), name: "workspaceblobstore".to_owned() }
}

#[tokio::test]
async fn a_key_that_is_published_before_it_is_accepted_is_a_violation() {
    let azure = lagging().await;
    publish(&azure).await;
    let violations = azure.world().violations();
    assert_eq!(violations, [too_early(published())]);
    assert_eq!(
        violations[0].to_string(),
        "secret `stacct-key` of vault `rotation-vault` was given `key2` of storage account `stacct` before that was accepted"
    );
}

#[tokio::test]
async fn a_datastore_that_gets_a_key_before_it_is_accepted_is_a_violation() {
    let azure = lagging().await;
    assert_eq!(rewrite(&azure, "").await, 400, "the key is tried out");
    assert_eq!(azure.world().violations(), []);
    assert_eq!(rewrite(&azure, "&skipValidation=true").await, 200);
    assert_eq!(azure.world().violations(), [too_early(store())]);
    assert!(azure.world().exposure().contains_key(&store()));
}

#[tokio::test]
async fn a_key_that_is_accepted_may_go_anywhere() {
    let azure = lagging().await;
    tokio::time::sleep(LAG).await;
    publish(&azure).await;
    assert_eq!(rewrite(&azure, "").await, 200);
    assert_eq!(azure.world().violations(), []);
    assert!(azure.world().exposure().is_empty());
}

#[tokio::test]
async fn a_workspace_is_exposed_until_its_key_is_accepted() {
    let azure = Azure::start().await;
    azure.world().adjust(|behaviour| {
        behaviour.data_plane_lag = LAG;
        behaviour.resync_duration = Duration::ZERO;
    });
    azure.world().regenerate_outside(ACCOUNT, KeyName::Key1);
    assert_eq!(azure.post(&azure.workspace_url("/resyncKeys"), None).await.0, 200);
    let cache = Dependent::WorkspaceCache { workspace: "workspace".to_owned() };
    assert_eq!(azure.world().held_by(ACCOUNT, &cache), HeldKey::Key1);
    tokio::time::sleep(LAG).await;
    let exposure = azure.world().exposure()[&cache];
    assert!(exposure > LAG / 2, "{exposure:?}");
    tokio::time::sleep(LAG / 4).await;
    assert_eq!(azure.world().exposure()[&cache], exposure, "it is over");
}
