use rotation::{Name, Scope, WorkspaceId};
use serde_json::{Value, json};
use time::macros::datetime;

use super::{CredentialsType, StorageSecret};
use crate::azure::in_process::{KEY1, Served, answer, json};
use crate::azure::{AccessKey, Cause, StorageResource};

const WORKSPACE: &str =
    "/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw";
const ACCOUNT: &str =
    "/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stml";

fn workspace() -> WorkspaceId {
    WORKSPACE.parse().unwrap()
}

#[tokio::test]
async fn a_name_cannot_lead_elsewhere() {
    let served = Served::by(|_, _| answer(200, &[], "{}"));
    for name in ["", "..", "a/b", "a?b", "a%2fb", "a#b", "a b"] {
        let read = served.azure.machine_learning.datastore_secret(&workspace(), name).await;
        assert!(matches!(read.unwrap_err().cause(), Cause::Unsendable(_)), "{name}");
    }
    assert!(served.lines().is_empty());
}

#[tokio::test]
async fn a_stored_secret_is_asked_for_without_a_body() {
    let body = json!({ "secretsType": "AccountKey", "key": KEY1 });
    let served = Served::by(move |_, _| json(200, &body));
    let secret = served.azure.machine_learning.datastore_secret(&workspace(), "blobs").await.unwrap();
    assert!(matches!(&secret, StorageSecret::AccountKey(key) if key.expose() == KEY1));
    assert!(!format!("{secret:?}").contains(&KEY1[..20]));
    let received = served.received();
    assert_eq!(received[0].body, "");
    assert_eq!(
        received[0].line,
        format!("POST management.azure.com{WORKSPACE}/datastores/blobs/listSecrets?api-version=2024-10-01")
    );
}

#[tokio::test]
async fn other_secrets_are_told_apart() {
    let read = async |body: Value| {
        let served = Served::by(move |_, _| json(200, &body));
        served.azure.machine_learning.datastore_secret(&workspace(), "blobs").await
    };
    for body in [
        json!({ "secretsType": "ServicePrincipal", "clientSecret": "s3cr3t" }),
        json!({ "secretsType": "Novel", "key": KEY1 }),
    ] {
        assert!(matches!(read(body).await.unwrap(), StorageSecret::Other));
    }
    let spelt = read(json!({ "secretsType": "accountkey", "key": KEY1 })).await.unwrap();
    assert!(matches!(spelt, StorageSecret::AccountKey(_)));
    let sas = read(json!({ "secretsType": "Sas", "sasToken": "?sv=1&sig=s3cr3t" })).await.unwrap();
    assert!(matches!(sas, StorageSecret::Sas(_)) && !format!("{sas:?}").contains("s3cr3t"));
    for body in [
        json!({ "secretsType": "AccountKey", "key": null }),
        json!({ "secretsType": "Sas", "key": KEY1 }),
        json!({ "secretsType": "Sas", "sasToken": ["s3cr3t"] }),
    ] {
        let error = read(body).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Malformed(_)));
        let text = crate::azure::error_chain(&error);
        assert!(!text.contains("s3cr3t") && !text.contains(&KEY1[..20]), "{text}");
    }
}

#[tokio::test]
async fn datastores_are_listed_with_what_they_are() {
    let body = json!({ "value": [
        { "name": "blobs", "systemData": {
            "createdAt": "2025-01-01T00:00:00Z", "lastModifiedAt": "2026-11-23T14:00:00.5+02:00",
            "lastModifiedBy": "someone", "lastModifiedByType": "User" },
          "properties": { "datastoreType": "AzureBlob", "accountName": "stml", "isDefault": true,
            "credentials": { "credentialsType": "AccountKey" } } },
        { "name": "files", "systemData": { "createdAt": "2025-01-01T00:00:00Z", "createdBy": "maker" },
          "properties": { "datastoreType": "AzureFile", "credentials": { "credentialsType": "sas" } } },
        { "name": "lake", "properties": { "datastoreType": "azuredatalakegen2", "credentials": { "credentialsType": "Kerberos" } } },
        { "name": "odd", "systemData": { "createdAt": "yesterday" }, "properties": {} },
    ] });
    let served = Served::by(move |_, _| json(200, &body));
    let found = served.azure.machine_learning.list_datastores(&workspace()).await.unwrap();
    let [blobs, files, lake, odd] = &found[..] else { panic!("{found:?}") };
    assert_eq!((blobs.account_name.as_deref(), files.account_name.as_deref()), (Some("stml"), None));
    assert_eq!(
        (&blobs.credentials, &files.credentials),
        (&CredentialsType::AccountKey, &CredentialsType::Sas)
    );
    assert!(blobs.is_default && !files.is_default);
    let last_modified = blobs.last_modified.as_ref().unwrap();
    assert_eq!(last_modified.at, datetime!(2026-11-23 12:00:00.5 UTC));
    assert_eq!((last_modified.by.as_deref(), last_modified.is_person), (Some("someone"), true));
    assert_eq!(files.last_modified.as_ref().unwrap().by.as_deref(), Some("maker"));
    assert_eq!(lake.credentials, CredentialsType::Other("Kerberos".into()));
    assert_eq!((&odd.last_modified, &odd.credentials), (&None, &CredentialsType::None));
}

