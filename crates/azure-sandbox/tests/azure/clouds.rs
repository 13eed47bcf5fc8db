//! The sandbox under the names of each cloud, and under no other's.

use azure_sandbox::*;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::*;

/// What is expected of a cloud, written down anew.
struct Expected {
    cloud: Cloud,
    resource_manager: &'static str,
    login: &'static str,
    vaults: &'static str,
    storage: &'static str,
    /// The audiences of its Azure Resource Manager.
    audiences: &'static [&'static str],
}

const EXPECTED: [Expected; 4] = [
    Expected {
        cloud: Cloud::public(),
        resource_manager: "management.azure.com",
        login: "login.microsoftonline.com",
        vaults: "vault.azure.net",
        storage: "core.windows.net",
        audiences: &["https://management.azure.com", "https://management.core.windows.net/"],
    },
    Expected {
        cloud: Cloud::us_government(),
        resource_manager: "management.usgovcloudapi.net",
        login: "login.microsoftonline.us",
        vaults: "vault.usgovcloudapi.net",
        storage: "core.usgovcloudapi.net",
        audiences: &["https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net"],
    },
    Expected {
        cloud: Cloud::china(),
        resource_manager: "management.chinacloudapi.cn",
        login: "login.chinacloudapi.cn",
        vaults: "vault.azure.cn",
        storage: "core.chinacloudapi.cn",
        audiences: &["https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn"],
    },
    Expected {
        cloud: Cloud::example(),
        resource_manager: "management.azure.example",
        login: "login.azure.example",
        vaults: "vault.azure.example",
        storage: "core.azure.example",
        audiences: &["https://management.example.onmicrosoft.com/5ca1ab1e"],
    },
];

impl Expected {
    fn hosts(&self) -> [String; 4] {
        [
            self.resource_manager.to_owned(),
            self.login.to_owned(),
            format!("{VAULT}.{}", self.vaults),
            format!("{ACCOUNT}.blob.{}", self.storage),
        ]
    }

    fn vault_audience(&self) -> String {
        format!("https://{}", self.vaults)
    }

    async fn start(&self) -> Azure {
        Azure::start_with(SandboxOptions { cloud: self.cloud, ..SandboxOptions::default() }).await
    }

    fn account_url(&self, azure: &Azure) -> String {
        format!("https://{}{}?api-version=2024-01-01", self.resource_manager, azure.account)
    }
}

async fn get(azure: &Azure, url: &str, audience: Option<&str>) -> Response {
    let mut request = azure.client.get(url);
    if let Some(audience) = audience {
        request = request.bearer_auth(azure.token(audience).await);
    }
    request.send().await.unwrap()
}

async fn json_of(azure: &Azure, url: &str, audience: &str) -> Value {
    let response = get(azure, url, Some(audience)).await;
    assert_eq!(response.status(), 200, "{url}");
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_cloud_has_its_own_hosts_and_no_others() {
    for own in &EXPECTED {
        let azure = own.start().await;
        for host in own.hosts() {
            get(&azure, &format!("https://{host}/"), None).await;
        }
        assert_eq!(azure.sandbox.refused_hosts().len(), 0, "{:?}", azure.sandbox.refused_hosts());
        let others = EXPECTED.iter().filter(|other| other.cloud != own.cloud).flat_map(Expected::hosts);
        let others: Vec<String> = others.collect();
        for host in &others {
            assert!(azure.client.get(format!("https://{host}/")).send().await.is_err(), "{host}");
        }
        assert_eq!(azure.sandbox.refused_hosts().len(), others.len());
    }
}

#[tokio::test]
async fn every_address_that_it_gives_is_its_own() {
    for own in &EXPECTED {
        let azure = own.start().await;
        let account = json_of(&azure, &own.account_url(&azure), own.audiences[0]).await;
        for (service, endpoint) in account["properties"]["primaryEndpoints"].as_object().unwrap() {
            assert_eq!(*endpoint, format!("https://{ACCOUNT}.{service}.{}/", own.storage));
        }
        let vault = format!("https://{VAULT}.{}", own.vaults);
        let secret = format!("{vault}/secrets/{SECRET}?api-version=7.5");
        let challenged = get(&azure, &secret, None).await;
        let tenant = azure.world().principal().tenant_id;
        assert_eq!(
            challenged.headers()["www-authenticate"],
            format!(
                "Bearer authorization=\"https://{}/{tenant}\", resource=\"https://{}\"",
                own.login, own.vaults
            )
        );
        let bundle = json_of(&azure, &secret, &own.vault_audience()).await;
        assert!(bundle["id"].as_str().unwrap().starts_with(&format!("{vault}/secrets/{SECRET}/")));
        let event =
            azure.world().secret(VAULT, SECRET).unwrap().event(event_grid::SecretEventKind::NearExpiry);
        assert_eq!(event.version_url, bundle["id"]);
        let unauthorized = get(&azure, &own.account_url(&azure), None).await;
        let challenge = unauthorized.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains(&format!("https://{}/{tenant}", own.login)), "{challenge}");
    }
}

