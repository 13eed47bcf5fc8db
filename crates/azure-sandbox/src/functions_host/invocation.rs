//! One invocation, from its trigger to its outputs.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};
use uuid::Uuid;

use super::answer::Answer;
use super::background::Background;
use super::client::HandlerClient;
use super::dotnet::{json_seconds, round_trip, time_span};
use super::function_json::{Function, Trigger};
use super::http::HttpResponse;
use super::log::{HostLog, LogLevel};
use super::output::outgoing;
use super::payload::{self, Input};
use super::process::{HandlerState, Request};
use super::queue::QueueStorage;
use super::records::{InvocationOutcome, Records};

/// What came of an invocation: the response of an HTTP function, or the exception that the host logs.
pub(super) type InvocationResult = Result<Option<HttpResponse>, String>;

/// Sends invocations to the handler.
pub(super) struct Invoker {
    pub(super) client: HandlerClient,
    pub(super) state: watch::Receiver<HandlerState>,
    pub(super) requests: mpsc::Sender<Request>,
    pub(super) queues: QueueStorage,
    pub(super) records: Arc<Records>,
    pub(super) log: Arc<HostLog>,
    pub(super) background: Background,
    pub(super) function_timeout: Option<Duration>,
    pub(super) kill_delay: Duration,
    /// How long an invocation waits for a handler that was never ready; then the host ends.
    pub(super) patience: Duration,
}

impl Invoker {
    /// Invokes in a task of its own, which goes on although its caller hangs up.
    pub(super) async fn start(self: &Arc<Self>, function: Arc<Function>, input: Input) -> InvocationResult {
        let (invoker, announced) = (self.clone(), self.records.announce());
        let task = async move {
            let result = invoker.invoke(function, input).await;
            drop(announced);
            result
        };
        self.background.spawn(task).await.unwrap_or_else(|_| Err("the host is gone".to_owned()))
    }

    /// Invokes, writes the outputs, records and logs.
    pub(super) async fn invoke(self: &Arc<Self>, function: Arc<Function>, input: Input) -> InvocationResult {
        let id = Uuid::new_v4();
        let category = format!("Function.{}", function.name);
        let name = function.display_name();
        let started = self.records.begin(&function.name, id);
        self.log.information(
            &category,
            format!("Executing '{name}' (Reason='{}', Id={id})", reason(&function, &input, started)),
        );
        if let Some(details) = trigger_details(&input) {
            self.log.information(&category, format!("Trigger Details: {details}"));
        }

        let result = self.complete_in_time(function, input, id).await;

        let milliseconds = (crate::clock::now() - started).whole_milliseconds();
        match &result {
            Ok(_) => {
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

    async fn complete_in_time(
        self: &Arc<Self>,
        function: Arc<Function>,
        input: Input,
        id: Uuid,
    ) -> InvocationResult {
        let (name, category) = (function.display_name(), format!("Function.{}", function.name));
        let deadline = self.function_timeout.map(|limit| Instant::now() + limit);
        let (invoker, mut state) = (self.clone(), self.state.clone());
        let mut completion =
            self.background.spawn(async move { invoker.complete(&function, &input, id).await });
        let completed = async {
            tokio::select! {
                // An answer that is there counts, even if the host ends at the same moment.
                biased;
                result = &mut completion => result.unwrap_or_else(|_| Err("the host is gone".to_owned())),
                ended = state.wait_for(|state| matches!(state, HandlerState::Ended(_))) => match ended.as_deref() {
                    Ok(HandlerState::Ended(reason)) => Err(format!("the host has ended: {reason}")),
                    _ => Err("the host has ended".to_owned()),
                },
            }
        };
        let (Some(limit), Some(deadline)) = (self.function_timeout, deadline) else { return completed.await };
        if let Ok(result) = timeout_at(deadline, completed).await {
            return result;
        }
        let text = format!(
            "Timeout value of {} exceeded by function '{name}' (Id: '{id}'). Initiating cancellation.",
            time_span(limit)
        );
        self.log.error(&category, text);
        self.kill_unless_it_completes(completion, id);
        Err(format!(
            "Microsoft.Azure.WebJobs.Host.FunctionTimeoutException : Timeout value of {} was exceeded by \
             function: {name}",
            time_span(limit),
        ))
    }

    /// The invocation has failed. What it does all the same within the grace period counts: its outputs are written,
    /// and the process is spared.
    fn kill_unless_it_completes(&self, completion: oneshot::Receiver<InvocationResult>, id: Uuid) {
        let (requests, grace, log) = (self.requests.clone(), self.kill_delay, self.log.clone());
        self.background.spawn(async move {
            if timeout(grace, completion).await.is_err() {
                let text = format!(
                    "A function timeout has occurred. Restarting worker process executing invocationId '{id}'."
                );
                log.write(LogLevel::Warning, "Host.Worker", text);
                // It hits whatever handler then runs. If the host has ended, nobody is left to be killed.
                let _ = requests.send(Request::KillAfterTimeout).await;
            }
        });
    }

    async fn complete(&self, function: &Function, input: &Input, id: Uuid) -> InvocationResult {
        self.wait_for_handler().await?;
        let body = payload::body(function, input)?;
        let answer = self.client.invoke(&function.name, id, &body).await?;
        match Answer::read(&answer) {
            Answer::Failure(exception) => Err(exception),
            Answer::NeverCompletes => std::future::pending().await,
            Answer::Success(result) => {
                for line in &result.logs {
                    self.log.information(&format!("Function.{}.User", function.name), line.as_str());
                }
                let response =
                    function.response.as_ref().map(|name| HttpResponse::read(name, &result)).transpose()?;
                for message in outgoing(function, &result)? {
                    self.queues.try_put(&message.queue, &message.content)?;
                }
                Ok(response)
            }
        }
    }

    async fn wait_for_handler(&self) -> Result<(), String> {
        let mut state = self.state.clone();
        // The sender lives as long as the host does; if it is gone, the call fails.
        let ready = async { state.wait_for(|state| *state == HandlerState::Ready).await.map(|_| ()) };
        if timeout(self.patience, ready).await.is_ok() {
            return Ok(());
        }
        let reason = "Initialization timed out and host is shutting down";
        // If the host has ended already, then for another reason.
        let _ = self.requests.send(Request::End(reason.to_owned())).await;
        Err(reason.to_owned())
    }
}

/// What the log gives as the reason: `FormatReason` of the extensions and of the SDK.
fn reason(function: &Function, input: &Input, now: OffsetDateTime) -> String {
    match (input, &function.trigger) {
        (Input::Event(_), _) => format!("EventGrid trigger fired at {}", round_trip(now)),
        (Input::Message(_), Trigger::Queue { queue }) => format!("New queue message detected on '{queue}'."),
        (Input::Timer(_), _) => format!("Timer fired at {}", round_trip(now)),
        (Input::Message(_) | Input::Request(_) | Input::Admin { .. }, _) => {
            "This function was programmatically called via the host APIs.".to_owned()
        }
    }
}

fn trigger_details(input: &Input) -> Option<String> {
    match input {
        Input::Message(message) => Some(format!(
            "MessageId: {}, DequeueCount: {}, InsertionTime: {}",
            message.id,
            message.dequeue_count,
            json_seconds(message.inserted)
        )),
        Input::Timer(firing) => firing.details(),
        Input::Event(_) | Input::Request(_) | Input::Admin { .. } => None,
    }
}
