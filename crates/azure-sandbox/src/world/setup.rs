//! How a world is furnished: one builder for each kind of thing.
//!
//! Whatever is set up is there on purpose, so a key that is dead or foreign here is excused from the checks.

use super::{KeyName, KeyValue, World};

mod account;
mod connection;
mod datastore;
mod sas;
mod secret;
mod workspace;

pub use account::AccountSetup;
pub use connection::ConnectionSetup;
pub use datastore::DatastoreSetup;
pub use sas::SasSetup;
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
    /// This SAS token, whatever it is.
    Sas(String),
    /// A SAS token that is made at that moment.
    Signed(SasSetup),
    /// Nothing.
    Nothing,
}

impl From<KeyName> for Holding {
    fn from(name: KeyName) -> Self {
        Self::Key(name)
    }
}

impl From<SasSetup> for Holding {
    fn from(setup: SasSetup) -> Self {
        Self::Signed(setup)
    }
}

/// What a holding comes to.
enum Held {
    Key(KeyValue),
    Sas(String),
    Nothing,
}

impl Held {
    fn into_key(self) -> Option<KeyValue> {
        match self {
            Self::Key(value) => Some(value),
            Self::Sas(_) | Self::Nothing => None,
        }
    }
}

impl World {
    /// What a holding comes to, for an account.
    #[track_caller]
    fn resolve(&self, holding: Holding, account: &str) -> Held {
        match holding {
            Holding::Key(name) => Held::Key(self.key_value(account, name)),
            Holding::Value(value) => Held::Key(value),
            Holding::Sas(token) => Held::Sas(token),
            Holding::Signed(setup) => Held::Sas(self.sign_sas(account, setup)),
            Holding::Nothing => Held::Nothing,
        }
    }
}
