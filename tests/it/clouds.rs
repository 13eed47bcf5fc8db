//! Every cloud: a rotation from end to end in each, and nothing of it goes to another.

use std::process::{Command, Output};

use azure_sandbox::{
    Cloud, ConnectionSetup, DatastoreSetup, HeldKey, KeyName, KeyValue, Sandbox, SandboxOptions,
    StorageService, World,
};
use serde_json::json;

use crate::rotation::application;
use crate::stage::{ACCOUNT, HOST_STORAGE, Place, SECRET, Stage, VAULT};
use crate::traffic::recording;

type Settings = Vec<(String, String)>;

fn settings<const N: usize>(variables: [(&str, &str); N]) -> Settings {
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// A datastore and a connection that name an account like ours, in a cloud that it is not in.
fn furnish_elsewhere(world: &World, place: &Place, suffix: &str) {
    let key = KeyValue::random();
    let datastore = DatastoreSetup::blob(&place.workspace_id, "elsewhere", ACCOUNT, "data");
    world.add_datastore(
        datastore.field("endpoint", json!(suffix)).holding(azure_sandbox::Holding::Value(key)),
    );
    let target = json!(format!("https://{ACCOUNT}.blob.{suffix}/data"));
    let connection = ConnectionSetup::blob(&place.workspace_id, "elsewhere", ACCOUNT, "data");
    world.add_connection(connection.field("target", target));
}

/// Rotates in `cloud`, and asserts that all of it was done there and nothing elsewhere.
async fn rotates(cloud: Cloud, foreign_suffix: &str, settings: Settings) -> Stage {
    let furnish = |world: &World, place: &Place| furnish_elsewhere(world, place, foreign_suffix);
    let stage = Stage::start_in_cloud(cloud, furnish, |_| settings).await;
    let id = &stage.place.workspace_id;
    let elsewhere = stage.inspector.whole_datastore(id, "elsewhere").await.unwrap();
    stage.near_expiry().await;

    let new = stage.world().key_value(ACCOUNT, KeyName::Key2);
    let (value, bundle) = stage.inspector.secret(VAULT, SECRET).await.unwrap();
    assert_eq!(value.expose(), new.expose());
    assert_eq!(bundle["tags"]["CredentialId"], "key2");
    for (name, service, container) in [
        ("workspaceblobstore", StorageService::Blob, "data"),
        ("workspacefilestore", StorageService::File, "home"),
    ] {
        let key = stage.inspector.datastore_key(id, name).await.unwrap();
        stage.inspector.open(ACCOUNT, service, container, &key).await.unwrap();
        assert_eq!(key.expose(), new.expose(), "{name}");
    }
    assert_eq!(stage.inspector.cached_key(id).await.unwrap().expose(), new.expose());
    assert_eq!((stage.regenerations(), stage.secret().versions), (1, 2));
    assert_eq!(stage.inspector.whole_datastore(id, "elsewhere").await.unwrap(), elsewhere);
    stage.assert_logged("INFO", "publish", "published `key2`");
    stage.check();
    stage
}

#[tokio::test]
async fn a_rotation_in_the_cloud_of_the_us_government() {
    let settings = settings([("AZURE_CLOUD", "AzureUSGovernment")]);
    let stage = rotates(Cloud::us_government(), "core.windows.net", settings).await;
    assert_eq!(stage.sandbox.call_count("Metadata_Endpoints"), 0);
}

#[tokio::test]
async fn a_rotation_in_the_cloud_in_china() {
    let settings = settings([("AZURE_CLOUD", "azurechinacloud")]);
    rotates(Cloud::china(), "core.usgovcloudapi.net", settings).await;
}

#[tokio::test]
async fn a_rotation_in_the_public_cloud_by_its_name() {
    rotates(Cloud::public(), "core.chinacloudapi.cn", settings([("AZURE_CLOUD", "AzureCloud")])).await;
}

#[tokio::test]
async fn a_rotation_in_a_cloud_that_describes_itself() {
    let cloud = Cloud::example();
    let settings = settings([("ARM_CLOUD_METADATA_URL", &cloud.metadata_url("2022-09-01"))]);
    let stage = rotates(cloud, "core.windows.net", settings).await;
    assert_eq!(stage.sandbox.call_count("Metadata_Endpoints"), 1);
}

#[tokio::test]
async fn a_rotation_in_a_cloud_that_describes_itself_in_a_list() {
    let cloud = Cloud::example();
    let settings = settings([
        ("ARM_CLOUD_METADATA_URL", &cloud.metadata_url("2019-10-01")),
        ("AZURE_CLOUD", "AzureExampleCloud"),
    ]);
    rotates(cloud, "core.chinacloudapi.cn", settings).await;
}

#[tokio::test]
async fn a_known_cloud_is_found_by_its_description_too() {
    let cloud = Cloud::public();
    let settings = settings([
        ("ARM_CLOUD_METADATA_URL", &cloud.metadata_url("2019-05-01")),
        ("AZURE_CLOUD", "AzureCloud"),
    ]);
    rotates(cloud, "core.chinacloudapi.cn", settings).await;
}

#[tokio::test]
async fn a_client_secret_is_shown_to_the_login_of_its_cloud_alone() {
    for (cloud, login) in [
        (Cloud::china(), "https://login.chinacloudapi.cn/"),
        (Cloud::us_government(), "https://login.microsoftonline.us/"),
    ] {
        let furnish = |world: &World, _: &Place| world.set_client_secret("FAKE_CLIENT_SECRET");
        let settings = |world: &World| {
            let named = settings([("AZURE_CLOUD", cloud.name())]);
            [named, application(world, "FAKE_CLIENT_SECRET")].concat()
        };
        let stage = Stage::start_in_cloud(cloud, furnish, settings).await;
        stage.near_expiry().await;
        assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
        let calls = stage.sandbox.calls();
        let logins: Vec<_> = calls.iter().filter(|call| call.operation == "Token").collect();
        assert!(!logins.is_empty() && logins.iter().all(|call| call.url.starts_with(login)));
        assert_eq!(stage.sandbox.call_count("ManagedIdentity_Token"), 0);
        stage.check();
    }
}

/// Starts the handler by itself in a sandbox of the made-up cloud, and gives how it ended.
async fn serve(settings: Settings) -> (Sandbox, Output) {
    let options = SandboxOptions { cloud: Cloud::example(), ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let _traffic = recording(&sandbox);
    let mut command = Command::new(env!("CARGO_BIN_EXE_aml-key-rotator"));
    command.arg("serve").env_clear().envs(sandbox.environment()).envs(settings);
    command.envs([
        ("FUNCTIONS_CUSTOMHANDLER_PORT", "1"),
        ("ROTATOR_MODE", "observe"),
        ("ROTATOR_VAULTS", VAULT),
        ("AzureWebJobsStorage__accountName", HOST_STORAGE),
    ]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    (sandbox, output)
}

#[tokio::test]
async fn a_cloud_that_cannot_be_known_ends_the_start() {
    let described = |url: String| settings([("ARM_CLOUD_METADATA_URL", &url)]);
    let own = |version| described(Cloud::example().metadata_url(version));
    let misnamed = [own("2022-09-01"), settings([("AZURE_CLOUD", "AzureOtherCloud")])].concat();
    for (settings, said) in [
        (settings([("AZURE_CLOUD", "AzureExampleCloud")]), "`AZURE_CLOUD` is `AzureExampleCloud`"),
        (described("http://management.azure.example/metadata/endpoints".to_owned()), "no https address"),
        (own("2015-01-01"), "its `resourceManager` is missing"),
        (own("2030-01-01"), "501"),
        (misnamed, "`AzureExampleCloud`: name the right one in `AZURE_CLOUD`"),
    ] {
        let (sandbox, output) = serve(settings).await;
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(said), "{error}");
        assert_eq!(sandbox.refused_hosts().len(), 0);
        assert_eq!(sandbox.call_count("ManagedIdentity_Token"), 0);
    }
}

#[tokio::test]
async fn a_cloud_that_is_not_reached_ends_the_start_after_a_few_tries() {
    let url = Cloud::china().metadata_url("2022-09-01");
    let (sandbox, output) = serve(settings([("ARM_CLOUD_METADATA_URL", &url)])).await;
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("correct `ARM_CLOUD_METADATA_URL`"), "{error}");
    assert_eq!(sandbox.refused_hosts()["management.chinacloudapi.cn:443"], 4);
}
