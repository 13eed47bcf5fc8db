//! Workspace connections.

use serde_json::{Map, Value, json};
use time::Duration;

use super::{Held, Holding, OPERATOR, SasSetup};
use crate::clock;
use crate::world::{Connection, KeyName, StorageService, World, Written};

/// A workspace connection to be.
#[derive(Clone)]
pub struct ConnectionSetup {
    workspace: String,
    name: String,
    account: String,
    target: Target,
    properties: Map<String, Value>,
    holding: Holding,
    age: Duration,
    dated: bool,
}

/// What a connection leads to.
#[derive(Clone)]
enum Target {
    /// Something in a service of the account.
    Service { service: StorageService, path: String },
    /// The same, with a token that is made at that moment.
    Signed { service: StorageService, path: String, token: SasSetup },
    /// The account, by its resource id.
    Account,
}

impl ConnectionSetup {
    /// A connection to a container of an account, in the workspace with this resource id, holding `key1`.
    pub fn blob(workspace_id: &str, name: &str, account: &str, container: &str) -> Self {
        let target = Target::Service { service: StorageService::Blob, path: container.to_owned() };
        let metadata = json!({ "AccountName": account, "ContainerName": container });
        Self::of("AzureBlob", workspace_id, name, account, target, &metadata)
    }

    /// To a filesystem of Data Lake Storage Gen2.
    pub fn data_lake(workspace_id: &str, name: &str, account: &str, filesystem: &str) -> Self {
        let target = Target::Service { service: StorageService::Dfs, path: filesystem.to_owned() };
        Self::of("ADLSGen2", workspace_id, name, account, target, &json!({}))
    }

    /// To an account, by its resource id.
    pub fn storage_account(workspace_id: &str, name: &str, account: &str) -> Self {
        Self::of("AzureStorageAccount", workspace_id, name, account, Target::Account, &json!({}))
    }

    /// To the tables of an account.
    pub fn tables(workspace_id: &str, name: &str, account: &str) -> Self {
        let target = Target::Service { service: StorageService::Table, path: String::new() };
        Self::of("AzureTableStorage", workspace_id, name, account, target, &json!({}))
    }

    fn of(
        category: &str,
        workspace_id: &str,
        name: &str,
        account: &str,
        target: Target,
        metadata: &Value,
    ) -> Self {
        let properties = json!({ "category": category, "metadata": metadata, "isSharedToAll": true });
        Self {
            workspace: workspace_id.to_owned(),
            name: name.to_owned(),
            account: account.to_owned(),
            target,
            properties: properties.as_object().cloned().unwrap_or_default(),
            holding: Holding::Key(KeyName::Key1),
            age: Duration::days(60),
            dated: true,
        }
    }

    /// With a token in its target, which is one in a service.
    #[must_use]
    pub fn signed_target(mut self, token: SasSetup) -> Self {
        if let Target::Service { service, path } = self.target {
            self.target = Target::Signed { service, path, token };
        }
        self
    }

    /// Holding this.
    #[must_use]
    pub fn holding(mut self, holding: impl Into<Holding>) -> Self {
        self.holding = holding.into();
        self
    }

    /// With another or one more field.
    #[must_use]
    pub fn field(mut self, name: &str, value: Value) -> Self {
        self.properties.insert(name.to_owned(), value);
        self
    }

    /// Last written this long ago; 60 days unless told.
    #[must_use]
    pub fn written_ago(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }

    /// Without dates in `systemData`.
    #[must_use]
    pub fn undated(mut self) -> Self {
        self.dated = false;
        self
    }
}

impl World {
    /// Adds a workspace connection.
    ///
    /// # Panics
    /// When there is no such workspace, or no such account to take a key from.
    #[track_caller]
    pub fn add_connection(&self, setup: ConnectionSetup) {
        let (kind, credentials) = match self.resolve(setup.holding, &setup.account) {
            Held::Sas(token) => ("SAS", json!({ "sas": token })),
            Held::Key(value) => ("AccountKey", json!({ "key": value.expose() })),
            Held::Nothing => ("None", Value::Null),
        };
        let mut properties = setup.properties;
        properties.entry("authType").or_insert_with(|| json!(kind));
        properties.entry("target").or_insert_with(|| json!(self.target(&setup.account, setup.target)));
        let connection = Connection {
            name: setup.name,
            properties,
            credentials,
            written: Written { dated: setup.dated, ..Written::first(clock::now() - setup.age, OPERATOR) },
            excused: false,
        };
        let added = self.outside_change(|state| {
            let workspace = state.workspace_mut(&setup.workspace)?;
            workspace.connections.insert(connection.name.clone(), connection);
            Some(())
        });
        assert!(added.is_some(), "there is no workspace `{}`", setup.workspace);
    }

    #[track_caller]
    fn target(&self, account: &str, target: Target) -> String {
        let address = |service: StorageService, path: &str| {
            format!("https://{account}.{}.{}/{path}", service.as_str(), self.cloud().storage_suffix)
        };
        match target {
            Target::Service { service, path } => address(service, &path),
            Target::Signed { service, path, token } => {
                format!("{}{}", address(service, &path), self.sign_sas(account, token))
            }
            Target::Account => {
                let id = self.read(|state| state.account(account).map(|account| account.id.clone()));
                id.unwrap_or_else(|| panic!("there is no storage account `{account}`"))
            }
        }
    }
}
