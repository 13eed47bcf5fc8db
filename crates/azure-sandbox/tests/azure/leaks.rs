//! Whatever of a call is not there to carry a secret value must carry none.

use azure_sandbox::PlaceKind::{RequestBody, RequestHeader, ResponseBody, ResponseHeader, Url};
use azure_sandbox::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::*;

const FUNCTION_KEY: &str = "b3JjaGFyZC1vbi10aGUtaGlsbC1hbmQtYS1yaXZlcg_-x9==";
const SIGNATURE: &str = "K+9dZ/3mQxW0b7+Ylo2Vt/uGh5sJrE8cNa4FiPq6TkU=";
const STORE: &str = "/datastores/workspaceblobstore";

fn vault_url(rest: &str) -> String {
    format!("https://{VAULT}.vault.azure.net/{rest}?api-version=7.5")
}

fn sas_token() -> String {
    let signature = SIGNATURE.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("?sv=2026-10-06&sr=c&sp=r&sig={signature}")
}

/// A value of each kind that is searched, with its owner.
async fn secrets(azure: &Azure) -> [(Credential, String); 6] {
    let world = azure.world();
    let dead = world.key_value(ACCOUNT, KeyName::Key2);
    world.regenerate_outside(ACCOUNT, KeyName::Key2);
    world.learn("default", FUNCTION_KEY);
    let with_sas = DatastoreSetup::blob(&azure.workspace, "with-sas", ACCOUNT, "data");
    world.add_datastore(with_sas.holding(Holding::Sas(sas_token())));
    world.add_connection(ConnectionSetup::blob(&azure.workspace, "storage", ACCOUNT, "data"));
    let token = azure.token("https://management.azure.com").await;
    let access_key = |key| Credential::AccessKey { account: ACCOUNT.to_owned(), key };
    let holder = Dependent::Datastore { workspace: "workspace".to_owned(), name: "with-sas".to_owned() };
    [
        (access_key(KeyName::Key1), world.key_value(ACCOUNT, KeyName::Key1).expose().to_owned()),
        (access_key(KeyName::Key2), dead.expose().to_owned()),
        (Credential::HostKey { name: "default".to_owned() }, FUNCTION_KEY.to_owned()),
        (Credential::SasSignature { holder }, SIGNATURE.to_owned()),
        (
            Credential::BearerToken { audience: "https://management.azure.com".to_owned() },
            token.rsplit('.').next().unwrap().to_owned(),
        ),
        (Credential::IdentityHeader, azure.sandbox.environment()["IDENTITY_HEADER"].clone()),
    ]
}

