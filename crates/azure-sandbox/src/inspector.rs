//! A client for checks from outside: it takes the same doors as everybody, over TLS, and shares no code with a handler
//! that is being checked.

mod storage;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::sync::Mutex;
use url::Url;

use crate::cloud::Cloud;
use crate::sandbox::Sandbox;
use crate::world::KeyValue;

const MACHINE_LEARNING_API: &str = "2024-10-01";
const VAULT_API: &str = "2025-07-01";

/// Why an inspection failed.
#[derive(Debug, thiserror::Error)]
pub enum InspectionError {
    /// No answer.
    #[error("no answer from {address}")]
    Unanswered {
        /// Whom was asked.
        address: String,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
    /// An answer that is no success.
    #[error("{address} answered {status}")]
    Refused {
        /// Whom was asked.
        address: String,
        /// The HTTP status.
        status: u16,
    },
    /// An answer without what it should hold.
    #[error("{address} answered without `{field}`")]
    Incomplete {
        /// Whom was asked.
        address: String,
        /// What was missing.
        field: &'static str,
    },
    /// A secret that is no storage key.
    #[error("what {0} holds is no storage key")]
    NotAKey(String),
}

/// Looks at the sandbox from outside.
pub struct Inspector {
    cloud: Cloud,
    client: reqwest::Client,
    identity_endpoint: String,
    identity_header: String,
    /// One token for each audience; they outlive any inspection.
    tokens: Mutex<BTreeMap<String, String>>,
}

impl Inspector {
    /// Looks at this sandbox.
    ///
    /// # Errors
    /// When no client can be built.
    pub fn new(sandbox: &Sandbox) -> Result<Self, InspectionError> {
        let unanswered = |source| InspectionError::Unanswered { address: "the sandbox".to_owned(), source };
        let client = sandbox.https_client().map_err(unanswered)?;
        let mut environment = sandbox.environment();
        let mut take = |name: &str| environment.remove(name).unwrap_or_default();
        Ok(Self {
            cloud: sandbox.cloud(),
            client,
            identity_endpoint: take("IDENTITY_ENDPOINT"),
            identity_header: take("IDENTITY_HEADER"),
            tokens: Mutex::default(),
        })
    }

    /// The properties of a datastore as Azure gives them, without secrets.
    ///
    /// # Errors
    /// When Azure does not give them.
    pub async fn datastore(&self, workspace_id: &str, name: &str) -> Result<Value, InspectionError> {
        let address = self.machine_learning(workspace_id, &format!("/datastores/{name}"));
        self.properties(address).await
    }

    /// All that Azure tells of a datastore: who wrote it when, and its secrets.
    ///
    /// # Errors
    /// When Azure does not tell.
    pub async fn whole_datastore(&self, workspace_id: &str, name: &str) -> Result<Value, InspectionError> {
        let token = self.token(self.cloud.resource_manager_audiences[0]).await?;
        let address = self.machine_learning(workspace_id, &format!("/datastores/{name}"));
        let datastore = self.json(self.client.get(&address).bearer_auth(&token), &address).await?;
        let address = self.machine_learning(workspace_id, &format!("/datastores/{name}/listSecrets"));
        let request = self.client.post(&address).bearer_auth(token).header("content-length", "0");
        Ok(json!({"datastore": datastore, "secrets": self.json(request, &address).await?}))
    }

    /// The key that a datastore gives to those who may have it.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn datastore_key(&self, workspace_id: &str, name: &str) -> Result<KeyValue, InspectionError> {
        let address = self.machine_learning(workspace_id, &format!("/datastores/{name}/listSecrets"));
        self.posted_text(address, "/key").await
    }

