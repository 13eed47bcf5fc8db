//! What a person has to mend: nothing is regenerated, and the log names the subject and the mend.

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{ConnectionSetup, DatastoreSetup, Grant, HeldKey, KeyName, SasSetup};

use crate::stage::{ACCOUNT, SECRET, SUBSCRIPTION, Stage, VAULT, target_secret};

/// Asserts that the event led to nothing but an error line with `reason` and `hint`, which the host takes for done.
pub(crate) async fn assert_blocked(stage: &Stage, reason: &str, hint: &str) {
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published(), stage.secret().versions), (0, HeldKey::Key1, 1));
    stage.assert_logged("ERROR", "blocked", reason);
    stage.assert_logged("ERROR", "blocked", hint);
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);
    stage.check();
}

#[tokio::test]
async fn a_missing_role_blocks_until_it_arrives() {
    let everything = || Grant::everything_needed(format!("/subscriptions/{SUBSCRIPTION}"));
    let action = "Microsoft.MachineLearningServices/workspaces/connections/listSecrets/action";
    let stage = Stage::start(|world, _| world.set_grants(vec![everything().without(action)])).await;
    assert_blocked(&stage, action, "AzureML Data Scientist").await;
    stage.world().set_grants(vec![everything()]);
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn each_missing_role_is_named_with_its_mend() {
    for (action, role) in [
        ("Microsoft.Storage/storageAccounts/read", "Reader"),
        ("Microsoft.Storage/storageAccounts/listKeys/action", "Storage Account Key Operator Service Role"),
        (
            "Microsoft.Storage/storageAccounts/regenerateKey/action",
            "Storage Account Key Operator Service Role",
        ),
        ("Microsoft.KeyVault/vaults/secrets/getSecret/action", "Key Vault Secrets Officer"),
        ("Microsoft.MachineLearningServices/workspaces/read", "AzureML Data Scientist"),
        ("Microsoft.MachineLearningServices/workspaces/datastores/read", "AzureML Data Scientist"),
        ("Microsoft.KeyVault/vaults/secrets/readMetadata/action", "Key Vault Secrets Officer"),
        ("Microsoft.KeyVault/vaults/secrets/setSecret/action", "Key Vault Secrets Officer"),
        ("Microsoft.Storage/storageAccounts/blobServices/containers/write", "Storage Blob Data Owner"),
        ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", "Storage Blob Data Owner"),
    ] {
        let grant = Grant::everything_needed(format!("/subscriptions/{SUBSCRIPTION}")).without(action);
        let stage = Stage::start(|world, _| world.set_grants(vec![grant])).await;
        stage.near_expiry().await;
        assert_eq!((stage.published(), stage.secret().versions), (HeldKey::Key1, 1), "{action}");
        stage.assert_logged("ERROR", "blocked", role);
        stage.assert_logged("ERROR", "blocked", action);
        // What needs a person does not come back by itself.
        assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded], "{action}");
        stage.check();
    }
}

#[tokio::test]
async fn a_role_that_is_missing_after_the_publish_is_named_and_the_rest_is_done() {
    for (action, role, moved) in [
        (
            "Microsoft.MachineLearningServices/workspaces/datastores/write",
            "AzureML Data Scientist",
            HeldKey::Key1,
        ),
        (
            "Microsoft.MachineLearningServices/workspaces/resyncKeys/action",
            "AzureML Data Scientist",
            HeldKey::Key2,
        ),
    ] {
        let grant = Grant::everything_needed(format!("/subscriptions/{SUBSCRIPTION}")).without(action);
        let stage = Stage::start(|world, _| world.set_grants(vec![grant])).await;
        stage.near_expiry().await;
        assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{action}");
        assert_eq!(stage.datastore("workspacefilestore"), moved, "{action}");
        stage.assert_logged("ERROR", "blocked", role);
        assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded], "{action}");
        stage.check();
    }
}

#[tokio::test]
async fn a_role_that_is_missing_for_the_note_leaves_only_the_undated_holder() {
    let action = "Microsoft.KeyVault/vaults/secrets/update/action";
    let grant = Grant::everything_needed(format!("/subscriptions/{SUBSCRIPTION}")).without(action);
    let stage = Stage::start(|world, place| {
        world.set_grants(vec![grant]);
        let stray =
            |name| DatastoreSetup::blob(&place.workspace_id, name, ACCOUNT, "data").holding(KeyName::Key2);
        world.add_datastore(stray("dated"));
        world.add_datastore(stray("undated").undated());
    })
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.datastore("dated"), stage.datastore("undated")), (HeldKey::Key1, HeldKey::Key2));
    assert_eq!(stage.regenerations(), 0);
    stage.assert_logged("ERROR", "blocked", "Key Vault Secrets Officer");
    stage.check();
}

#[tokio::test]
async fn another_secret_for_the_same_account_blocks_by_its_name() {
    let stage = Stage::start(|world, place| {
        let other = azure_sandbox::SecretSetup::of_key(VAULT, "second", ACCOUNT, KeyName::Key2);
        world.put_secret(other.tag("ProviderAddress", place.account_id.as_str()));
    })
    .await;
    assert_blocked(
        &stage,
        "the secret `kv-ml/second` stands for the same storage account",
        "keep one secret",
    )
    .await;
}

#[tokio::test]
async fn a_locked_account_blocks() {
    let stage = Stage::start(|world, _| world.lock_account(ACCOUNT, true)).await;
    assert_blocked(&stage, "a ReadOnly lock on storage account `stml`", "az lock list").await;
}

#[tokio::test]
async fn an_account_that_refuses_keys_blocks() {
    let stage = Stage::start(|world, _| world.allow_shared_key(ACCOUNT, Some(false))).await;
    assert_blocked(&stage, "storage account `stml` does not allow access keys", "--allow-shared-key-access")
        .await;
}

