//! The fields of a resource as the service gave them, to be sent back with other credentials and otherwise unchanged.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The field that is replaced.
const CREDENTIALS: &str = "credentials";

/// A resource as the service gave it; what stands beside `properties` is read-only.
#[derive(Deserialize)]
pub(super) struct Stored {
    properties: Fields,
}

/// The fields of an object in their order, each value byte for byte as it came, unknown ones too.
struct Fields(Vec<(String, Box<RawValue>)>);

/// What is sent back.
#[derive(Serialize)]
pub(super) struct Rewritten<C> {
    properties: RewrittenFields<C>,
}

struct RewrittenFields<C> {
    fields: Fields,
    /// Those that the service alone writes, and that it does not want to be sent.
    read_only: &'static [&'static str],
    credentials: C,
}

impl Stored {
    /// The same resource with other credentials.
    pub(super) fn with<C>(self, credentials: C, read_only: &'static [&'static str]) -> Rewritten<C> {
        Rewritten { properties: RewrittenFields { fields: self.properties, read_only, credentials } }
    }
}

impl<C: Serialize> Serialize for RewrittenFields<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut is_replaced = false;
        for (name, value) in &self.fields.0 {
            match name.as_str() {
                CREDENTIALS => {
                    is_replaced = true;
                    map.serialize_entry(name, &self.credentials)?;
                }
                name if self.read_only.contains(&name) => {}
                _ => map.serialize_entry(name, value)?,
            }
        }
        // A service that keeps secrets to itself may keep the whole field to itself.
        if !is_replaced {
            map.serialize_entry(CREDENTIALS, &self.credentials)?;
        }
        map.end()
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
