//! Datastores.

use serde_json::{Map, Value, json};
use time::Duration;

use super::{Held, Holding, OPERATOR};
use crate::clock;
use crate::world::{Datastore, KeyName, World, Written};

/// A datastore to be.
#[derive(Clone)]
pub struct DatastoreSetup {
    workspace: String,
    name: String,
    properties: Map<String, Value>,
    holding: Holding,
    credentials: Option<Value>,
    /// Whether it names the storage of its cloud.
    names_endpoint: bool,
    is_default: bool,
    age: Duration,
    dated: bool,
}

impl DatastoreSetup {
    /// A blob container of an account, in the workspace with this resource id.
    pub fn blob(workspace_id: &str, name: &str, account: &str, container: &str) -> Self {
        Self::typed(workspace_id, name, account, "AzureBlob", ("containerName", container))
    }

    /// A file share.
    pub fn file(workspace_id: &str, name: &str, account: &str, share: &str) -> Self {
        Self::typed(workspace_id, name, account, "AzureFile", ("fileShareName", share))
    }

    /// A filesystem of Data Lake Storage Gen2.
    pub fn data_lake(workspace_id: &str, name: &str, account: &str, filesystem: &str) -> Self {
        Self::typed(workspace_id, name, account, "AzureDataLakeGen2", ("filesystem", filesystem))
    }

    /// Any datastore: `properties` as Azure would give them, without credentials; it holds no key unless told.
    ///
    /// # Panics
    /// When `properties` is no JSON object.
    pub fn raw(workspace_id: &str, name: &str, properties: Value) -> Self {
        let Value::Object(properties) = properties else {
            panic!("the properties of a datastore are an object")
        };
        Self {
            workspace: workspace_id.to_owned(),
            name: name.to_owned(),
            properties,
            holding: Holding::Nothing,
            credentials: None,
            names_endpoint: false,
            is_default: false,
            age: Duration::days(60),
            dated: true,
        }
    }

    fn typed(workspace_id: &str, name: &str, account: &str, kind: &str, place: (&str, &str)) -> Self {
        let mut properties = json!({
            "description": null,
            "tags": {},
            "properties": null,
            "datastoreType": kind,
            "accountName": account,
            "protocol": "https",
            "serviceDataAccessAuthIdentity": "None",
        });
        properties[place.0] = json!(place.1);
        Self {
            holding: Holding::Key(KeyName::Key1),
            names_endpoint: true,
            ..Self::raw(workspace_id, name, properties)
        }
    }

    /// Holding this; `key1` unless told.
    #[must_use]
    pub fn holding(mut self, holding: impl Into<Holding>) -> Self {
        self.holding = holding.into();
        self
    }

    /// With these credentials, `secrets` included, whatever they are.
    #[must_use]
    pub fn credentials(mut self, credentials: Value) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// With one more field, known to Azure or not.
    #[must_use]
    pub fn field(mut self, name: &str, value: Value) -> Self {
        self.properties.insert(name.to_owned(), value);
        self
    }

    /// As the workspace's default datastore.
    #[must_use]
    pub fn default_datastore(mut self) -> Self {
        self.is_default = true;
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
    /// Adds a datastore.
    ///
    /// # Panics
    /// When there is no such workspace, or no such account to take a key from.
    #[track_caller]
    pub fn add_datastore(&self, setup: DatastoreSetup) {
        self.add_datastores([setup]);
    }

    /// Adds many at once, which is much faster: the world is checked once.
    ///
    /// # Panics
    /// When there is no such workspace or account.
    #[track_caller]
    pub fn add_datastores(&self, setups: impl IntoIterator<Item = DatastoreSetup>) {
        let datastores: Vec<(String, Datastore)> =
            setups.into_iter().map(|setup| self.datastore(setup)).collect();
        self.outside_change(|state| {
            for (workspace_id, datastore) in datastores {
                let Some(workspace) = state.workspace_mut(&workspace_id) else {
                    panic!("there is no workspace `{workspace_id}`");
                };
                if datastore.is_default {
                    workspace.datastores.values_mut().for_each(|other| other.is_default = false);
                }
                workspace.datastores.insert(datastore.name.clone(), datastore);
            }
        });
    }

    /// The datastore that is to be set up, and the id of its workspace.
    #[track_caller]
    fn datastore(&self, setup: DatastoreSetup) -> (String, Datastore) {
        let account = setup.properties.get("accountName").and_then(Value::as_str).unwrap_or_default();
        let held = self.resolve(setup.holding, account);
        let credentials = setup.credentials.unwrap_or_else(|| match held {
            Held::Sas(token) => {
                json!({ "credentialsType": "Sas", "secrets": { "secretsType": "Sas", "sasToken": token } })
            }
            Held::Key(value) => json!({
                "credentialsType": "AccountKey",
                "secrets": { "secretsType": "AccountKey", "key": value.expose() },
            }),
            Held::Nothing => json!({ "credentialsType": "None" }),
        });
        let mut credentials = credentials.as_object().cloned().unwrap_or_default();
        let secrets = credentials.shift_remove("secrets").unwrap_or(Value::Null);
        let mut written = Written::first(clock::now() - setup.age, OPERATOR);
        written.dated = setup.dated;
        let mut properties = setup.properties;
        if setup.names_endpoint {
            properties.entry("endpoint").or_insert_with(|| json!(self.cloud().storage_suffix));
        }
        let datastore = Datastore {
            name: setup.name,
            properties,
            credentials,
            secrets,
            is_default: setup.is_default,
            written,
            excused: false,
            ignores_writes: false,
        };
        (setup.workspace, datastore)
    }
}
