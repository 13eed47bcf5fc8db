//! `<Function>/function.json`: what triggers a function, and where its outputs go.
//!
//! Source: the host's `Utility.cs` (names) and the binding reference of Microsoft's documentation.

mod binding;
mod name;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

pub(super) use self::binding::{AuthLevel, HttpTrigger, QueueOutput, TimerTrigger, Trigger};

use self::binding::{AppSettings, Binding};
use super::error::HostError;
use super::members::Members;

/// A function, as its folder describes it.
#[derive(Debug, PartialEq)]
pub(super) struct Function {
    pub(super) name: String,
    /// The trigger's name in the payload.
    pub(super) binding: String,
    pub(super) trigger: Trigger,
    pub(super) outputs: Vec<QueueOutput>,
    /// The name of the output that answers an HTTP request; those functions alone have one.
    pub(super) response: Option<String>,
    /// Nothing but the master key starts it: `AzureWebJobs.<Name>.Disabled`.
    pub(super) is_disabled: bool,
}

/// All functions of an application, by name.
pub(super) fn read_all(app_root: &Path, settings: &AppSettings) -> Result<Vec<Arc<Function>>, HostError> {
    let unreadable = |source| HostError::ReadFile { path: app_root.to_owned(), source };
    let mut functions = BTreeMap::new();
    for entry in std::fs::read_dir(app_root).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?;
        let path = folder.path().join("function.json");
        if !path.is_file() {
            continue;
        }
        let name = folder.file_name().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).map_err(|source| HostError::ReadFile { path, source })?;
        let function = Function::parse(&name, &text, settings)
            .map_err(|reason| HostError::FunctionJson { function: name.clone(), reason })?;
        if functions.insert(name.to_ascii_uppercase(), Arc::new(function)).is_some() {
            let reason = "another function's name differs by letter case only".to_owned();
            return Err(HostError::FunctionJson { function: name, reason });
        }
    }
    if functions.is_empty() {
        return Err(HostError::NoFunctions { app_root: app_root.to_owned() });
    }
    Ok(functions.into_values().collect())
}

impl Function {
    fn parse(name: &str, text: &str, settings: &AppSettings) -> Result<Self, String> {
        name::check_function(name)?;
        let mut triggers = Vec::new();
        let mut outputs = Vec::new();
        let mut responses = Vec::new();
        for value in bindings(text)? {
            match Binding::read(value, settings)? {
                Binding::Trigger { name, trigger } => triggers.push((name, trigger)),
                Binding::Queue(output) => outputs.push(output),
                Binding::Response(name) => responses.push(name),
            }
        }
        let mut triggers = triggers.into_iter();
        let (Some((binding, trigger)), None) = (triggers.next(), triggers.next()) else {
            return Err("a function has exactly one trigger".to_owned());
        };
        let expected = usize::from(matches!(trigger, Trigger::Http(_)));
        if responses.len() != expected {
            return Err(format!(
                "this host knows functions with an `httpTrigger` and one `http` output, and those with neither; \
                 here there are {} `http` outputs",
                responses.len()
            ));
        }
        let disabled = settings.get(&format!("AzureWebJobs.{name}.Disabled"));
        Ok(Self {
            name: name.to_owned(),
            binding,
            trigger,
            outputs,
            response: responses.pop(),
            is_disabled: disabled.is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1"),
        })
    }

    /// How the host's log names it.
    pub(super) fn display_name(&self) -> String {
        format!("Functions.{}", self.name)
    }
}

fn bindings(text: &str) -> Result<Vec<Value>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut root = Members::of("function.json", value)?;
    let Some(Value::Array(bindings)) = root.take("bindings") else {
        return Err("`bindings` must be an array".into());
    };
    // Seen on the real host: it has no effect.
    root.ignore("disabled");
    root.finish()?;
    Ok(bindings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bindings: &str) -> Result<Function, String> {
        Function::parse("a", &format!(r#"{{"bindings":[{bindings}]}}"#), &AppSettings::new())
    }

    const EVENT: &str = r#"{"type":"eventGridTrigger","name":"event","direction":"in"}"#;
    const HTTP: &str = r#"{"type":"httpTrigger","name":"req","direction":"in"}"#;
    const RESPONSE: &str = r#"{"type":"http","name":"res","direction":"out"}"#;

    #[test]
    fn our_own_functions_are_understood() {
        let text = include_str!("../../../../functions/SecretNearExpiry/function.json");
        let function = Function::parse("SecretNearExpiry", text, &AppSettings::new()).unwrap();
        assert_eq!((function.binding.as_str(), function.trigger), ("event", Trigger::EventGrid));
        let text = include_str!("../../../../functions/Rotate/function.json");
        let function = Function::parse("Rotate", text, &AppSettings::new()).unwrap();
        assert!(matches!(function.trigger, Trigger::Queue { .. }));
    }

    #[test]
    fn every_function_has_one_trigger_and_http_functions_one_answer() {
        assert!(parse(&format!("{EVENT},{EVENT}")).unwrap_err().contains("exactly one trigger"));
        assert!(parse(RESPONSE).unwrap_err().contains("exactly one trigger"));
        assert_eq!(parse(&format!("{HTTP},{RESPONSE}")).unwrap().response.as_deref(), Some("res"));
        assert!(parse(HTTP).unwrap_err().contains("0 `http` outputs"));
        assert!(parse(&format!("{EVENT},{RESPONSE}")).unwrap_err().contains("1 `http` outputs"));
    }

    #[test]
    fn what_is_unknown_is_refused_by_name() {
        let text = format!(r#"{{"bindings":[{EVENT}],"retry":{{}}}}"#);
        let refusal = Function::parse("a", &text, &AppSettings::new()).unwrap_err();
        assert_eq!(refusal, "this host does not know `retry` of function.json");
        assert!(Function::parse("1a", "{}", &AppSettings::new()).unwrap_err().contains("name must match"));
    }

    #[test]
    fn a_setting_switches_a_function_off_and_its_own_file_does_not() {
        let text = format!(r#"{{"bindings":[{EVENT}],"disabled":true}}"#);
        let is_disabled = |value: Option<&str>| {
            let settings = value.map(|value| ("AzureWebJobs.a.Disabled".to_owned(), value.to_owned()));
            Function::parse("a", &text, &settings.into_iter().collect()).unwrap().is_disabled
        };
        assert!(!is_disabled(None));
        assert!(!is_disabled(Some("false")));
        assert!(is_disabled(Some("True")));
        assert!(is_disabled(Some("1")));
    }
}
