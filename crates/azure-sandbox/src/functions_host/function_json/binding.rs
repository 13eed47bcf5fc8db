//! One entry of `bindings`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::members::Members;
use super::super::route::Route;
use super::super::schedule::Schedule;
use super::name;

/// The application's settings, which are its environment.
pub(in super::super) type AppSettings = BTreeMap<String, String>;

/// The only storage account that this host has.
const STORAGE_CONNECTION: &str = "AzureWebJobsStorage";

/// What an entry of `bindings` stands for.
pub(super) enum Binding {
    Trigger { name: String, trigger: Trigger },
    Queue(QueueOutput),
    Response(String),
}

/// What starts a function.
#[derive(Debug, PartialEq)]
pub(in super::super) enum Trigger {
    EventGrid,
    Queue { queue: String },
    Timer(TimerTrigger),
    Http(HttpTrigger),
}

/// `timerTrigger`.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct TimerTrigger {
    pub(in super::super) schedule: Schedule,
    pub(in super::super) run_on_startup: bool,
    /// Whether the payload says when it ran last; the host keeps that for schedules of a minute and more.
    pub(in super::super) has_monitor: bool,
}

/// `httpTrigger`.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct HttpTrigger {
    pub(in super::super) auth_level: AuthLevel,
    /// In upper case; `None` is every method.
    pub(in super::super) methods: Option<Vec<String>>,
    /// `None` is the function's name.
    pub(in super::super) route: Option<Route>,
}

/// What a caller of an HTTP function needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum AuthLevel {
    Anonymous,
    Function,
    Admin,
}

/// An output binding of type `queue`.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct QueueOutput {
    pub(in super::super) binding: String,
    pub(in super::super) queue: String,
    /// `"dataType": "binary"`: a string is not guessed at.
    pub(in super::super) is_binary: bool,
}

impl Binding {
    pub(super) fn read(value: Value, settings: &AppSettings) -> Result<Self, String> {
        let mut members = Members::of("the binding", value)?;
        let binding_type = members.required_text("type")?;
        let name = members.required_text("name")?;
        let direction = members.required_text("direction")?;
        let kind = binding_type.to_ascii_lowercase();
        let expected = match kind.as_str() {
            "eventgridtrigger" | "queuetrigger" | "timertrigger" | "httptrigger" => "in",
            "queue" | "http" => "out",
            _ => return Err(format!("this host does not know bindings of type `{binding_type}`")),
        };
        if !direction.eq_ignore_ascii_case(expected) {
            return Err(format!("`direction` of `{name}` must be `{expected}`, not `{direction}`"));
        }
        name::check_binding(&name, expected == "out")?;
        let binding = match kind.as_str() {
            "eventgridtrigger" => {
                known_text(&mut members, "cardinality", &["one"])?;
                Self::Trigger { name, trigger: Trigger::EventGrid }
            }
            "queuetrigger" => {
                let queue = queue(&mut members)?;
                Self::Trigger { name, trigger: Trigger::Queue { queue } }
            }
            "timertrigger" => Self::Trigger { name, trigger: Trigger::Timer(timer(&mut members, settings)?) },
            "httptrigger" => Self::Trigger { name, trigger: Trigger::Http(http(&mut members)?) },
            "queue" => {
                let is_binary =
                    known_text(&mut members, "dataType", &["string", "binary"])?.as_deref() == Some("binary");
                Self::Queue(QueueOutput { binding: name, queue: queue(&mut members)?, is_binary })
            }
            _ if name == "$return" => {
                return Err("this host does not know `http` outputs called `$return`".to_owned());
            }
            _ => Self::Response(name),
        };
        known_text(&mut members, "dataType", &["string"])?;
        members.finish()?;
        Ok(binding)
    }
}

fn queue(members: &mut Members) -> Result<String, String> {
    let queue = members.required_text("queueName")?;
    name::check_queue(&queue)?;
    known_text(members, "connection", &[STORAGE_CONNECTION])?;
    Ok(queue)
}

fn timer(members: &mut Members, settings: &AppSettings) -> Result<TimerTrigger, String> {
    let expression = members.required_text("schedule")?;
    let schedule = Schedule::parse(resolved(&expression, settings)?)?;
    let run_on_startup = members.boolean("runOnStartup")?.unwrap_or(false);
    let use_monitor = members.boolean("useMonitor")?.unwrap_or(true);
    let has_monitor = use_monitor && !schedule.is_below_a_minute();
    Ok(TimerTrigger { schedule, run_on_startup, has_monitor })
}

