//! Datastores and connections that are given another key, or a token by it.

mod keys;
mod tokens;

use rotation::KeyName;
use time::Duration;

use super::*;
use crate::azure::AzureError;
use crate::azure::in_process::{KEY1, KEY2, Served, answer, keys as keys_of};

const WORKSPACE: &str =
    "/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw";

/// A datastore with fields that nobody here knows, and numbers and spaces that no parser would keep.
const DATASTORE: &str = r#"{"id":"x","name":"one","systemData":{"lastModifiedAt":"2026-11-23T12:00:00Z"},"properties":{
  "description": "d\u00e9j\u00e0 vu", "tags" : {"b":"1","a":"2"}, "properties":null,
  "isDefault":true,"credentials":{"credentialsType":"AccountKey","secrets":{"secretsType":"AccountKey"}},
  "datastoreType":"AzureBlob","accountName":"stml","containerName":"c","novel":{"z":1.10,"y":12345678901234567890123},
  "endpoint":"core.windows.net","protocol":"https","serviceDataAccessAuthIdentity":"None"}}"#;
/// A connection of the same kind, with a secret in its target that is nobody's business.
const CONNECTION: &str = r#"{"id":"x","name":"one","systemData":{"lastModifiedAt":"2026-11-23T12:00:00Z"},"properties":{
  "authType":"AccountKey", "category" : "AzureBlob","group":"Azure","isSharedToAll":true,
  "createdByWorkspaceArmId":"/a","expiryTime":"2027-01-01T00:00:00Z","novel":{"z":1.10},"credentials":null,
  "target":"https://stml.blob.core.windows.net/c?code=x","metadata":{"ContainerName":"c","AccountName":"stml"},
  "sharedUserList":[]}}"#;
/// What is sent back of either, around the credentials.
const DATASTORE_AROUND: [&str; 2] = [
    r#"{"properties":{"description":"d\u00e9j\u00e0 vu","tags":{"b":"1","a":"2"},"properties":null,"#,
    concat!(
        r#","datastoreType":"AzureBlob","accountName":"stml","containerName":"c","#,
        r#""novel":{"z":1.10,"y":12345678901234567890123},"#,
        r#""endpoint":"core.windows.net","protocol":"https","serviceDataAccessAuthIdentity":"None"}}"#
    ),
];
const CONNECTION_AROUND: [&str; 2] = [
    concat!(
        r#"{"properties":{"authType":"AccountKey","category":"AzureBlob","isSharedToAll":true,"#,
        r#""expiryTime":"2027-01-01T00:00:00Z","novel":{"z":1.10},"#
    ),
    concat!(
        r#","target":"https://stml.blob.core.windows.net/c?code=x","#,
        r#""metadata":{"ContainerName":"c","AccountName":"stml"},"sharedUserList":[]}}"#
    ),
];

/// What holds a key here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Datastore,
    Connection,
}

const KINDS: [Kind; 2] = [Kind::Datastore, Kind::Connection];

impl Kind {
    const fn collection(self) -> &'static str {
        match self {
            Self::Datastore => "datastores",
            Self::Connection => "connections",
        }
    }

    /// One with an account key.
    const fn stored(self) -> &'static str {
        match self {
            Self::Datastore => DATASTORE,
            Self::Connection => CONNECTION,
        }
    }

    /// One with a token.
    fn signed(self) -> String {
        match self {
            Self::Datastore => DATASTORE.replace("AccountKey", "Sas"),
            Self::Connection => CONNECTION.replace("AccountKey", "SAS"),
        }
    }

    fn secret(self, token: &str) -> String {
        match self {
            Self::Datastore => format!(r#"{{"secretsType":"Sas","sasToken":"{token}"}}"#),
            Self::Connection => {
                format!(r#"{{"properties":{{"authType":"SAS","credentials":{{"sas":"{token}"}}}}}}"#)
            }
        }
    }

    /// What is sent back, with these credentials.
    fn sent(self, credentials: &str) -> String {
        let [before, after] = match self {
            Self::Datastore => DATASTORE_AROUND,
            Self::Connection => CONNECTION_AROUND,
        };
        format!(r#"{before}"credentials":{credentials}{after}"#)
    }
}

/// Gives `key2` of `stml` to the one holder that there is.
async fn relocate(served: &Served, kind: Kind, holds: StorageCredentials) -> Result<Moved, AzureError> {
    relocate_within(served, kind, holds, None).await
}

async fn relocate_within(
    served: &Served,
    kind: Kind,
    holds: StorageCredentials,
    longest_sas: Option<Duration>,
) -> Result<Moved, AzureError> {
    let (account, keys, workspace) = (Name::new("STml"), keys_of(KEY1, KEY2), WORKSPACE.parse().unwrap());
    let new = NewKey { account: &account, keys: &keys, name: KeyName::Key2, longest_sas };
    let machine_learning = &served.azure.machine_learning;
    let room = machine_learning.room_to_write(&workspace).await?;
    match kind {
        Kind::Datastore => machine_learning.move_datastore(&workspace, "one", holds, &new, room).await,
        Kind::Connection => machine_learning.move_connection(&workspace, "one", holds, &new, room).await,
    }
}

fn methods(served: &Served) -> String {
    let received = served.received();
    received.iter().map(|one| one.line.split(' ').next().unwrap()).collect::<Vec<_>>().join(" ")
}
