//! What is none of our business, and stays as it is.

use azure_sandbox::{AccountSetup, DatastoreSetup, HeldKey, SecretSetup, VaultSetup};
use serde_json::json;

use crate::stage::{ACCOUNT, GROUP, SECRET, SUBSCRIPTION, Stage, VAULT, target_secret};

#[tokio::test]
async fn a_secret_without_tags_is_left_alone() {
    let stage = Stage::start(|world, _| {
        world.put_secret(
            SecretSetup::of_value(VAULT, "password", "FAKE_PASSWORD").expires_in(time::Duration::days(29)),
        );
    })
    .await;
    stage.announce(&stage.world().secret(VAULT, "password").unwrap()).await;
    stage.settle().await;
    assert!(stage.sandbox.calls().iter().all(|call| !call.url.contains("management.azure.com")));
    assert_eq!(stage.writes(), Vec::<String>::new());
    stage.assert_logged("INFO", "done", "none of the tags");
    stage.check();
}

#[tokio::test]
async fn the_secrets_of_other_rotators_are_left_alone() {
    let stage = Stage::start(|world, _| {
        let address =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.DocumentDB/databaseAccounts/cosmos";
        let secret =
            SecretSetup::of_value(VAULT, "cosmos", "FAKE_COSMOS_KEY").expires_in(time::Duration::days(29));
        let secret = secret.tag("CredentialId", "primary").tag("ValidityPeriodDays", "60");
        world.put_secret(secret.tag("ProviderAddress", address));
    })
    .await;
    stage.announce(&stage.world().secret(VAULT, "cosmos").unwrap()).await;
    stage.settle().await;
    assert_eq!(stage.writes(), Vec::<String>::new());
    stage.assert_logged("INFO", "done", "names no storage account");
    stage.check();
}

#[tokio::test]
async fn a_vault_that_is_not_allowed_is_not_even_asked() {
    let stage = Stage::start(|world, place| {
        world.add_vault(VaultSetup::new(SUBSCRIPTION, GROUP, "kv-other"));
        world.put_secret(target_secret("kv-other", SECRET, &place.account_id));
    })
    .await;
    stage.announce(&stage.world().secret("kv-other", SECRET).unwrap()).await;
    stage.settle().await;
    assert_eq!(stage.outcomes("Rotate"), []);
    stage.assert_logged("INFO", "ignore", "`kv-other` is not one of `ROTATOR_VAULTS`");
    // Nor does a message that somebody put on the queue get past the corridor's own check.
    stage
        .host
        .enqueue("rotations", &format!(r#"{{"vault":"kv-other","secret":"{SECRET}","askedBy":"a test"}}"#));
    stage.settle().await;
    assert_eq!(stage.sandbox.calls().len(), 0);
    stage.check();
}

#[tokio::test]
async fn datastores_that_hold_no_key_of_the_account_are_left_alone() {
    let service_principal = json!({
        "credentialsType": "ServicePrincipal",
        "clientId": "5a1f0c8e-1111-4222-8333-944444444444",
        "tenantId": "9b2e0c8e-1111-4222-8333-944444444444",
        "secrets": {"secretsType": "ServicePrincipal", "clientSecret": "FAKE_CLIENT_SECRET"}
    });
    let stage = Stage::start(|world, place| {
        let workspace = &place.workspace_id;
        world.add_storage_account(AccountSetup::new(SUBSCRIPTION, GROUP, "stother").container("data"));
        world.add_datastore(DatastoreSetup::blob(workspace, "other_account", "stother", "data"));
        let datastore = DatastoreSetup::blob(workspace, "by_identity", ACCOUNT, "data");
        world.add_datastore(datastore.credentials(service_principal));
        let datastore = DatastoreSetup::blob(workspace, "no_credentials", ACCOUNT, "data");
        world.add_datastore(datastore.credentials(json!({"credentialsType": "None"})));
        world.add_datastore(
            DatastoreSetup::blob(workspace, "unknown_type", ACCOUNT, "data")
                .field("datastoreType", json!("AzureUnheardOf")),
        );
    })
    .await;
    stage.near_expiry().await;
    assert_eq!(stage.published(), HeldKey::Key2);
    for name in ["other_account", "by_identity", "no_credentials", "unknown_type"] {
        let written =
            stage.writes().into_iter().filter(|call| call.contains(&format!("/datastores/{name}?")));
        assert_eq!(written.count(), 0, "{name}");
    }
    // What we cannot move stays on the key that still works, and stands in the way of the next rotation by its name.
    assert_eq!(stage.datastore("unknown_type"), HeldKey::Key1);
    stage.world().age(time::Duration::days(61));
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 1);
    stage.assert_logged(
        "ERROR",
        "blocked",
        "datastore of unknown type `unknown_type` of workspace `ws-ml` still holds `key1`",
    );
    stage.check();
}

#[tokio::test]
async fn every_other_field_of_a_datastore_survives() {
    let stage = Stage::start(|world, place| {
        let datastore = DatastoreSetup::blob(&place.workspace_id, "rich", ACCOUNT, "data")
            .field("description", json!("as it was"))
            .field("tags", json!({"owner": "somebody"}))
            .field("properties", json!({"a": "b"}))
            .field("serviceDataAccessAuthIdentity", json!("WorkspaceSystemAssignedIdentity"))
            .field("resourceGroup", json!(GROUP))
            .field("subscriptionId", json!(SUBSCRIPTION))
            .field("fieldOfTomorrow", json!({"nested": [1, 2.5, null, "x"]}));
        world.add_datastore(datastore);
    })
    .await;
    let before = stage.inspector.datastore(&stage.place.workspace_id, "rich").await.unwrap();
    stage.near_expiry().await;
    assert_eq!(stage.datastore("rich"), HeldKey::Key2);
    assert_eq!(stage.inspector.datastore(&stage.place.workspace_id, "rich").await.unwrap(), before);
    stage.check();
}
