//! The credentials of a connection, with their values: as they are written.

use serde::Serialize;

use crate::azure::machine_learning::new_key::NewSecret;

/// Credentials that depend on a key of a storage account; which kind they are stands beside them (`authType`).
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::azure::machine_learning) enum Credentials<'a> {
    Key(&'a str),
    Sas(&'a str),
}

impl<'a> Credentials<'a> {
    pub(super) fn of(secret: &'a NewSecret<'a>) -> Self {
        match secret {
            NewSecret::AccountKey(key) => Self::Key(key.expose()),
            NewSecret::Sas(token) => Self::Sas(token.expose()),
        }
    }
}
