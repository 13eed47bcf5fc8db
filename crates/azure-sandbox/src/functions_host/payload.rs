//! The body of an invocation: `{"Data": {…}, "Metadata": {…}}`.
//!
//! Source: the host's `ScriptInvocationContextExtensions.cs`, and the bodies that the real host 4.1037.0 sent
//! (`tests/recordings`).

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use super::dotnet::{compact, converted, json_seconds, refuse_unseen_numbers};
use super::function_json::{Function, Trigger};
use super::http::HttpRequest;
use super::message_properties;
use super::metadata::{Metadata, System};
use super::queue::QueueMessage;
use super::timer_status::TimerStatus;
use super::timer_trigger::{Cause, TimerFiring};

/// What fired a function.
pub(super) enum Input {
    Event(Map<String, Value>),
    Message(QueueMessage),
    Timer(TimerFiring),
    Request(HttpRequest),
    /// The `input` of an admin call.
    Admin {
        text: String,
        /// What is kept of a timer.
        status: Option<TimerStatus>,
    },
}

/// The body that the handler gets. An error is the exception that the host logs instead.
pub(super) fn body(function: &Function, input: &Input) -> Result<String, String> {
    let mut metadata = Metadata::default();
    let system = System { function: &function.name, now: crate::clock::now(), random: Uuid::new_v4() };
    let data = match input {
        Input::Event(event) => {
            add_event(&mut metadata, event);
            metadata.set_system(&system);
            Value::Object(event.clone())
        }
        Input::Message(message) => {
            let text = message.text().ok_or(
                "System.FormatException : The input is not a valid Base-64 string as it contains a non-base 64 \
                 character, more than two padding characters, or an illegal character among the padding characters.",
            )?;
            add_message(&mut metadata, message);
            metadata.set_system(&system);
            add_properties(&mut metadata, &text)?;
            quoted(&text)
        }
        Input::Timer(firing) => {
            metadata.set_system(&system);
            timer(firing.status, firing.cause == Cause::PastDue)
        }
        Input::Request(request) => {
            request.add_to(&mut metadata)?;
            metadata.set_system(&system);
            request.to_json()
        }
        Input::Admin { text, status } => admin(function, text, *status, &mut metadata, &system)?,
    };
    let data = Map::from_iter([(function.binding.clone(), data)]);
    let body = [("Data".to_owned(), Value::Object(data)), ("Metadata".to_owned(), metadata.into_value())];
    Ok(compact(&Value::Object(Map::from_iter(body))))
}

fn add_event(metadata: &mut Metadata, event: &Map<String, Value>) {
    if let Some(data) = event.get("data") {
        metadata.set("data", converted(data));
    }
}

fn add_message(metadata: &mut Metadata, message: &QueueMessage) {
    metadata.set("DequeueCount", converted(&message.dequeue_count.into()));
    metadata.set("ExpirationTime", json_seconds(message.expires));
    metadata.set("Id", quoted(&message.id));
    metadata.set("InsertionTime", json_seconds(message.inserted));
    metadata.set("NextVisibleTime", json_seconds(message.next_visible));
    metadata.set("PopReceipt", quoted(&message.pop_receipt));
}

fn add_properties(metadata: &mut Metadata, text: &str) -> Result<(), String> {
    for (name, value) in message_properties::of_text(text)? {
        metadata.set(&name, value);
    }
    Ok(())
}

fn timer(status: Option<TimerStatus>, is_past_due: bool) -> Value {
    json!({
        "Schedule": { "AdjustForDST": true },
        "ScheduleStatus": status.map(TimerStatus::to_json),
        "IsPastDue": is_past_due,
    })
}

/// An admin call gives the trigger its value as text, and leaves the text in `Metadata` under the trigger's name.
fn admin(
    function: &Function,
    text: &str,
    status: Option<TimerStatus>,
    metadata: &mut Metadata,
    system: &System<'_>,
) -> Result<Value, String> {
    let data = match &function.trigger {
        Trigger::EventGrid => {
            let unreadable =
                || format!("System.FormatException : Unable to parse {text} to Newtonsoft.Json.Linq.JObject");
            let event: Map<String, Value> = serde_json::from_str(text).map_err(|_| unreadable())?;
            // Unlike the webhook it lets Newtonsoft look for dates and numbers.
            let event = Value::Object(event);
            message_properties::refuse_rewritten_dates(&event)?;
            refuse_unseen_numbers(&event)?;
            event.as_object().into_iter().for_each(|event| add_event(metadata, event));
            event
        }
        Trigger::Queue { .. } => {
            // A message that was never on a queue has no id and no receipt.
            metadata.set("DequeueCount", "0");
            metadata.set("ExpirationTime", json_seconds(LATEST));
            metadata.set("InsertionTime", json_seconds(system.now));
            metadata.set("NextVisibleTime", json_seconds(LATEST));
            quoted(text)
        }
        Trigger::Timer(settings) => timer(status.filter(|_| settings.has_monitor), false),
        Trigger::Http(_) => {
            return Err("System.NotSupportedException : An HttpRequest is required".to_owned());
        }
    };
    metadata.set(&function.binding, quoted(text));
    metadata.set_system(system);
    if matches!(function.trigger, Trigger::Queue { .. }) {
        add_properties(metadata, text)?;
    }
    Ok(data)
}

/// `DateTimeOffset.MaxValue`.
const LATEST: OffsetDateTime = datetime!(9999-12-31 23:59:59 UTC);

/// A text arrives as JSON within a string.
fn quoted(text: &str) -> Value {
    converted(&text.into())
}
