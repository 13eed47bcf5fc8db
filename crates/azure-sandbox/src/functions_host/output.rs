//! From the outputs of an answer to the messages on queues.
//!
//! Source: the host's `HttpScriptInvocationResultExtensions.cs` and `FunctionBinding.cs`, and what the real host put
//! on queues.

use serde_json::Value;

use super::answer::HandlerResult;
use super::dotnet::{
    DateReading, from_base64, indented, looks_like_json, read_date, refuse_unseen_numbers, scalar_text,
};
use super::function_json::{Function, QueueOutput};

/// A message that an answer wants on a queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OutgoingMessage {
    pub(super) queue: String,
    pub(super) content: Vec<u8>,
}

/// All messages of an answer, in the order of the function's bindings. Names that it does not have are ignored.
pub(super) fn outgoing(function: &Function, result: &HandlerResult) -> Result<Vec<OutgoingMessage>, String> {
    let mut messages = Vec::new();
    for output in &function.outputs {
        let contents =
            contents(output, result).map_err(|reason| format!("output `{}`: {reason}", output.binding))?;
        messages.extend(
            contents.into_iter().map(|content| OutgoingMessage { queue: output.queue.clone(), content }),
        );
    }
    Ok(messages)
}

/// `ReturnValue` feeds `$return`, whatever Outputs say of it. Without such a binding its members go over the outputs
/// of the same name, and are not guessed at.
fn contents(output: &QueueOutput, result: &HandlerResult) -> Result<Vec<Vec<u8>>, String> {
    if output.binding == "$return" {
        return guessed(&result.return_value, output.is_binary);
    }
    if let Some(member) = result.return_value.get(&output.binding) {
        return collected(member);
    }
    let value = result.outputs.as_ref().and_then(|outputs| outputs.get(&output.binding));
    value.map_or_else(|| Ok(Vec::new()), |value| guessed(value, output.is_binary))
}

/// Any string that happens to be base64 is decoded, and white space does not protect it.
fn guessed(value: &Value, is_binary: bool) -> Result<Vec<Vec<u8>>, String> {
    match value.as_str().filter(|_| !is_binary).and_then(from_base64) {
        Some(bytes) => Ok(vec![bytes]),
        None => collected(value),
    }
}

fn collected(value: &Value) -> Result<Vec<Vec<u8>>, String> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::String(text) if looks_like_json(text) => {
            let parsed = serde_json::from_str(text).map_err(|error| error.to_string())?;
            elements(&parsed)
        }
        other => elements(other),
    }
}

fn elements(value: &Value) -> Result<Vec<Vec<u8>>, String> {
    match value {
        Value::Array(items) => items.iter().map(element).collect(),
        single => element(single).map(|content| vec![content]),
    }
}

/// `JToken.ToString()`.
fn element(value: &Value) -> Result<Vec<u8>, String> {
    let text = match value {
        Value::String(text) => match read_date(text) {
            DateReading::NoDate => text.clone(),
            DateReading::Date(_) | DateReading::Unknown => {
                return Err(format!("this host does not know how the real one rewrites the date `{text}`"));
            }
        },
        Value::Object(_) | Value::Array(_) => {
            refuse_unseen_numbers(value)?;
            indented(value)
        }
        Value::Bool(_) | Value::Number(_) => scalar_text(value)?,
        Value::Null => return Err("this host does not know what becomes of `null` in an array".to_owned()),
    };
    Ok(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::function_json::Trigger;
    use super::*;

    fn function(binding: &str, is_binary: bool) -> Function {
        let output = QueueOutput { binding: binding.to_owned(), queue: "q".to_owned(), is_binary };
        Function {
            name: "F".to_owned(),
            binding: "event".to_owned(),
            trigger: Trigger::EventGrid,
            outputs: vec![output],
            response: None,
            is_disabled: false,
        }
    }

    fn written(function: &Function, outputs: &Value, return_value: Value) -> Result<Vec<Vec<u8>>, String> {
        let result =
            HandlerResult { outputs: outputs.as_object().cloned(), return_value, ..HandlerResult::default() };
        outgoing(function, &result).map(|messages| messages.into_iter().map(|each| each.content).collect())
    }

    fn contents_of(value: &Value) -> Result<Vec<Vec<u8>>, String> {
        written(&function("out", false), &json!({ "out": value }), Value::Null)
    }

    fn texts(value: &Value) -> Vec<String> {
        let contents = contents_of(value).unwrap().into_iter();
        contents.map(|content| String::from_utf8_lossy(&content).into_owned()).collect()
    }

    #[test]
    fn objects_are_indented_and_arrays_become_several_messages() {
        assert_eq!(texts(&json!({"a": 1})), ["{\n  \"a\": 1\n}"]);
        assert_eq!(texts(&json!(["m1", {"a": 1}, "test"])), ["m1", "{\n  \"a\": 1\n}", "test"]);
        assert!(texts(&json!([])).is_empty());
        assert!(texts(&Value::Null).is_empty());
    }

    #[test]
    fn a_lone_string_is_guessed_at() {
        assert_eq!(texts(&json!("{\"a\":1}")), ["{\n  \"a\": 1\n}"]);
        assert_eq!(texts(&json!("[\"m1\",\"m2\"]")), ["m1", "m2"]);
        assert_eq!(texts(&json!("hello")), ["hello"]);
        assert_eq!(texts(&json!("")), [""]);
        assert_eq!(contents_of(&json!("test")).unwrap(), [vec![0xb5, 0xeb, 0x2d]]);
        assert_eq!(contents_of(&json!("t e\ns t")).unwrap(), [vec![0xb5, 0xeb, 0x2d]]);
        assert!(contents_of(&json!("2026-11-24T09:00:00Z")).unwrap_err().contains("rewrites the date"));
    }

    #[test]
    fn a_binary_output_is_not_guessed_at() {
        let outputs = json!({ "out": "test" });
        let content = vec![b"test".to_vec()];
        assert_eq!(written(&function("out", true), &outputs, Value::Null).unwrap(), content);
    }

    #[test]
    fn only_the_return_value_feeds_the_return_binding() {
        let outputs = json!({ "$return": "ignored" });
        let content = vec![b"{\n  \"a\": 1\n}".to_vec()];
        assert_eq!(written(&function("$return", false), &outputs, json!({ "a": 1 })).unwrap(), content);
        assert!(written(&function("$return", false), &outputs, Value::Null).unwrap().is_empty());
    }

    #[test]
    fn members_of_a_return_value_go_over_outputs_and_are_not_guessed_at() {
        let outputs = json!({ "out": "other" });
        let content = vec![b"test".to_vec()];
        assert_eq!(written(&function("out", false), &outputs, json!({ "out": "test" })).unwrap(), content);
    }

    #[test]
    fn scalars_are_written_as_dotnet_writes_them() {
        assert_eq!(texts(&json!(true)), ["True"]);
        assert_eq!(texts(&json!(42)), ["42"]);
    }

    #[test]
    fn dates_within_objects_keep_their_text() {
        assert_eq!(
            texts(&json!({"at": "2026-11-24T09:00:00.10Z"})),
            ["{\n  \"at\": \"2026-11-24T09:00:00.10Z\"\n}"]
        );
    }
}
