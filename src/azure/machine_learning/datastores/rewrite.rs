//! A datastore as it is stored, to be sent back with another key and otherwise unchanged.

use std::fmt;

use rotation::Name;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::{CredentialsType, wire};
use crate::azure::access_key::AccessKey;
use crate::azure::cloud::Cloud;
use crate::azure::error::Cause;

/// The field that is replaced.
const CREDENTIALS: &str = "credentials";
/// The field that names the storage account.
const ACCOUNT_NAME: &str = "accountName";
/// The field that names the domain of the account.
const ENDPOINT: &str = "endpoint";
/// The field of the properties that the service alone writes.
const READ_ONLY: &str = "isDefault";

/// A datastore as the service gave it; what stands beside `properties` is read-only.
#[derive(Deserialize)]
pub(super) struct Stored {
    properties: Fields,
}

/// The fields of an object in their order, each value byte for byte as it came, unknown ones too.
struct Fields(Vec<(String, Box<RawValue>)>);

/// What is sent back.
#[derive(Serialize)]
pub(super) struct Rewritten<'a> {
    properties: RewrittenFields<'a>,
}

struct RewrittenFields<'a> {
    fields: Fields,
    key: &'a AccessKey,
}

impl Stored {
    /// The same datastore with another key of `account`; `None` when it holds no account key, or that of another
    /// account.
    pub(super) fn with_key<'a>(
        self,
        cloud: &Cloud,
        account: &Name,
        key: &'a AccessKey,
    ) -> Result<Option<Rewritten<'a>>, Cause> {
        let fields = self.properties;
        let credentials = fields.read::<wire::Credentials>(CREDENTIALS)?.map(CredentialsType::from);
        let is_on_account =
            fields.read(ACCOUNT_NAME)?.is_some_and(|name: String| Name::new(name) == *account);
        let is_elsewhere =
            fields.read(ENDPOINT)?.is_some_and(|domain: String| cloud.is_storage_of_another(&domain));
        if credentials != Some(CredentialsType::AccountKey) || !is_on_account || is_elsewhere {
            return Ok(None);
        }
        Ok(Some(Rewritten { properties: RewrittenFields { fields, key } }))
    }
}

impl Fields {
    /// The value of a field; `None` when it is missing or null.
    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Cause> {
        let Some((_, value)) = self.0.iter().find(|(field, _)| field == name) else {
            return Ok(None);
        };
        serde_json::from_str(value.get()).map_err(|error| Cause::of_json(&error))
    }
}

impl Serialize for RewrittenFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.fields.0 {
            match name.as_str() {
                READ_ONLY => {}
                CREDENTIALS => map.serialize_entry(name, &AccountKeyCredentials::of(self.key))?,
                _ => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

/// The credentials that hold an account key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountKeyCredentials<'a> {
    credentials_type: &'static str,
    secrets: AccountKeySecrets<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountKeySecrets<'a> {
    secrets_type: &'static str,
    key: &'a str,
}

impl<'a> AccountKeyCredentials<'a> {
    fn of(key: &'a AccessKey) -> Self {
        let kind = "AccountKey";
        Self { credentials_type: kind, secrets: AccountKeySecrets { secrets_type: kind, key: key.expose() } }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}
