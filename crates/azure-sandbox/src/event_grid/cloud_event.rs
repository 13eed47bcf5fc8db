//! `CloudEvents` 1.0, in which a subscription may ask for the events of a system topic.
//!
//! Source: "Azure Key Vault as Event Grid source" (both schemas of the same event) and "`CloudEvents` v1.0 schema with
//! Azure Event Grid" of Microsoft's documentation.

use serde_json::{Map, Value, json};

/// The attributes of a `CloudEvent` and the fields of the Event Grid schema that they are made from.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("id", "id"),
    ("source", "topic"),
    ("subject", "subject"),
    ("type", "eventType"),
    ("time", "eventTime"),
    ("data", "data"),
];

/// An event of the Event Grid schema as a `CloudEvent`.
pub(super) fn cloud_event(event: &Value) -> Value {
    let attributes = ATTRIBUTES
        .into_iter()
        .filter_map(|(attribute, field)| event.get(field).map(|value| (attribute.to_owned(), value.clone())));
    let mut cloud_event = Map::from_iter(attributes);
    cloud_event.insert("specversion".to_owned(), json!("1.0"));
    Value::Object(cloud_event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_the_same_in_either_schema() {
        let event = json!({ "id": "e1", "topic": "/subscriptions/s", "subject": "key", "eventType": "t",
            "eventTime": "2026-11-24T09:00:00.1234567Z", "data": { "EXP": 1 }, "dataVersion": "1", "metadataVersion": "1" });
        let expected = json!({ "id": "e1", "source": "/subscriptions/s", "subject": "key", "type": "t",
            "time": "2026-11-24T09:00:00.1234567Z", "data": { "EXP": 1 }, "specversion": "1.0" });
        assert_eq!(cloud_event(&event), expected);
        assert_eq!(cloud_event(&json!({ "id": "e1" })), json!({ "id": "e1", "specversion": "1.0" }));
    }
}
