//! `<Function>/function.json`: what triggers a function, and where its outputs go.
//!
//! Source: the host's `Utility.cs` (names) and the binding reference of Microsoft's documentation.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::error::HostError;
use super::members::Members;

/// The only storage account that this host has.
const STORAGE_CONNECTION: &str = "AzureWebJobsStorage";

/// A function, as its folder describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) trigger: Trigger,
    pub(super) outputs: Vec<QueueOutput>,
}

/// What starts a function; `binding` is its name in the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trigger {
    EventGrid { binding: String },
    Queue { binding: String, queue: String },
}

/// An output binding of type `queue`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct QueueOutput {
    pub(super) binding: String,
    pub(super) queue: String,
}

/// All functions of an application that are not switched off (`AzureWebJobs.<Name>.Disabled`), by name.
pub(super) fn read_all(
    app_root: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<Function>, HostError> {
    let unreadable = |source| HostError::ReadFile { path: app_root.to_owned(), source };
    let mut functions = Vec::new();
    for entry in std::fs::read_dir(app_root).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?;
        let path = folder.path().join("function.json");
        if !path.is_file() {
            continue;
        }
        let name = folder.file_name().to_string_lossy().into_owned();
        let disabled = environment.get(&format!("AzureWebJobs.{name}.Disabled"));
        if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1") {
            continue;
        }
        let text = std::fs::read_to_string(&path).map_err(|source| HostError::ReadFile { path, source })?;
        functions.push(Function::parse(name, &text)?);
    }
    if functions.is_empty() {
        return Err(HostError::NoFunctions { app_root: app_root.to_owned() });
    }
    functions.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(functions)
}

/// One entry of `bindings`.
enum Binding {
    Trigger(Trigger),
    Output(QueueOutput),
}