#[tokio::test]
async fn incomplete_tags_block() {
    let stage = Stage::start(|world, place| {
        world.put_secret_outside(
            azure_sandbox::SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key1)
                .tag("ProviderAddress", place.account_id.as_str())
                .tag("ValidityPeriodDays", "90")
                .expires_in(time::Duration::days(29)),
        );
    })
    .await;
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 0);
    stage.assert_logged("ERROR", "blocked", "not `CredentialId`");
    stage.check();
}

#[tokio::test]
async fn the_host_s_own_account_by_key_is_never_rotated() {
    let own =
        "DefaultEndpointsProtocol=https;AccountName=stml;AccountKey=FAKE;EndpointSuffix=core.windows.net";
    let stage = Stage::start_with(|_, _| {}, &[("AzureWebJobsStorage", own)]).await;
    assert_blocked(
        &stage,
        "the function app's own (`AzureWebJobsStorage`)",
        "AzureWebJobsStorage__accountName",
    )
    .await;
}

#[tokio::test]
async fn a_disabled_secret_blocks() {
    let stage = Stage::start(|world, place| {
        world.put_secret_outside(target_secret(VAULT, "off", &place.account_id).disabled());
    })
    .await;
    let off = stage.world().secret(VAULT, "off").unwrap();
    stage.announce(&off).await;
    stage.settle().await;
    stage.assert_logged("ERROR", "blocked", "the secret is disabled");
    stage.check();
}

#[tokio::test]
async fn a_resync_that_may_not_be_watched_is_no_failure() {
    let action = "Microsoft.MachineLearningServices/locations/workspaceOperationsStatus/read";
    let grant = Grant::everything_needed(format!("/subscriptions/{SUBSCRIPTION}")).without(action);
    let stage = Stage::start(|world, _| world.set_grants(vec![grant])).await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.assert_logged("WARN", "resync", action);
    assert_eq!(stage.datastore("workspaceblobstore"), HeldKey::Key2);
    stage.check();
}

/// What a block asks for is what lifts it: with the built-in roles that the hints name, and no other, it rotates.
///
/// Source: Azure built-in roles, as of November 2026.
#[tokio::test]
async fn the_roles_that_the_hints_name_are_enough() {
    let grant = |scope: &str, actions: &[&str], not_actions: &[&str], data_actions: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Grant {
            scope: scope.to_owned(),
            actions: owned(actions),
            not_actions: owned(not_actions),
            data_actions: owned(data_actions),
            ..Grant::default()
        }
    };
    let workspaces = "Microsoft.MachineLearningServices/workspaces";
    let below = |suffix: &str| format!("{workspaces}/*/{suffix}");
    let stage = Stage::start(|world, place| {
        let subscription = format!("/subscriptions/{SUBSCRIPTION}");
        let reader = grant(&subscription, &["*/read"], &[], &[]);
        let data_scientist = grant(
            &subscription,
            &[&below("read"), &below("action"), &below("delete"), &below("write")],
            &[
                &format!("{workspaces}/delete"),
                &format!("{workspaces}/write"),
                &format!("{workspaces}/listKeys/action"),
                &format!("{workspaces}/computes/*/write"),
                &format!("{workspaces}/computes/*/delete"),
            ],
            &[],
        );
        let key_operator = grant(
            &place.account_id,
            &[
                "Microsoft.Storage/storageAccounts/listkeys/action",
                "Microsoft.Storage/storageAccounts/regeneratekey/action",
            ],
            &[],
            &[],
        );
        let vault =
            format!("{subscription}/resourceGroups/rg-ml/providers/Microsoft.KeyVault/vaults/{VAULT}");
        let secrets_officer = grant(&vault, &[], &[], &["Microsoft.KeyVault/vaults/secrets/*"]);
        let signed = DatastoreSetup::blob(&place.workspace_id, "signed", ACCOUNT, "data");
        world.add_datastore(signed.holding(SasSetup::account()));
        let connection = |name| ConnectionSetup::blob(&place.workspace_id, name, ACCOUNT, "data");
        world.add_connection(connection("connected"));
        world.add_connection(connection("signed").holding(SasSetup::container("data")));
        let containers = "Microsoft.Storage/storageAccounts/blobServices/containers";
        let blob_data_owner = grant(
            &place.host_storage_id,
            &[
                &format!("{containers}/*"),
                "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
            ],
            &[],
            &[&format!("{containers}/blobs/*")],
        );
        world.set_grants(vec![reader, data_scientist, key_operator, secrets_officer, blob_data_owner]);
    })
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    for name in ["workspaceblobstore", "signed"] {
        assert_eq!(stage.datastore(name), HeldKey::Key2, "{name}");
    }
    for name in ["connected", "signed"] {
        assert_eq!(stage.connection(name), HeldKey::Key2, "{name}");
    }
    stage.check();
}

#[tokio::test]
async fn a_datastore_that_names_no_account_blocks_once_it_holds_the_alternate() {
    let stage = Stage::start(|world, place| {
        let key = world.key_value(ACCOUNT, KeyName::Key2);
        let credentials = serde_json::json!({
            "credentialsType": "AccountKey",
            "secrets": {"secretsType": "AccountKey", "key": key.expose()}
        });
        let properties = serde_json::json!({"datastoreType": "AzureBlob", "protocol": "https"});
        world.add_datastore(
            DatastoreSetup::raw(&place.workspace_id, "nameless", properties).credentials(credentials),
        );
    })
    .await;
    assert_blocked(
        &stage,
        "`nameless` of workspace `ws-ml` still holds `key2`",
        "register the published key",
    )
    .await;
}
