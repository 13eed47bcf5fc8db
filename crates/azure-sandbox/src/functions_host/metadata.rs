//! `Metadata` of an invocation.
//!
//! Source: the SDK's `FunctionBinding.cs` and `SystemBindingData.cs`, the host's `ScriptInvocationContextExtensions.cs`.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::dotnet::json_ticks;

/// Names are told apart without regard to case, and the first spelling stays.
#[derive(Default)]
pub(super) struct Metadata(Map<String, Value>);

/// What `sys` says of an invocation.
pub(super) struct System<'a> {
    pub(super) function: &'a str,
    pub(super) now: OffsetDateTime,
    pub(super) random: Uuid,
}

impl Metadata {
    /// Sets a value over the one that has that name, if any.
    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        // `Data` has the trigger's own value already (`QueueTrigger`), and whatever else ends so is left out too.
        if name.to_lowercase().ends_with("trigger") {
            return;
        }
        match self.0.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => *known = value.into(),
            None => {
                self.0.insert(name.to_owned(), value.into());
            }
        }
    }

    /// Takes the value of that name away: the host leaves out nulls.
    pub(super) fn remove(&mut self, name: &str) {
        self.0.retain(|known, _| !known.eq_ignore_ascii_case(name));
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.keys().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Adds `sys`, or `$sys` if the trigger's own data had that name first.
    pub(super) fn set_system(&mut self, system: &System<'_>) {
        let name = if self.contains("sys") { "$sys" } else { "sys" };
        self.set(
            name,
            json!({
                "MethodName": system.function,
                "UtcNow": json_ticks(system.now),
                "RandGuid": system.random.to_string(),
            }),
        );
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn system() -> System<'static> {
        System { function: "F", now: datetime!(2026-11-24 09:00 UTC), random: Uuid::nil() }
    }

    #[test]
    fn the_first_spelling_stays_and_the_last_value_counts() {
        let mut metadata = Metadata::default();
        metadata.set("Id", "1");
        metadata.set("other", "2");
        metadata.set("ID", "3");
        assert_eq!(metadata.into_value().to_string(), r#"{"Id":"3","other":"2"}"#);
    }

    #[test]
    fn what_is_called_like_a_trigger_is_left_out() {
        let mut metadata = Metadata::default();
        metadata.set("myTRIGGER", "1");
        assert_eq!(metadata.into_value(), json!({}));
    }

    #[test]
    fn the_user_s_sys_comes_first() {
        let mut metadata = Metadata::default();
        metadata.set("Sys", "mine");
        metadata.set_system(&system());
        let value = metadata.into_value();
        assert_eq!((&value["Sys"], &value["$sys"]["MethodName"]), (&json!("mine"), &json!("F")));
        let mut metadata = Metadata::default();
        metadata.set("sys", "gone");
        metadata.remove("SYS");
        metadata.set_system(&system());
        assert_eq!(metadata.into_value()["sys"]["UtcNow"], "2026-11-24T09:00:00Z");
    }
}
