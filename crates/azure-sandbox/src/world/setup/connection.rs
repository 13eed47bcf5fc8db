//! Workspace connections.

use serde_json::{Map, Value, json};
use time::Duration;

use super::{Held, Holding, OPERATOR};
use crate::clock;
use crate::world::{Connection, KeyName, World, Written};

/// A workspace connection to be.
#[derive(Clone)]
pub struct ConnectionSetup {
    workspace: String,
    name: String,
    account: String,
    container: String,
    properties: Map<String, Value>,
    holding: Holding,
    age: Duration,
}

impl ConnectionSetup {
    /// A connection to the blob service of an account, in the workspace with this resource id, holding `key1`.
    pub fn blob(workspace_id: &str, name: &str, account: &str, container: &str) -> Self {
        let properties = json!({
            "category": "AzureBlob",
            "metadata": { "accountName": account, "containerName": container },
            "isSharedToAll": true,
        });
        Self {
            workspace: workspace_id.to_owned(),
            name: name.to_owned(),
            account: account.to_owned(),
            container: container.to_owned(),
            properties: properties.as_object().cloned().unwrap_or_default(),
            holding: Holding::Key(KeyName::Key1),
            age: Duration::days(60),
        }
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
        properties.entry("target").or_insert_with(|| {
            let suffix = self.cloud().storage_suffix;
            json!(format!("https://{}.blob.{suffix}/{}", setup.account, setup.container))
        });
        let connection = Connection {
            name: setup.name,
            properties,
            credentials,
            written: Written::first(clock::now() - setup.age, OPERATOR),
            excused: false,
        };
        let added = self.outside_change(|state| {
            let workspace = state.workspace_mut(&setup.workspace)?;
            workspace.connections.insert(connection.name.clone(), connection);
            Some(())
        });
        assert!(added.is_some(), "there is no workspace `{}`", setup.workspace);
    }
}
