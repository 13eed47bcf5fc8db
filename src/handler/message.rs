//! What lies on the queue: a message of a door, or an event that Event Grid left there itself, which it does where it
//! cannot reach the function app.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::activation::{Activation, UnreadableActivation};
use crate::event::{self, Asked, UnreadableEvent};

/// A message that is neither.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnreadableMessage {
    #[error(transparent)]
    Activation(#[from] UnreadableActivation),
    #[error(transparent)]
    Event(#[from] UnreadableEvent),
}

/// Both schemas of events name the kind of event; no door does.
#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "eventType", alias = "type")]
    _event_type: IgnoredAny,
}

/// Reads a message. Event Grid puts each event on the queue by itself.
///
/// # Errors
///
/// When it is neither what a door writes nor an event of Key Vault.
pub(super) fn read(text: &str) -> Result<Asked, UnreadableMessage> {
    if serde_json::from_str::<Kind>(text).is_ok() {
        Ok(event::read(text)?)
    } else {
        Ok(Asked::Look(Activation::from_message(text)?))
    }
}

#[cfg(test)]
mod tests {
    use rotation::SecretId;
    use serde_json::{Value, json};

    use super::*;

    fn data() -> Value {
        json!({"VaultName": "kv-ml", "ObjectType": "Secret", "ObjectName": "storage-key"})
    }

    fn target(message: &Value) -> SecretId {
        match read(&serde_json::to_string_pretty(message).unwrap()).unwrap() {
            Asked::Look(activation) => activation.target,
            Asked::Nothing { because } => panic!("{because}"),
        }
    }

    #[test]
    fn a_message_of_a_door_and_events_in_both_schemas_ask_for_the_same() {
        let event = "Microsoft.KeyVault.SecretNearExpiry";
        for message in [
            json!({"vault": "kv-ml", "secret": "storage-key", "askedBy": "a test"}),
            json!({"id": "e1", "eventType": event, "eventTime": "2026-11-24T09:00:00Z", "data": data()}),
            json!({"specversion": "1.0", "id": "e1", "type": event, "data": data()}),
        ] {
            assert_eq!(target(&message), SecretId::new("kv-ml", "storage-key").unwrap(), "{message}");
        }
    }

    #[test]
    fn anything_else_is_unreadable() {
        for message in [
            json!({"eventType": "Microsoft.KeyVault.SecretExpired", "data": {}}),
            json!([{"eventType": "Microsoft.KeyVault.SecretExpired", "data": data()}]),
            json!({"vault": "kv-ml", "secret": "storage-key", "askedBy": "x", "type": "x"}),
            json!({"data": data()}),
            json!("text"),
        ] {
            let text = message.to_string();
            assert!(!matches!(read(&text), Ok(Asked::Look(_))), "{text}");
        }
    }
}
