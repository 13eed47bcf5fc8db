//! What the Functions host sends: `{"Data": {binding: value}, "Metadata": {…}}`.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::json::UnreadableJson;

/// An invocation. Its metadata is not read: the host re-formats dates there and mixes in the properties of messages.
#[derive(Debug, Deserialize)]
pub(crate) struct Invocation {
    #[serde(rename = "Data")]
    data: Map<String, Value>,
}

/// A body that is no invocation.
#[derive(Debug, thiserror::Error)]
#[error("the body is no invocation of the Functions host: {0}")]
pub(crate) struct UnreadableInvocation(#[from] UnreadableJson);

impl Invocation {
    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// When it is not what the host sends.
    pub(crate) fn read(body: &[u8]) -> Result<Self, UnreadableInvocation> {
        Ok(serde_json::from_slice(body).map_err(UnreadableJson::from)?)
    }

    /// The value of an input binding that is an object, also where the host wrote it as text.
    pub(crate) fn value(&self, binding: &str) -> Value {
        match self.data.get(binding) {
            Some(Value::String(text)) => {
                serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
            }
            Some(value) => value.clone(),
            None => Value::Null,
        }
    }

    /// The text of an input binding. The host writes a text as a JSON text inside a JSON text; objects come as they are.
    pub(crate) fn text(&self, binding: &str) -> String {
        match self.value(binding) {
            Value::String(text) => text,
            Value::Null => String::new(),
            value => value.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invocation(body: &str) -> Invocation {
        Invocation::read(body.as_bytes()).unwrap()
    }

    #[test]
    fn an_object_comes_as_it_is_or_as_text() {
        for body in
            [r#"{"Data":{"event":{"id":"e1"}},"Metadata":{}}"#, r#"{"Data":{"event":"{\"id\":\"e1\"}"}}"#]
        {
            assert_eq!(invocation(body).value("event")["id"], "e1", "{body}");
        }
    }

    #[test]
    fn a_queue_message_is_a_text_in_a_text() {
        let body = r#"{"Data":{"message":"\"{\\n  \\\"vault\\\": \\\"kv1\\\"\\n}\""},"Metadata":{"DequeueCount":"1"}}"#;
        assert_eq!(invocation(body).text("message"), "{\n  \"vault\": \"kv1\"\n}");
        assert_eq!(invocation(r#"{"Data":{"message":"\"\""}}"#).text("message"), "");
        assert_eq!(invocation(r#"{"Data":{"message":"plain"}}"#).text("message"), "plain");
        assert_eq!(invocation(r#"{"Data":{}}"#).text("message"), "");
    }

    #[test]
    fn anything_else_is_no_invocation() {
        for body in ["", "null", "[]", "\"text\"", "{}", r#"{"Data":[]}"#, r#"{"Data":"#] {
            assert!(Invocation::read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