impl Function {
    fn parse(name: String, text: &str) -> Result<Self, HostError> {
        let wrong = |reason| HostError::FunctionJson { function: name.clone(), reason };
        if !is_function_name(&name) {
            return Err(wrong(
                "a function's name must match ^[a-z][a-z0-9_-]{0,127}$ (any case), and not be `host`".into(),
            ));
        }
        let bindings = bindings(text).map_err(wrong)?;
        let mut triggers = Vec::new();
        let mut outputs = Vec::new();
        for binding in bindings {
            let mut members = Members::of("the binding", binding).map_err(wrong)?;
            let binding_type = members.required_text("type").map_err(wrong)?;
            if ["httpTrigger", "http", "timerTrigger"]
                .iter()
                .any(|later| later.eq_ignore_ascii_case(&binding_type))
            {
                return Err(HostError::NotServed { function: name, binding_type });
            }
            match read_binding(&binding_type, members).map_err(wrong)? {
                Binding::Trigger(trigger) => triggers.push(trigger),
                Binding::Output(output) => outputs.push(output),
            }
        }
        let mut triggers = triggers.into_iter();
        let (Some(trigger), None) = (triggers.next(), triggers.next()) else {
            return Err(wrong("a function has exactly one trigger".into()));
        };
        Ok(Self { name, trigger, outputs })
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

fn read_binding(binding_type: &str, mut members: Members) -> Result<Binding, String> {
    let binding = members.required_text("name")?;
    let direction = members.required_text("direction")?;
    let expected = match binding_type.to_ascii_lowercase().as_str() {
        "eventgridtrigger" | "queuetrigger" => "in",
        "queue" => "out",
        _ => return Err(format!("this host does not know bindings of type `{binding_type}`")),
    };
    if !direction.eq_ignore_ascii_case(expected) {
        return Err(format!("`direction` of `{binding}` must be `{expected}`, not `{direction}`"));
    }
    let is_return_value = binding == "$return" && expected == "out";
    if !is_binding_name(&binding) && !is_return_value {
        return Err(format!("`{binding}` is no binding name: ^[a-zA-Z][a-zA-Z0-9]{{0,127}}$ or $return"));
    }
    for (name, known) in [("dataType", "string"), ("cardinality", "one")] {
        match members.text(name)? {
            Some(value) if value != known => {
                return Err(format!("this host does not know `{name}` `{value}`"));
            }
            _ => {}
        }
    }
    let read = match binding_type.to_ascii_lowercase().as_str() {
        "eventgridtrigger" => Binding::Trigger(Trigger::EventGrid { binding }),
        "queuetrigger" => Binding::Trigger(Trigger::Queue { binding, queue: queue_name(&mut members)? }),
        _ => Binding::Output(QueueOutput { binding, queue: queue_name(&mut members)? }),
    };
    members.finish()?;
    Ok(read)
}

fn queue_name(members: &mut Members) -> Result<String, String> {
    let queue = members.required_text("queueName")?;
    let letters =
        queue.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    // "Naming queues and metadata" of the storage documentation.
    if !letters
        || !(3..=63).contains(&queue.len())
        || queue.starts_with('-')
        || queue.ends_with('-')
        || queue.contains("--")
    {
        return Err(format!(
            "`{queue}` is no queue name (names in app settings, `%…%`, are not known to this host)"
        ));
    }
    match members.text("connection")? {
        Some(connection) if connection != STORAGE_CONNECTION => {
            Err(format!("this host knows the connection `{STORAGE_CONNECTION}` only, not `{connection}`"))
        }
        _ => Ok(queue),
    }
}

fn is_function_name(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.eq_ignore_ascii_case("host") && is_name(name, rest)
}

fn is_binding_name(name: &str) -> bool {
    is_name(name, |byte| byte.is_ascii_alphanumeric())
}

fn is_name(name: &str, rest: impl Fn(u8) -> bool) -> bool {
    name.len() <= 128
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && name.bytes().all(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, bindings: &str) -> Result<Function, String> {
        Function::parse(name.to_owned(), &format!(r#"{{"bindings":[{bindings}]}}"#))
            .map_err(|error| error.to_string())
    }

    const EVENT: &str = r#"{"type":"eventGridTrigger","name":"event","direction":"in"}"#;

    #[test]
    fn our_own_functions_are_understood() {
        let text = include_str!("../../../../functions/SecretNearExpiry/function.json");
        let function = Function::parse("SecretNearExpiry".to_owned(), text).unwrap();
        assert_eq!(function.trigger, Trigger::EventGrid { binding: "event".to_owned() });
        let text = include_str!("../../../../functions/Rotate/function.json");
        let function = Function::parse("Rotate".to_owned(), text).unwrap();
        assert!(matches!(function.trigger, Trigger::Queue { .. }));
    }

    #[test]
    fn names_follow_the_rules_of_the_real_host() {
        assert!(parse("a-b_c1", EVENT).is_ok());
        for name in ["1a", "host", "Host", "a.b", ""] {
            assert!(parse(name, EVENT).unwrap_err().contains("name must match"), "{name}");
        }
        let binding = r#"{"type":"eventGridTrigger","name":"an_event","direction":"in"}"#;
        assert!(parse("a", binding).unwrap_err().contains("`an_event` is no binding name"));
    }

    #[test]
    fn what_is_unknown_is_refused_by_name() {
        let http = r#"{"type":"httpTrigger","name":"req","direction":"in"}"#;
        assert_eq!(parse("a", http).unwrap_err(), "function `a`: this host does not serve `httpTrigger` yet");
        let blob = r#"{"type":"blobTrigger","name":"blob","direction":"in"}"#;
        assert!(parse("a", blob).unwrap_err().contains("bindings of type `blobTrigger`"));
        let many = r#"{"type":"eventGridTrigger","name":"event","direction":"in","cardinality":"many"}"#;
        assert!(parse("a", many).unwrap_err().contains("`cardinality` `many`"));
        let queue = r#"{"type":"queueTrigger","name":"m","direction":"in","queueName":"Work"}"#;
        assert!(parse("a", queue).unwrap_err().contains("`Work` is no queue name"));
        assert!(parse("a", &format!("{EVENT},{EVENT}")).unwrap_err().contains("exactly one trigger"));
    }
}
