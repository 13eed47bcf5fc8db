//! One invocation, from its trigger to its outputs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::answer::Answer;
use super::client::HandlerClient;
use super::dotnet::{json_seconds, round_trip, time_span};
use super::function_json::{Function, Trigger};
use super::log::HostLog;
use super::output::outgoing;
use super::payload::{System, of_event, of_message};
use super::process::{HandlerState, Kill};
use super::queue::{QueueMessage, QueueStorage};
use super::records::{InvocationOutcome, Records};

/// What fired a function.
pub(super) enum Input {
    Event(Map<String, Value>),
    Message(QueueMessage),
}

/// Sends invocations to the handler.
pub(super) struct Invoker {
    pub(super) client: HandlerClient,
    pub(super) state: watch::Receiver<HandlerState>,
    pub(super) kills: mpsc::Sender<Kill>,
    pub(super) queues: QueueStorage,
    pub(super) records: Arc<Records>,
    pub(super) log: Arc<HostLog>,
    pub(super) function_timeout: Option<Duration>,
    pub(super) kill_delay: Duration,
}

impl Invoker {
    /// Invokes, writes the outputs, records and logs; an error is the exception that the host logs.
    pub(super) async fn invoke(&self, function: &Function, input: &Input) -> Result<(), String> {
        let id = Uuid::new_v4();
        let category = format!("Function.{}", function.name);
        let name = function.display_name();
        let started = self.records.begin(&function.name, id);
        self.log.information(
            &category,
            format!("Executing '{name}' (Reason='{}', Id={id})", reason(function, started)),
        );
        if let Input::Message(message) = input {
            self.log.information(
                &category,
                format!(
                    "Trigger Details: MessageId: {}, DequeueCount: {}, InsertionTime: {}",
                    message.id,
                    message.dequeue_count,
                    json_seconds(message.inserted)
                ),
            );
        }

        let result = self.complete_in_time(function, input, id).await;

        let milliseconds = (crate::clock::now() - started).whole_milliseconds();
        match &result {
            Ok(()) => {
                let text = format!("Executed '{name}' (Succeeded, Id={id}, Duration={milliseconds}ms)");
                self.log.information(&category, text);
                self.records.finish(id, InvocationOutcome::Succeeded);
            }
            Err(exception) => {
                let text = format!(
                    "Executed '{name}' (Failed, Id={id}, Duration={milliseconds}ms)\n\
                     Microsoft.Azure.WebJobs.Host.FunctionInvocationException : Exception while executing function: \
                     {name} ---> {exception}"
                );
                self.log.error(&category, text);
                self.records.finish(id, InvocationOutcome::Failed(exception.clone()));
            }
        }
        result
    }

    async fn complete_in_time(&self, function: &Function, input: &Input, id: Uuid) -> Result<(), String> {
        let mut state = self.state.clone();
        let completed = async {
            tokio::select! {
                // An answer that is there counts, even if the host ends at the same moment.
                biased;
                result = self.complete(function, input, id) => result,
                ended = state.wait_for(|state| matches!(state, HandlerState::Ended(_))) => match ended.as_deref() {
                    Ok(HandlerState::Ended(reason)) => Err(format!("the host has ended: {reason}")),
                    _ => Err("the host has ended".to_owned()),
                },
            }
        };
        let Some(limit) = self.function_timeout else { return completed.await };
        if let Ok(result) = timeout(limit, completed).await {
            return result;
        }
        let (kills, delay) = (self.kills.clone(), self.kill_delay);
        tokio::spawn(async move {
            sleep(delay).await;
            // It hits whatever handler then runs. If the host has ended, nobody is left to be killed.
            let _ = kills.send(Kill::FunctionTimeout).await;
        });
        Err(format!(
            "Microsoft.Azure.WebJobs.Host.FunctionTimeoutException : Timeout value of {} was exceeded by \
             function: {}",
            time_span(limit),
            function.display_name()
        ))
    }

    async fn complete(&self, function: &Function, input: &Input, id: Uuid) -> Result<(), String> {
        let mut state = self.state.clone();
        // The sender lives as long as the host does; if it is gone, the call below fails.
        let _ = state.wait_for(|state| *state == HandlerState::Ready).await;
        let body = payload(function, input)?;
        let answer = self.client.invoke(&function.name, id, &body).await?;
        match Answer::read(&answer) {
            Answer::Failure(exception) => Err(exception),
            Answer::NeverCompletes => std::future::pending().await,
            Answer::Success(result) => {
                for line in &result.logs {
                    self.log.information(&format!("Function.{}.User", function.name), line.as_str());
                }
                for message in outgoing(function, result)? {
                    self.queues.put(&message.queue, &message.content);
                }
                Ok(())
            }
        }
    }
}

fn payload(function: &Function, input: &Input) -> Result<String, String> {
    let system = System { function: &function.name, now: crate::clock::now(), random: Uuid::new_v4() };
    match (input, &function.trigger) {
        (Input::Event(event), Trigger::EventGrid { binding } | Trigger::Queue { binding, .. }) => {
            Ok(of_event(binding, event, &system))
        }
        (Input::Message(message), Trigger::Queue { binding, .. } | Trigger::EventGrid { binding }) => {
            let text = message.text().ok_or(
                "System.FormatException : The input is not a valid Base-64 string as it contains a non-base 64 \
                 character, more than two padding characters, or an illegal character among the padding characters.",
            )?;
            of_message(binding, message, &text, &system)
        }
    }
}

/// What the log gives as the reason: `FormatReason` of the queue and Event Grid extensions.
fn reason(function: &Function, now: OffsetDateTime) -> String {
    match &function.trigger {
        Trigger::EventGrid { .. } => format!("EventGrid trigger fired at {}", round_trip(now)),
        Trigger::Queue { queue, .. } => format!("New queue message detected on '{queue}'."),
    }
}
