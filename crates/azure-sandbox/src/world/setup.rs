//! How a world is furnished: one builder for each kind of thing.
//!
//! Whatever is set up is there on purpose, so a key that is dead or foreign here is excused from the checks.

use super::{KeyName, KeyValue, World};

mod account;
mod connection;
mod datastore;
mod secret;
mod workspace;

pub use account::AccountSetup;
pub use connection::ConnectionSetup;
pub use datastore::DatastoreSetup;
pub use secret::{SecretSetup, VaultSetup};
pub use workspace::WorkspaceSetup;

/// Who made what is set up.
const OPERATOR: &str = "operator@example.com";

/// What something holds at the start.
#[derive(Clone)]
pub enum Holding {
    /// The value that this key has at that moment.
    Key(KeyName),
    /// This value, whatever it is.
    Value(KeyValue),
    /// This SAS token.
    Sas(String),
    /// Nothing.
    Nothing,
}

impl From<KeyName> for Holding {
    fn from(name: KeyName) -> Self {
        Self::Key(name)
    }
}

impl World {
    /// The value for a holding, of an account.
    #[track_caller]
    fn resolve(&self, holding: &Holding, account: &str) -> Option<KeyValue> {
        match holding {
            Holding::Key(name) => Some(self.key_value(account, *name)),
            Holding::Value(value) => Some(value.clone()),
            Holding::Sas(_) | Holding::Nothing => None,
        }
    }
}
