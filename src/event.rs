//! Key Vault's events: which secret each is about.

use rotation::{Quoted, SecretId};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::activation::Activation;
use crate::json::UnreadableJson;

/// What an event asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A look at this secret.
    Look(Activation),
    /// Nothing: it is about something else.
    Nothing {
        /// What it is about.
        because: String,
    },
}

/// An event that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnreadableEvent {
    #[error("the event is malformed: {0}")]
    Malformed(#[from] UnreadableJson),
    #[error("the event names no possible secret: {0}")]
    InvalidName(#[from] rotation::InvalidName),
}

/// Event Grid's own schema; a `CloudEvents` 1.0 event calls its type `type`.
/// Source: Azure Event Grid, "Azure Key Vault as Event Grid source".
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(default)]
    id: String,
    #[serde(rename = "eventType", alias = "type")]
    event_type: String,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// The data of Key Vault's events (Azure REST API specifications, `Microsoft.KeyVault` 2018-01-01).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecretEvent {
    vault_name: String,
    object_type: String,
    object_name: String,
}

/// The events after which a secret is worth a look. What they claim about it decides nothing.
const WORTH_A_LOOK: [&str; 2] = ["Microsoft.KeyVault.SecretNearExpiry", "Microsoft.KeyVault.SecretExpired"];

/// The events of a delivery: one by itself, or a batch. They stay as they came, so that one that nobody can read is no
/// matter of the others.
pub(crate) fn each_of(delivery: &str) -> Result<Vec<&RawValue>, UnreadableEvent> {
    let is_batch = delivery.trim_start().starts_with('[');
    let events = if is_batch {
        serde_json::from_str(delivery)
    } else {
        serde_json::from_str(delivery).map(|event| vec![event])
    };
    Ok(events.map_err(UnreadableJson::from)?)
}

/// Reads an event.
pub(crate) fn read(event: &str) -> Result<Asked, UnreadableEvent> {
    let event: Event<'_> = serde_json::from_str(event).map_err(UnreadableJson::from)?;
    if !WORTH_A_LOOK.contains(&event.event_type.as_str()) {
        return Ok(Asked::Nothing { because: format!("it is {}", Quoted(&event.event_type)) });
    }
    let data = event.data.map_or("null", RawValue::get);
    let data: SecretEvent = serde_json::from_str(data).map_err(UnreadableJson::from)?;
    if data.object_type != "Secret" {
        return Ok(Asked::Nothing { because: format!("it is about {}", Quoted(&data.object_type)) });
    }
    let target = SecretId::new(&data.vault_name, &data.object_name)?;
    Ok(Asked::Look(Activation::new(target, &format!("event {} {}", event.event_type, event.id))))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(event: &Value) -> Result<Asked, UnreadableEvent> {
        super::read(&event.to_string())
    }

    fn near_expiry() -> Value {
        json!({
            "id": "e1",
            "topic": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv1",
            "subject": "storage-key",
            "eventType": "Microsoft.KeyVault.SecretNearExpiry",
            "eventTime": "2026-11-24T09:00:00.1234567Z",
            "data": {
                "Id": "https://kv1.vault.azure.net/secrets/storage-key/0123",
                "VaultName": "kv1",
                "ObjectType": "Secret",
                "ObjectName": "storage-key",
                "Version": "0123",
                "NBF": null,
                "EXP": 1_798_000_000.5
            },
            "dataVersion": "1",
            "metadataVersion": "1"
        })
    }

    #[test]
    fn the_documented_event_asks_for_a_look() {
        let target = SecretId::new("kv1", "storage-key").unwrap();
        let activation = Activation::new(target, "event Microsoft.KeyVault.SecretNearExpiry e1");
        assert_eq!(read(&near_expiry()).unwrap(), Asked::Look(activation));
    }

    #[test]
    fn an_expired_secret_asks_for_a_look() {
        let mut event = near_expiry();
        event["eventType"] = json!("Microsoft.KeyVault.SecretExpired");
        assert!(matches!(read(&event).unwrap(), Asked::Look(_)));
    }

    #[test]
    fn events_about_other_things_ask_for_nothing() {
        let mut event = near_expiry();
        event["eventType"] = json!("Microsoft.KeyVault.KeyNearExpiry");
        assert!(matches!(read(&event).unwrap(), Asked::Nothing { .. }));
        let mut event = near_expiry();
        event["data"]["ObjectType"] = json!("Certificate");
        assert!(matches!(read(&event).unwrap(), Asked::Nothing { .. }));
    }

    #[test]
    fn a_flood_of_a_stranger_stays_out_of_the_log() {
        let mut event = near_expiry();
        event["eventType"] = json!("b".repeat(1000));
        let because = "it is a text of 1000 characters".to_owned();
        assert_eq!(read(&event).unwrap(), Asked::Nothing { because });
    }

    #[test]
    fn what_is_no_event_is_unreadable() {
        let mut nameless = near_expiry();
        nameless["data"]["ObjectName"] = json!("a/b");
        let mut empty = near_expiry();
        empty["data"] = Value::Null;
        for event in
            [json!(null), json!([]), json!({"id": "b", "data": null}), json!("text"), nameless, empty]
        {
            assert!(read(&event).is_err(), "{event}");
        }
    }

    #[test]
    fn a_cloud_event_asks_for_the_same() {
        let cloud_event = json!({
            "specversion": "1.0",
            "id": "e1",
            "source": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv1",
            "type": "Microsoft.KeyVault.SecretNearExpiry",
            "subject": "storage-key",
            "time": "2026-11-24T09:00:00.12Z",
            "data": near_expiry()["data"],
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        });
        assert_eq!(read(&cloud_event).unwrap(), read(&near_expiry()).unwrap());
    }

    #[test]
    fn a_delivery_is_one_event_or_a_batch() {
        let texts = |delivery: &str| {
            each_of(delivery).unwrap().into_iter().map(RawValue::get).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(texts(r#"{"id":"a"}"#), [r#"{"id":"a"}"#]);
        assert_eq!(texts(r#" [{"id":"a"}, 1]"#), [r#"{"id":"a"}"#, "1"]);
        assert!(texts("[]").is_empty());
        for delivery in ["", "text", "[{]", r#"[{"id":"a"}"#, r#"{"id":"a"} {}"#] {
            assert!(each_of(delivery).is_err(), "{delivery}");
        }
    }

    #[test]
    fn an_event_without_data_or_with_two_types_is_unreadable() {
        let mut without = near_expiry();
        without.as_object_mut().unwrap().remove("data");
        assert!(read(&without).is_err());
        let mut both = near_expiry();
        both["type"] = both["eventType"].clone();
        assert!(read(&both).is_err());
    }

    #[test]
    fn depth_is_no_danger() {
        let data = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(
            super::read(&format!(r#"{{"eventType":"Microsoft.KeyVault.SecretExpired","data":{data}}}"#))
                .is_err()
        );
        assert!(matches!(
            super::read(&format!(r#"{{"type":"other","data":{data}}}"#)),
            Ok(Asked::Nothing { .. })
        ));
    }
}
