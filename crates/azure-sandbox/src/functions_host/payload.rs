//! The body of an invocation: `{"Data": {…}, "Metadata": {…}}`.
//!
//! Source: the host's `ScriptInvocationContextExtensions.cs`, and the bodies that the real host 4.1037.0 sent
//! (`tests/recordings`).

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::dotnet::{compact, converted, json_seconds, json_ticks};
use super::message_properties;
use super::queue::QueueMessage;

/// What `sys` says of an invocation (the SDK's `SystemBindingData`).
pub(super) struct System<'a> {
    pub(super) function: &'a str,
    pub(super) now: OffsetDateTime,
    pub(super) random: Uuid,
}

impl System<'_> {
    fn to_json(&self) -> Value {
        json!({
            "MethodName": self.function,
            "UtcNow": json_ticks(self.now),
            "RandGuid": self.random.to_string(),
        })
    }
}

/// An event of either schema, as it was delivered.
pub(super) fn of_event(binding: &str, event: &Map<String, Value>, system: &System<'_>) -> String {
    let mut metadata = Map::new();
    if let Some(data) = event.get("data") {
        metadata.insert("data".to_owned(), converted(data));
    }
    metadata.insert("sys".to_owned(), system.to_json());
    body(binding, Value::Object(event.clone()), metadata)
}

/// A queue message whose text is `text`.
pub(super) fn of_message(
    binding: &str,
    message: &QueueMessage,
    text: &str,
    system: &System<'_>,
) -> Result<String, String> {
    let quoted = |text: &str| Value::String(compact(&Value::from(text)));
    let mut metadata = Map::new();
    metadata.insert("DequeueCount".to_owned(), converted(&message.dequeue_count.into()));
    metadata.insert("ExpirationTime".to_owned(), json_seconds(message.expires).into());
    metadata.insert("Id".to_owned(), quoted(&message.id));
    metadata.insert("InsertionTime".to_owned(), json_seconds(message.inserted).into());
    metadata.insert("NextVisibleTime".to_owned(), json_seconds(message.next_visible).into());
    metadata.insert("PopReceipt".to_owned(), quoted(&message.pop_receipt));
    metadata.insert("sys".to_owned(), system.to_json());
    message_properties::add_to(&mut metadata, text)?;
    Ok(body(binding, quoted(text), metadata))
}

fn body(binding: &str, data: Value, metadata: Map<String, Value>) -> String {
    let data = Value::Object(Map::from_iter([(binding.to_owned(), data)]));
    let metadata = Value::Object(metadata);
    compact(&Value::Object(Map::from_iter([("Data".to_owned(), data), ("Metadata".to_owned(), metadata)])))
}