fn encoded(value: &str) -> String {
    value.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

/// The properties of a datastore or connection, with one more field.
async fn with_field(azure: &Azure, rest: &str, field: &str, value: Value) -> Value {
    let mut properties = azure.get(&azure.workspace_url(rest)).await.1["properties"].clone();
    let key = azure.world().key_value(ACCOUNT, KeyName::Key1);
    if rest.starts_with("/datastores") {
        properties["credentials"]["secrets"]["key"] = json!(key.expose());
    } else {
        properties["credentials"] = json!({ "key": key.expose() });
    }
    properties[field] = value;
    json!({ "properties": properties })
}

/// A value that is about to be where it has no business.
struct Planted {
    azure: Azure,
    credential: Credential,
    value: String,
}

impl Planted {
    /// One of [`secrets`]: each place is tried with one kind, and each kind in some places. That every kind is found in
    /// every encoding is shown by the tests of the search itself.
    async fn new(which: usize) -> Self {
        let azure = Azure::start().await;
        let (credential, value) = secrets(&azure).await.into_iter().nth(which).unwrap();
        Self { azure, credential, value }
    }

    /// The value is found in each of these places and in no other, and is told by its name alone.
    #[track_caller]
    fn assert_found_in(self, expected: &[(PlaceKind, &str)]) {
        let found = self.azure.world().leaks();
        let places: Vec<(PlaceKind, &str)> =
            found.iter().map(|(place, _)| (place.kind, place.name.as_str())).collect();
        assert_eq!(places, expected);
        assert!(found.iter().all(|(_, leak)| leak.credential == self.credential), "{found:?}");
        for violation in self.azure.world().violations() {
            let text = format!("{violation} {violation:?}");
            assert!(self.azure.world().leak_in(&text).is_none() && !text.contains(&self.value[..8]));
        }
        self.azure.no_leaks.allow_what_was_planted();
    }
}

#[tokio::test]
async fn a_value_in_a_url_is_found() {
    let planted = Planted::new(0).await;
    planted.azure.get(&format!("{}&note={}", planted.azure.workspace_url(""), encoded(&planted.value))).await;
    planted.assert_found_in(&[(Url, "Workspaces_Get")]);
}

#[tokio::test]
async fn a_value_in_a_url_that_the_sandbox_repeats_is_found_twice() {
    let planted = Planted::new(1).await;
    let url = format!("https://management.azure.com/{}?api-version=1", encoded(&planted.value));
    assert_eq!(planted.azure.get(&url).await.0, 501);
    planted.assert_found_in(&[(Url, "Refused"), (ResponseBody, "Refused")]);
}

#[tokio::test]
async fn a_value_in_a_header_of_a_request_is_found() {
    let planted = Planted::new(2).await;
    let token = planted.azure.token("https://management.azure.com").await;
    let request = planted.azure.client.get(planted.azure.workspace_url("")).bearer_auth(token);
    request.header("x-ms-client-request-id", &planted.value).send().await.unwrap();
    planted.assert_found_in(&[(RequestHeader, "Workspaces_Get, x-ms-client-request-id")]);
}

#[tokio::test]
async fn a_value_in_a_header_that_comes_back_is_found_twice() {
    let planted = Planted::new(3).await;
    let url = format!("https://{ACCOUNT}.blob.core.windows.net/data?restype=container");
    planted.azure.client.get(url).header("x-ms-version", &planted.value).send().await.unwrap();
    let name = "Container_GetProperties, x-ms-version";
    planted.assert_found_in(&[(RequestHeader, name), (ResponseHeader, name)]);
}

#[tokio::test]
async fn a_value_in_the_body_of_a_request_is_found() {
    let planted = Planted::new(4).await;
    let body = json!({ "keyName": "key2", "note": planted.value });
    assert_eq!(planted.azure.post(&planted.azure.account_url("/regenerateKey"), Some(body)).await.0, 200);
    planted.assert_found_in(&[(RequestBody, "StorageAccounts_RegenerateKey")]);
}

#[tokio::test]
async fn a_value_in_another_field_of_a_datastore_is_found() {
    let planted = Planted::new(5).await;
    let body = with_field(&planted.azure, STORE, "description", json!(planted.value)).await;
    assert_eq!(planted.azure.put(&planted.azure.workspace_url(STORE), body).await.0, 200);
    let name = "Datastores_CreateOrUpdate";
    planted.assert_found_in(&[(RequestBody, name), (ResponseBody, name)]);
}

#[tokio::test]
async fn a_value_in_another_field_of_a_connection_is_found() {
    let planted = Planted::new(1).await;
    let note = json!({ "note": planted.value });
    let body = with_field(&planted.azure, "/connections/storage", "metadata", note).await;
    assert_eq!(planted.azure.put(&planted.azure.workspace_url("/connections/storage"), body).await.0, 200);
    let name = "WorkspaceConnections_Create";
    planted.assert_found_in(&[(RequestBody, name), (ResponseBody, name)]);
}

#[tokio::test]
async fn a_value_in_a_tag_of_a_secret_is_found_when_it_is_written_and_when_it_is_read() {
    let planted = Planted::new(2).await;
    let key = planted.azure.world().key_value(ACCOUNT, KeyName::Key1);
    let body = json!({ "value": key.expose(), "tags": { "note": planted.value } });
    let url = vault_url(&format!("secrets/{SECRET}"));
    assert_eq!(planted.azure.put(&url, body).await.0, 200);
    assert_eq!(planted.azure.get(&url).await.0, 200);
    assert_eq!(planted.azure.get(&vault_url("secrets")).await.0, 200);
    let (set, got) = ("SetSecret", "GetSecret");
    let listed = (ResponseBody, "GetSecrets");
    planted.assert_found_in(&[(RequestBody, set), (ResponseBody, set), (ResponseBody, got), listed]);
}

/// All that is there to carry a key or a signature, whether or not the caller is let in.
#[tokio::test]
async fn what_a_call_is_there_to_carry_is_no_leak() {
    let azure = Azure::start().await;
    secrets(&azure).await;
    for action in ["/listKeys", ""] {
        let method = if action.is_empty() { Method::GET } else { Method::POST };
        assert!(azure.send(method, &azure.account_url(action), None).await.status().is_success());
    }
    assert_eq!(azure.regenerate(KeyName::Key2).await.0, 200);
    for rest in ["/listKeys", "/listStorageAccountKeys", "/connections/storage/listsecrets"] {
        assert_eq!(azure.post(&azure.workspace_url(rest), None).await.0, 200, "{rest}");
    }
    for store in ["workspaceblobstore", "with-sas"] {
        let url = azure.workspace_url(&format!("/datastores/{store}/listSecrets"));
        assert_eq!(azure.post(&url, None).await.0, 200);
    }
    let store = with_field(&azure, STORE, "description", Value::Null).await;
    let connection = with_field(&azure, "/connections/storage", "isSharedToAll", json!(true)).await;
    let mut with_sas = store.clone();
    with_sas["properties"]["credentials"] =
        json!({ "credentialsType": "Sas", "secrets": { "secretsType": "Sas", "sasToken": sas_token() } });
    let key = azure.world().key_value(ACCOUNT, KeyName::Key1);
    let puts = [
        (azure.workspace_url(STORE), store),
        (azure.workspace_url("/datastores/with-sas"), with_sas),
        (azure.workspace_url("/connections/storage"), connection),
        (vault_url(&format!("secrets/{SECRET}")), json!({ "value": key.expose() })),
    ];
    for (url, body) in &puts {
        assert_eq!(azure.put(url, body.clone()).await.0, 200, "{url}");
        let unknown = azure.client.put(url).bearer_auth("unknown").json(body).send().await.unwrap();
        assert_eq!(unknown.status(), 401);
    }
    azure.get(&vault_url(&format!("secrets/{SECRET}"))).await;
    azure.world().set_grants(Vec::new());
    for (url, body) in puts {
        assert_eq!(azure.put(&url, body).await.0, 403, "{url}");
    }
    let blob = format!("https://{ACCOUNT}.blob.core.windows.net/data{}&restype=container", sas_token());
    azure.client.get(blob).send().await.unwrap();
    let login = "https://login.microsoftonline.com/tenant/oauth2/v2.0/token";
    azure.world().set_client_secret(STANDARD.encode([7; 40]));
    let form = format!("grant_type=client_credentials&client_secret={}", encoded(&STANDARD.encode([7; 40])));
    azure.client.post(login).body(form).send().await.unwrap();
    assert_eq!(azure.world().leaks(), []);
}

#[tokio::test]
async fn traffic_is_written_out_without_any_secret_value() {
    let azure = Azure::start().await;
    secrets(&azure).await;
    azure.regenerate(KeyName::Key2).await;
    azure.get(&vault_url(&format!("secrets/{SECRET}"))).await;
    azure.post(&azure.workspace_url("/datastores/with-sas/listSecrets"), None).await;
    azure.post(&azure.workspace_url("/connections/storage/listsecrets"), None).await;
    let blob = format!("https://{ACCOUNT}.blob.core.windows.net/data{}&restype=container", sas_token());
    azure.client.get(blob).send().await.unwrap();

    let file = tempfile::NamedTempFile::new().unwrap();
    azure.sandbox.write_traffic(file.path()).unwrap();
    let text = std::fs::read_to_string(file.path()).unwrap();
    assert_eq!(azure.world().leak_in(&text), None);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), azure.sandbox.calls().len());
    let token = lines.iter().find_map(|line| line["responseBody"]["sasToken"].as_str()).unwrap();
    let masked = "?sv=2026-10-06&sr=c&sp=r&sig=A%41AAA%41";
    assert!(token.starts_with(masked) && token.len() == sas_token().len(), "{token}");
}

#[tokio::test]
async fn traffic_with_a_value_in_a_form_that_cannot_be_replaced_is_not_written_out() {
    let azure = Azure::start().await;
    secrets(&azure).await;
    let encoded_twice = encoded(SIGNATURE).replace('%', "%25");
    let body = json!({ "keyName": "key2", "note": encoded_twice });
    azure.post(&azure.account_url("/regenerateKey"), Some(body)).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let refusal = azure.sandbox.write_traffic(file.path()).unwrap_err().to_string();
    let holder = "the shared access signature of datastore `with-sas` of workspace `workspace`";
    assert_eq!(
        refusal,
        format!("a call of StorageAccounts_RegenerateKey gives away {holder}, percent-encoded")
    );
    assert_eq!(azure.world().leak_in(std::fs::read(file.path()).unwrap()), None);
    azure.no_leaks.allow_what_was_planted();
}
