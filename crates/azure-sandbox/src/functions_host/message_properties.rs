//! The properties of a queue message or of a request's body that is a JSON object: the host repeats them in `Metadata`.
//!
//! Source: the host's `Utility.ApplyBindingData`, and what the real host sent for such messages.

use serde_json::Value;

use super::dotnet::{
    DateReading, converted, invariant_date, json_ticks, looks_like_json, read_date, refuse_unseen_numbers,
    scalar_text,
};

/// The top-level properties of `text`, if it is an object, without nulls and arrays.
pub(super) fn of_text(text: &str) -> Result<Vec<(String, Value)>, String> {
    if !looks_like_json(text) {
        return Ok(Vec::new());
    }
    let Ok(Value::Object(properties)) = serde_json::from_str(text) else { return Ok(Vec::new()) };
    let mut converted = Vec::new();
    for (name, value) in properties {
        if let Some(value) = property(&value)? {
            converted.push((name, value));
        }
    }
    Ok(converted)
}

fn property(value: &Value) -> Result<Option<Value>, String> {
    match value {
        Value::Null | Value::Array(_) => Ok(None),
        Value::Object(_) => {
            refuse_unseen_numbers(value)?;
            refuse_rewritten_dates(value)?;
            Ok(Some(value.clone()))
        }
        Value::String(text) => {
            let text = match read_date(text) {
                DateReading::NoDate => text.clone(),
                DateReading::Date(date) => invariant_date(date),
                DateReading::Unknown => return Err(unknown_date(text)),
            };
            Ok(Some(converted(&text.into())))
        }
        Value::Bool(_) | Value::Number(_) => Ok(Some(converted(&scalar_text(value)?.into()))),
    }
}

/// A date within an object is written anew, in Newtonsoft's own form: the same text only if it had that form.
pub(super) fn refuse_rewritten_dates(value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) => match read_date(text) {
            DateReading::NoDate => Ok(()),
            DateReading::Date(date) if json_ticks(date) == *text => Ok(()),
            DateReading::Date(_) | DateReading::Unknown => Err(unknown_date(text)),
        },
        Value::Array(items) => items.iter().try_for_each(refuse_rewritten_dates),
        Value::Object(members) => members.values().try_for_each(refuse_rewritten_dates),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn unknown_date(text: &str) -> String {
    format!("this host does not know how the real one rewrites the date `{text}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_arrays_and_broken_objects_have_none() {
        for text in ["hello", "[1,2]", "{broken}", "", r#"{"list":[1],"n":null}"#] {
            assert_eq!(of_text(text).unwrap(), [], "{text}");
        }
    }

    #[test]
    fn what_was_never_seen_is_refused() {
        assert!(
            of_text(r#"{"o":{"at":"2026-11-24T09:00:00.10Z"}}"#).unwrap_err().contains("rewrites the date")
        );
        assert!(of_text(r#"{"n":1e30}"#).unwrap_err().contains("writes the number"));
        assert!(of_text(r#"{"o":{"at":"2026-11-24T09:00:00Z"}}"#).is_ok());
    }
}
