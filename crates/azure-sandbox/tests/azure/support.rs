//! A small Azure with one of everything, and a client with a token.

use std::collections::BTreeMap;

use azure_sandbox::*;
use reqwest::{Method, Response};
use serde_json::Value;
use time::Duration;

pub(crate) const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const GROUP: &str = "group";
pub(crate) const ACCOUNT: &str = "stacct";
pub(crate) const VAULT: &str = "rotation-vault";
pub(crate) const SECRET: &str = "stacct-key";
pub(crate) const ML_VERSION: &str = "2024-10-01";

pub(crate) struct Azure {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: reqwest::Client,
    pub(crate) account: String,
    pub(crate) workspace: String,
    /// Whose tokens it gets.
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) no_leaks: LeakGuard,
}

/// The status of an answer and its body, null where there is none.
pub(crate) type Answer = (u16, Value);

impl Azure {
    /// One account, one workspace with a default datastore on key1, and a vault that has published key1.
    pub(crate) async fn start() -> Self {
        Self::start_with(SandboxOptions::default()).await
    }

    pub(crate) async fn start_with(options: SandboxOptions) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let world = sandbox.world();
        let account = world.add_storage_account(
            AccountSetup::new(SUBSCRIPTION, GROUP, ACCOUNT)
                .container("data")
                .share("files")
                .hierarchical_namespace(),
        );
        let workspace = world.add_workspace(WorkspaceSetup::new(SUBSCRIPTION, GROUP, "workspace", &account));
        world.add_datastore(
            DatastoreSetup::blob(&workspace, "workspaceblobstore", ACCOUNT, "data").default_datastore(),
        );
        world.add_vault(VaultSetup::new(SUBSCRIPTION, GROUP, VAULT));
        world.put_secret(
            SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key1)
                .tag("CredentialId", "key1")
                .tag("ProviderAddress", &account)
                .tag("ValidityPeriodDays", "90")
                .expires_in(Duration::days(20)),
        );
        let client = sandbox.https_client().unwrap();
        let no_leaks = world.must_not_leak();
        let environment = sandbox.environment();
        Self { client, account, workspace, sandbox, environment, no_leaks }
    }

    pub(crate) fn world(&self) -> &World {
        self.sandbox.world()
    }

    /// A token from the managed identity endpoint.
    pub(crate) async fn token(&self, resource: &str) -> String {
        let endpoint = &self.environment["IDENTITY_ENDPOINT"];
        let response = self
            .client
            .get(format!("{endpoint}?api-version=2019-08-01&resource={resource}"))
            .header("x-identity-header", &self.environment["IDENTITY_HEADER"])
            .send()
            .await
            .unwrap();
        let body: Value = response.json().await.unwrap();
        body["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn send(&self, method: Method, url: &str, body: Option<Value>) -> Response {
        let resource =
            if url.contains(".vault.") { "https://vault.azure.net" } else { "https://management.azure.com" };
        let request = self.client.request(method.clone(), url).bearer_auth(self.token(resource).await);
        let request = match body {
            Some(body) => request.json(&body),
            None if method == Method::GET => request,
            None => request.header("content-length", "0"),
        };
        request.send().await.unwrap()
    }

    async fn answer(&self, method: Method, url: &str, body: Option<Value>) -> Answer {
        let response = self.send(method, url, body).await;
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        self.answer(Method::GET, url, None).await
    }

    pub(crate) async fn post(&self, url: &str, body: Option<Value>) -> Answer {
        self.answer(Method::POST, url, body).await
    }

    pub(crate) async fn put(&self, url: &str, body: Value) -> Answer {
        self.answer(Method::PUT, url, Some(body)).await
    }

    pub(crate) async fn patch(&self, url: &str, body: Value) -> Answer {
        self.answer(Method::PATCH, url, Some(body)).await
    }

    pub(crate) async fn delete(&self, url: &str) -> Answer {
        self.answer(Method::DELETE, url, None).await
    }

    pub(crate) fn account_url(&self, action: &str) -> String {
        format!("https://management.azure.com{}{action}?api-version=2024-01-01", self.account)
    }

    pub(crate) fn workspace_url(&self, rest: &str) -> String {
        format!("https://management.azure.com{}{rest}?api-version={ML_VERSION}", self.workspace)
    }

    /// Through Resource Manager, as the product does it.
    pub(crate) async fn regenerate(&self, key: KeyName) -> Answer {
        let body = serde_json::json!({ "keyName": key.as_str() });
        self.post(&self.account_url("/regenerateKey"), Some(body)).await
    }
}

pub(crate) fn code(answer: &Answer) -> &str {
    answer.1["error"]["code"].as_str().unwrap_or_default()
}
