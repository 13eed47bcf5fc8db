//! From the outputs of an answer to the messages on queues.
//!
//! Source: the host's `HttpScriptInvocationResultExtensions.cs` and `FunctionBinding.cs`, and what the real host put
//! on queues.

use serde_json::{Map, Value};

use super::answer::HandlerResult;
use super::dotnet::{
    DateReading, from_base64, indented, looks_like_json, read_date, refuse_unseen_numbers, scalar_text,
};
use super::function_json::Function;

/// A message that an answer wants on a queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OutgoingMessage {
    pub(super) queue: String,
    pub(super) content: Vec<u8>,
}

/// All messages of an answer, in the order of the function's bindings. Names that it does not have are ignored.
pub(super) fn outgoing(function: &Function, result: HandlerResult) -> Result<Vec<OutgoingMessage>, String> {
    let values = values_by_binding(function, result)?;
    let mut messages = Vec::new();
    for output in &function.outputs {
        let Some(value) = values.get(&output.binding) else { continue };
        let contents = contents(value).map_err(|reason| format!("output `{}`: {reason}", output.binding))?;
        messages.extend(
            contents.into_iter().map(|content| OutgoingMessage { queue: output.queue.clone(), content }),
        );
    }
    Ok(messages)
}

/// `ReturnValue` feeds `$return`, whatever Outputs say of it; without such a binding its members are outputs like others.
fn values_by_binding(function: &Function, result: HandlerResult) -> Result<Map<String, Value>, String> {
    let HandlerResult { outputs: mut values, return_value, .. } = result;
    if function.outputs.iter().any(|output| output.binding == "$return") {
        values.insert("$return".to_owned(), return_value);
        return Ok(values);
    }
    let Value::Object(members) = return_value else { return Ok(values) };
    for (name, value) in members {
        if values.insert(name.clone(), value).is_some() {
            return Err(format!(
                "this host does not know which `{name}` counts: that of Outputs or of ReturnValue"
            ));
        }
    }
    Ok(values)
}

fn contents(value: &Value) -> Result<Vec<Vec<u8>>, String> {
    match value {
        Value::Null => Ok(Vec::new()),
        // Any string that happens to be base64 is decoded, and white space does not protect it.
        Value::String(text) => match from_base64(text) {
            Some(bytes) => Ok(vec![bytes]),
            None if looks_like_json(text) => {
                let parsed = serde_json::from_str(text).map_err(|error| error.to_string())?;
                elements(&parsed)
            }
            None => element(value).map(|content| vec![content]),
        },
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

    use super::super::function_json::{QueueOutput, Trigger};
    use super::*;

    fn texts(value: &Value) -> Vec<String> {
        contents(value)
            .unwrap()
            .into_iter()
            .map(|content| String::from_utf8_lossy(&content).into_owned())
            .collect()
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
        assert_eq!(texts(&json!("hello")), ["hello"]);
        assert_eq!(texts(&json!("")), [""]);
        assert_eq!(contents(&json!("test")).unwrap(), [vec![0xb5, 0xeb, 0x2d]]);
        assert!(contents(&json!("2026-11-24T09:00:00Z")).unwrap_err().contains("rewrites the date"));
    }

    #[test]
    fn only_the_return_value_feeds_the_return_binding() {
        let output = QueueOutput { binding: "$return".to_owned(), queue: "q".to_owned() };
        let trigger = Trigger::EventGrid { binding: "event".to_owned() };
        let function = Function { name: "F".to_owned(), trigger, outputs: vec![output] };
        let outputs = json!({ "$return": "ignored" }).as_object().cloned().unwrap();
        let result = HandlerResult { outputs, return_value: json!({ "a": 1 }), ..HandlerResult::default() };
        let content = b"{\n  \"a\": 1\n}".to_vec();
        assert_eq!(
            outgoing(&function, result).unwrap(),
            [OutgoingMessage { queue: "q".to_owned(), content }]
        );
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
