//! What the Functions host sends: `{"Data": {binding: value}, "Metadata": {…}}`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::UnreadableJson;

/// An invocation. Its metadata is not read: the host re-formats dates there and mixes in the properties of messages.
///
/// The values stay as they came until somebody reads them, so that what is malformed in one is a matter of that one
/// and can be parked, however deep it is nested and whatever its texts hold.
#[derive(Debug, Deserialize)]
pub(crate) struct Invocation<'a> {
    #[serde(rename = "Data", borrow)]
    data: BTreeMap<String, &'a RawValue>,
}

/// A body that is no invocation.
#[derive(Debug, thiserror::Error)]
#[error("the body is no invocation of the Functions host: {0}")]
pub(crate) struct UnreadableInvocation(#[from] UnreadableJson);

/// The host writes a text as a JSON text inside a JSON text; an object as it is; an array as a JSON text.
/// Source: `ScriptInvocationContextExtensions.cs` of the host.
const MOST_LAYERS: usize = 2;

impl<'a> Invocation<'a> {
    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// When it is not what the host sends.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, UnreadableInvocation> {
        Ok(serde_json::from_slice(body).map_err(UnreadableJson::from)?)
    }

    /// What an input binding carries: the text of a message, or the JSON of an object or of an array, whichever way the
    /// host wrote it. Empty when there is no such binding.
    pub(crate) fn text(&self, binding: &str) -> String {
        let mut text = self.data.get(binding).map_or_else(String::new, |raw| raw.get().to_owned());
        for _ in 0..MOST_LAYERS {
            let Ok(inner) = serde_json::from_str::<String>(&text) else { break };
            text = inner;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str, binding: &str) -> String {
        Invocation::read(body.as_bytes()).unwrap().text(binding)
    }

    /// The four encodings of a value: text, number, array, object.
    #[test]
    fn every_encoding_of_the_host_is_undone() {
        let message =
            r#"{"Data":{"v":"\"{\\n  \\\"vault\\\": \\\"kv1\\\"\\n}\""},"Metadata":{"DequeueCount":"1"}}"#;
        assert_eq!(text(message, "v"), "{\n  \"vault\": \"kv1\"\n}");
        assert_eq!(text(r#"{"Data":{"v":"1"}}"#, "v"), "1");
        assert_eq!(
            text(r#"{"Data":{"v":"[{\"id\":\"e1\"},{\"id\":\"e2\"}]"}}"#, "v"),
            r#"[{"id":"e1"},{"id":"e2"}]"#
        );
        assert_eq!(text(r#"{"Data":{"v":{"id":"e1"}}}"#, "v"), r#"{"id":"e1"}"#);
    }

    #[test]
    fn an_object_may_come_as_a_text_or_as_a_text_in_a_text() {
        assert_eq!(text(r#"{"Data":{"v":"{\"id\":\"e1\"}"}}"#, "v"), r#"{"id":"e1"}"#);
        assert_eq!(text(r#"{"Data":{"v":"\"{\\\"id\\\":\\\"e1\\\"}\""}}"#, "v"), r#"{"id":"e1"}"#);
    }

    #[test]
    fn a_text_is_not_undone_further_than_the_host_did_it() {
        assert_eq!(text(r#"{"Data":{"v":"\"\""}}"#, "v"), "");
        assert_eq!(text(r#"{"Data":{"v":"plain"}}"#, "v"), "plain");
        assert_eq!(text(r#"{"Data":{}}"#, "v"), "");
        // The message is itself a JSON text.
        assert_eq!(text(r#"{"Data":{"v":"\"\\\"quoted\\\"\""}}"#, "v"), r#""quoted""#);
    }

    #[test]
    fn what_is_wrong_with_one_value_is_no_matter_of_the_invocation() {
        assert_eq!(text(r#"{"Data":{"v":"\ud800"}}"#, "v"), r#""\ud800""#);
        let deep =
            format!(r#"{{"Data":{{"v":{}1{}}},"Metadata":{{}}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(text(&deep, "v").len(), 200_001);
        assert_eq!(text(r#"{"Data":{"v":1e999}}"#, "v"), "1e999");
    }

    #[test]
    fn anything_else_is_no_invocation() {
        for body in
            ["", "null", "[]", "\"text\"", "{}", r#"{"Data":[]}"#, r#"{"Data":"#, "\u{feff}{\"Data\":{}}"]
        {
            assert!(Invocation::read(body.as_bytes()).is_err(), "{body}");
        }
        assert!(Invocation::read(b"{\"Data\":{\"v\":\"\xff\"}}").is_err(), "no UTF-8");
    }
}