#[tokio::test]
async fn links_lead_back_to_it() {
    for own in &EXPECTED {
        let azure = own.start().await;
        azure.world().add_workspace(WorkspaceSetup::new(SUBSCRIPTION, GROUP, "another", &azure.account));
        azure.world().adjust(|behaviour| behaviour.page_size = 1);
        let origin = format!("https://{}/", own.resource_manager);
        let workspaces = "providers/Microsoft.MachineLearningServices/workspaces";
        let url = format!("{origin}subscriptions/{SUBSCRIPTION}/{workspaces}?api-version={ML_VERSION}");
        let page = json_of(&azure, &url, own.audiences[0]).await;
        assert!(page["nextLink"].as_str().unwrap().starts_with(&origin), "{page}");
        let url = format!("{origin}{}/resyncKeys?api-version={ML_VERSION}", &azure.workspace[1..]);
        let request = azure.client.post(&url).bearer_auth(azure.token(own.audiences[0]).await);
        let started = request.header("content-length", "0").send().await.unwrap();
        let location = started.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(&origin), "{location}");
    }
}

#[tokio::test]
async fn a_token_is_for_one_audience_of_one_cloud() {
    for own in &EXPECTED {
        let azure = own.start().await;
        for audience in own.audiences {
            json_of(&azure, &own.account_url(&azure), audience).await;
        }
        let vault = own.vault_audience();
        assert_eq!(get(&azure, &own.account_url(&azure), Some(&vault)).await.status(), 401);
        let secret = format!("https://{VAULT}.{}/secrets/{SECRET}?api-version=7.5", own.vaults);
        assert_eq!(get(&azure, &secret, Some(own.audiences[0])).await.status(), 401);

        let environment = azure.sandbox.environment();
        let others = EXPECTED.iter().filter(|other| other.cloud != own.cloud);
        for foreign in others.flat_map(|other| [other.audiences[0].to_owned(), other.vault_audience()]) {
            let endpoint = &environment["IDENTITY_ENDPOINT"];
            let request = azure.client.get(format!("{endpoint}?api-version=2019-08-01&resource={foreign}"));
            let request = request.header("x-identity-header", &environment["IDENTITY_HEADER"]);
            assert_eq!(request.send().await.unwrap().status(), 400, "{foreign}");
        }
    }
}

#[tokio::test]
async fn a_client_secret_is_taken_at_its_own_login_for_its_own_audiences() {
    for own in &EXPECTED {
        let azure = own.start().await;
        azure.world().set_client_secret("let me in");
        let principal = azure.world().principal();
        let url = format!("https://{}/{}/oauth2/v2.0/token", own.login, principal.tenant_id);
        for expected in &EXPECTED {
            let body = format!(
                "grant_type=client_credentials&client_id={}&client_secret=let+me+in&scope={}/.default",
                principal.client_id, expected.audiences[0]
            );
            let answer = azure.client.post(&url).body(body).send().await.unwrap();
            let status = if expected.cloud == own.cloud { 200 } else { 400 };
            assert_eq!(answer.status(), status, "{} at {}", expected.audiences[0], own.login);
        }
    }
}

#[tokio::test]
async fn a_cloud_describes_itself_to_everybody() {
    for own in &EXPECTED {
        let azure = own.start().await;
        let describe = async |version: &str| {
            let url = own.cloud.metadata_url(version);
            assert!(url.starts_with(&format!("https://{}/metadata/endpoints?", own.resource_manager)));
            get(&azure, &url, None).await
        };
        let one: Value = describe("2022-09-01").await.json().await.unwrap();
        assert_eq!(one["name"], own.cloud.name());
        assert_eq!(one["resourceManager"], format!("https://{}/", own.resource_manager));
        assert_eq!(one["authentication"]["loginEndpoint"], format!("https://{}/", own.login));
        assert_eq!(one["suffixes"], json!({ "keyVaultDns": own.vaults, "storage": own.storage }));
        for audience in one["authentication"]["audiences"].as_array().unwrap() {
            json_of(&azure, &own.account_url(&azure), audience.as_str().unwrap()).await;
        }
        for version in ["2019-05-01", "2019-10-01", "2020-06-01"] {
            let list: Vec<Value> = describe(version).await.json().await.unwrap();
            assert_eq!(list.len(), if own.cloud == Cloud::public() { 3 } else { 1 });
            assert!(list.contains(&one));
        }
        let oldest: Value = describe("2015-01-01").await.json().await.unwrap();
        assert_eq!(oldest.get("suffixes"), None);
        assert_eq!(describe("2030-01-01").await.status(), 501);
    }
}

#[tokio::test]
async fn who_is_on_an_account_of_another_cloud_does_not_depend_on_ours() {
    let azure = Azure::start().await;
    let world = azure.world();
    let elsewhere = DatastoreSetup::blob(&azure.workspace, "elsewhere", ACCOUNT, "data");
    world.add_datastore(elsewhere.field("endpoint", json!("core.chinacloudapi.cn")));
    let elsewhere = ConnectionSetup::blob(&azure.workspace, "elsewhere", ACCOUNT, "data");
    let target = json!(format!("https://{ACCOUNT}.blob.core.chinacloudapi.cn/data"));
    world.add_connection(elsewhere.field("target", target));
    let dependents = world.dependents_of(ACCOUNT);
    let names: Vec<String> = dependents.iter().map(|each| format!("{:?}", each.dependent)).collect();
    assert!(!names.is_empty() && names.iter().all(|name| !name.contains("elsewhere")), "{names:?}");
}
