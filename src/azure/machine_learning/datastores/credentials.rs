//! The credentials of a datastore, with their values: as they are written, and never given.

use serde::Serialize;

use crate::azure::machine_learning::new_key::NewSecret;

/// Credentials that depend on a key of a storage account.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::azure::machine_learning) struct Credentials<'a> {
    credentials_type: &'static str,
    secrets: Secrets<'a>,
}

#[derive(Serialize)]
#[serde(tag = "secretsType", rename_all_fields = "camelCase")]
enum Secrets<'a> {
    AccountKey { key: &'a str },
    Sas { sas_token: &'a str },
}

impl<'a> Credentials<'a> {
    pub(super) fn of(secret: &'a NewSecret<'a>) -> Self {
        match secret {
            NewSecret::AccountKey(key) => {
                Self { credentials_type: "AccountKey", secrets: Secrets::AccountKey { key: key.expose() } }
            }
            NewSecret::Sas(token) => {
                Self { credentials_type: "Sas", secrets: Secrets::Sas { sas_token: token.expose() } }
            }
        }
    }
}