    /// The token that a datastore gives to those who may have it.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn datastore_sas(&self, workspace_id: &str, name: &str) -> Result<KeyValue, InspectionError> {
        let address = self.machine_learning(workspace_id, &format!("/datastores/{name}/listSecrets"));
        self.posted_text(address, "/sasToken").await
    }

    /// The properties of a connection as Azure gives them, without secrets.
    ///
    /// # Errors
    /// When Azure does not give them.
    pub async fn connection(&self, workspace_id: &str, name: &str) -> Result<Value, InspectionError> {
        let address = self.machine_learning(workspace_id, &format!("/connections/{name}"));
        self.properties(address).await
    }

    /// The key that a connection gives to those who may have it.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn connection_key(&self, workspace_id: &str, name: &str) -> Result<KeyValue, InspectionError> {
        let address = self.machine_learning(workspace_id, &format!("/connections/{name}/listsecrets"));
        self.posted_text(address, "/properties/credentials/key").await
    }

    /// The token that a connection gives to those who may have it.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn connection_sas(&self, workspace_id: &str, name: &str) -> Result<KeyValue, InspectionError> {
        let address = self.machine_learning(workspace_id, &format!("/connections/{name}/listsecrets"));
        self.posted_text(address, "/properties/credentials/sas").await
    }

    /// The key that a workspace keeps for itself.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn cached_key(&self, workspace_id: &str) -> Result<KeyValue, InspectionError> {
        self.posted_text(self.machine_learning(workspace_id, "/listStorageAccountKeys"), "/userStorageKey")
            .await
    }

    /// The current version of a secret: its value, and the whole bundle without it.
    ///
    /// # Errors
    /// When the vault does not give it.
    pub async fn secret(&self, vault: &str, name: &str) -> Result<(KeyValue, Value), InspectionError> {
        let address =
            format!("https://{}/secrets/{name}?api-version={VAULT_API}", self.cloud.vault_host(vault));
        let token = self.token(&self.cloud.vault_audience()).await?;
        let mut bundle = self.json(self.client.get(&address).bearer_auth(token), &address).await?;
        let value = bundle.as_object_mut().and_then(|bundle| bundle.shift_remove("value"));
        match value {
            Some(Value::String(value)) => Ok((KeyValue::from_text(value), bundle)),
            _ => Err(InspectionError::Incomplete { address, field: "value" }),
        }
    }

    async fn properties(&self, address: String) -> Result<Value, InspectionError> {
        let token = self.token(self.cloud.resource_manager_audiences[0]).await?;
        let mut resource = self.json(self.client.get(&address).bearer_auth(token), &address).await?;
        resource
            .get_mut("properties")
            .map(Value::take)
            .ok_or(InspectionError::Incomplete { address, field: "properties" })
    }

    async fn posted_text(&self, address: String, field: &'static str) -> Result<KeyValue, InspectionError> {
        let token = self.token(self.cloud.resource_manager_audiences[0]).await?;
        // ARM answers 411 to a POST that does not say that it has no body.
        let request = self.client.post(&address).bearer_auth(token).header("content-length", "0");
        let answer = self.json(request, &address).await?;
        match answer.pointer(field).and_then(Value::as_str) {
            Some(text) => Ok(KeyValue::from_text(text)),
            None => Err(InspectionError::Incomplete { address, field }),
        }
    }

    fn machine_learning(&self, workspace_id: &str, rest: &str) -> String {
        let host = self.cloud.resource_manager;
        format!("https://{host}{workspace_id}{rest}?api-version={MACHINE_LEARNING_API}")
    }

    async fn token(&self, resource: &str) -> Result<String, InspectionError> {
        let mut tokens = self.tokens.lock().await;
        if let Some(token) = tokens.get(resource) {
            return Ok(token.clone());
        }
        let mut address = self.identity_endpoint.clone();
        let query: BTreeMap<&str, &str> = [("api-version", "2019-08-01"), ("resource", resource)].into();
        if let Ok(mut url) = Url::parse(&address) {
            url.query_pairs_mut().extend_pairs(query);
            address = url.into();
        }
        let request = self.client.get(&address).header("X-IDENTITY-HEADER", &self.identity_header);
        let answer = self.json(request, &address).await?;
        let token = answer.get("access_token").and_then(Value::as_str);
        let token = token.ok_or(InspectionError::Incomplete { address, field: "access_token" })?;
        tokens.insert(resource.to_owned(), token.to_owned());
        Ok(token.to_owned())
    }

    async fn json(&self, request: reqwest::RequestBuilder, address: &str) -> Result<Value, InspectionError> {
        let answer = self.answered(request, address).await?;
        answer
            .json()
            .await
            .map_err(|source| InspectionError::Unanswered { address: address.to_owned(), source })
    }

    async fn answered(
        &self,
        request: reqwest::RequestBuilder,
        address: &str,
    ) -> Result<reqwest::Response, InspectionError> {
        let answer = request.send().await;
        let answer =
            answer.map_err(|source| InspectionError::Unanswered { address: address.to_owned(), source })?;
        let status = answer.status();
        if status.is_success() {
            Ok(answer)
        } else {
            Err(InspectionError::Refused { address: address.to_owned(), status: status.as_u16() })
        }
    }
}
