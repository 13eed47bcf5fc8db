//! The properties of a queue message that is a JSON object: the host repeats them in `Metadata`.
//!
//! Source: the host's `Utility.ApplyBindingData`, and what the real host sent for such messages.

use serde_json::{Map, Value};

use super::dotnet::{
    DateReading, converted, invariant_date, json_ticks, looks_like_json, read_date, refuse_unseen_numbers,
    scalar_text,
};

/// Adds the top-level properties of `text`, if it is an object; one called `sys` replaces the host's own.
pub(super) fn add_to(metadata: &mut Map<String, Value>, text: &str) -> Result<(), String> {
    if !looks_like_json(text) {
        return Ok(());
    }
    let Ok(Value::Object(properties)) = serde_json::from_str(text) else { return Ok(()) };
    for (name, value) in properties {
        // The trigger's own names (`QueueTrigger`) are dropped by their ending, and so is whatever else ends so.
        if name.to_lowercase().ends_with("trigger") {
            continue;
        }
        let Some(value) = property(&value)? else { continue };
        let rival = metadata.keys().find(|key| key.eq_ignore_ascii_case(&name) && **key != name);
        if let Some(rival) = rival {
            return Err(format!(
                "this host does not know what becomes of `{rival}` and `{name}` in one Metadata"
            ));
        }
        metadata.insert(name, value);
    }
    Ok(())
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
fn refuse_rewritten_dates(value: &Value) -> Result<(), String> {
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
    use serde_json::json;

    use super::*;

    fn added(text: &str) -> Result<Value, String> {
        let mut metadata = json!({"Id": "\"m\"", "sys": {}}).as_object().cloned().unwrap();
        add_to(&mut metadata, text).map(|()| Value::Object(metadata))
    }

    #[test]
    fn text_arrays_and_broken_objects_add_nothing() {
        for text in ["hello", "[1,2]", "{broken}", ""] {
            assert_eq!(added(text).unwrap(), json!({"Id": "\"m\"", "sys": {}}), "{text}");
        }
    }

    #[test]
    fn what_was_never_seen_is_refused() {
        assert!(added(r#"{"id":"x"}"#).unwrap_err().contains("`Id` and `id`"));
        assert!(
            added(r#"{"o":{"at":"2026-11-24T09:00:00.10Z"}}"#).unwrap_err().contains("rewrites the date")
        );
        assert!(added(r#"{"n":1e30}"#).unwrap_err().contains("writes the number"));
        assert!(added(r#"{"o":{"at":"2026-11-24T09:00:00Z"}}"#).is_ok());
    }
}