/// `%Setting%` stands for the value of an app setting.
fn resolved<'a>(text: &'a str, settings: &'a AppSettings) -> Result<&'a str, String> {
    match text.strip_prefix('%').and_then(|text| text.strip_suffix('%')) {
        None => Ok(text),
        Some(name) => {
            settings.get(name).map(String::as_str).ok_or_else(|| format!("there is no app setting `{name}`"))
        }
    }
}

fn http(members: &mut Members) -> Result<HttpTrigger, String> {
    let levels = ["anonymous", "function", "admin"];
    let auth_level = match known_text(members, "authLevel", &levels)?.as_deref() {
        Some("anonymous") => AuthLevel::Anonymous,
        Some("admin") => AuthLevel::Admin,
        _ => AuthLevel::Function,
    };
    let methods = members.texts("methods")?;
    let methods = methods.map(|methods| methods.iter().map(|method| method.to_ascii_uppercase()).collect());
    let route = members.text("route")?.filter(|route| !route.is_empty());
    Ok(HttpTrigger { auth_level, methods, route: route.as_deref().map(Route::parse).transpose()? })
}

/// A text that this host knows some values of, in whatever case; returned in the case of `known`.
fn known_text(members: &mut Members, name: &str, known: &[&str]) -> Result<Option<String>, String> {
    let Some(text) = members.text(name)? else { return Ok(None) };
    match known.iter().find(|known| known.eq_ignore_ascii_case(&text)) {
        Some(known) => Ok(Some((*known).to_owned())),
        None => Err(format!("this host does not know `{name}` `{text}` (but {})", known.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Trigger, String> {
        let settings = AppSettings::from([("SCHEDULE".to_owned(), "0 5 * * * *".to_owned())]);
        match Binding::read(value, &settings)? {
            Binding::Trigger { trigger, .. } => Ok(trigger),
            Binding::Queue(output) => panic!("{output:?}"),
            Binding::Response(name) => panic!("{name}"),
        }
    }

    fn timer_of(schedule: &str) -> Result<TimerTrigger, String> {
        let timer = json!({ "type": "timerTrigger", "name": "t", "direction": "in", "schedule": schedule });
        match read(timer)? {
            Trigger::Timer(timer) => Ok(timer),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_unknown_is_refused_by_name() {
        let blob = json!({ "type": "blobTrigger", "name": "blob", "direction": "in" });
        assert!(read(blob).unwrap_err().contains("bindings of type `blobTrigger`"));
        let event = |name: &str, value: &str| {
            read(
                json!({ "type": "eventGridTrigger", "name": "event", "direction": "in", name: value.to_owned() }),
            )
        };
        assert!(event("cardinality", "many").unwrap_err().contains("`cardinality` `many`"));
        assert!(event("dataType", "binary").unwrap_err().contains("`dataType` `binary`"));
        assert!(event("source", "x").unwrap_err().contains("`source` of the binding"));
        let queue = json!({ "type": "queueTrigger", "name": "m", "direction": "in", "queueName": "work",
            "connection": "Other" });
        assert!(read(queue).unwrap_err().contains("`connection` `Other`"));
        let out = json!({ "type": "queueTrigger", "name": "m", "direction": "out", "queueName": "work" });
        assert!(read(out).unwrap_err().contains("`direction` of `m` must be `in`"));
        let user = json!({ "type": "httpTrigger", "name": "req", "direction": "in", "authLevel": "user" });
        assert!(read(user).unwrap_err().contains("`authLevel` `user`"));
    }

    #[test]
    fn http_functions_want_a_function_key_unless_they_say_otherwise() {
        let http = json!({ "type": "httpTrigger", "name": "req", "direction": "in", "methods": ["get"] });
        let expected = HttpTrigger {
            auth_level: AuthLevel::Function,
            methods: Some(vec!["GET".to_owned()]),
            route: None,
        };
        assert_eq!(read(http).unwrap(), Trigger::Http(expected));
    }

    #[test]
    fn a_schedule_may_stand_in_a_setting() {
        assert_eq!(timer_of("%SCHEDULE%").unwrap(), timer_of("0 5 * * * *").unwrap());
        assert_eq!(timer_of("%OTHER%").unwrap_err(), "there is no app setting `OTHER`");
    }

    #[test]
    fn schedules_below_a_minute_have_no_monitor() {
        assert!(timer_of("0 * * * * *").unwrap().has_monitor);
        assert!(!timer_of("*/10 * * * * *").unwrap().has_monitor);
    }
}