#[tokio::test]
async fn only_types_that_are_known_to_take_other_credentials_are_said_to() {
    for (datastore_type, expected) in [
        (json!("AzureBlob"), true),
        (json!("AzureFile"), true),
        (json!("AzureDataLakeGen2"), true),
        (json!("azureblob"), true),
        (json!("AzureDataLakeGen1"), false),
        (json!("OneLake"), false),
        (json!("Hdfs"), false),
        (json!("AzureBlob2"), false),
        (json!(""), false),
        (Value::Null, false),
    ] {
        let body = json!({ "value": [{ "name": "a", "properties": { "datastoreType": datastore_type } }] });
        let served = Served::by(move |_, _| json(200, &body));
        let found = served.azure.machine_learning.list_datastores(&workspace()).await.unwrap();
        assert_eq!(found[0].is_of_known_type(), expected, "{datastore_type}");
    }
}

#[tokio::test]
async fn what_a_datastore_is_for_is_known_by_the_field_of_its_type() {
    let (container, share) = (StorageResource::container("data"), StorageResource::share("home"));
    for (properties, expected) in [
        (json!({ "datastoreType": "AzureBlob", "containerName": "data" }), container.clone()),
        (json!({ "datastoreType": "azuredatalakegen2", "filesystem": "data" }), container),
        (json!({ "datastoreType": "AzureFile", "fileShareName": "home" }), share),
        (json!({ "datastoreType": "AzureBlob", "fileShareName": "home", "filesystem": "data" }), None),
        (json!({ "datastoreType": "AzureFile", "fileShareName": null }), None),
        (json!({ "datastoreType": "AzureBlob", "containerName": "data/path" }), None),
        (json!({ "datastoreType": "AzureUnheardOf", "containerName": "data" }), None),
        (json!({ "containerName": "data" }), None),
    ] {
        let body = json!({ "value": [{ "name": "a", "properties": properties }] });
        let served = Served::by(move |_, _| json(200, &body));
        let found = served.azure.machine_learning.list_datastores(&workspace()).await.unwrap();
        assert_eq!(found[0].resource, expected, "{properties}");
    }
}

#[tokio::test]
async fn workspaces_are_listed_in_every_kind_of_scope() {
    let one = json!({ "id": WORKSPACE.to_uppercase(), "kind": "Hub", "properties": {
        "storageAccount": ACCOUNT, "provisioningState": "Succeeded" } });
    let scopes = [
        (Scope::Subscription(Name::new("0b1f")), "/subscriptions/0b1f".to_owned()),
        (
            Scope::ResourceGroup { subscription: Name::new("0b1f"), resource_group: Name::new("rg") },
            "/subscriptions/0b1f/resourceGroups/rg".to_owned(),
        ),
    ];
    for (scope, path) in scopes {
        let project =
            json!({ "id": WORKSPACE, "properties": { "hubResourceId": WORKSPACE, "storageAccount": null } });
        let page = json!({ "value": [one, project] });
        let served = Served::by(move |_, _| json(200, &page));
        let found = served.azure.machine_learning.list_workspaces(&scope).await.unwrap();
        assert_eq!(found[0].id, workspace());
        assert_eq!(found[0].storage_account, ACCOUNT.parse().ok());
        assert_eq!((&found[1].storage_account, &found[0].hub), (&None, &None));
        assert_eq!(found[1].hub, Some(workspace()));
        let kind = "Microsoft.MachineLearningServices/workspaces";
        assert_eq!(
            served.lines(),
            [format!("GET management.azure.com{path}/providers/{kind}?api-version=2024-10-01")]
        );
    }
    let served = Served::by(move |_, _| json(200, &one));
    let found = served.azure.machine_learning.list_workspaces(&Scope::Workspace(workspace())).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(served.lines(), [format!("GET management.azure.com{WORKSPACE}?api-version=2024-10-01")]);
}

#[tokio::test]
async fn a_workspace_may_have_cached_no_key() {
    for (body, expected) in [
        (json!({ "userStorageKey": KEY1 }), Some(KEY1)),
        (json!({ "userStorageKey": null }), None),
        (json!({ "userStorageKey": "" }), None),
        (json!({}), None),
    ] {
        let served = Served::by(move |_, _| json(200, &body));
        let cached = served.azure.machine_learning.cached_storage_key(&workspace()).await.unwrap();
        assert_eq!(cached.as_ref().map(AccessKey::expose), expected);
        assert_eq!(served.received()[0].body, "");
    }
}
