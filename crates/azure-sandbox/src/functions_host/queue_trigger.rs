//! Hands the messages of a queue to its function.
//!
//! Source: `QueueListener.cs` and `QueueProcessor.cs` of the storage extension, and what was seen of the real host.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

use super::function_json::Function;
use super::host_json::QueueSettings;
use super::invocation::{Input, Invoker};
use super::process::HandlerState;
use super::queue::QueueMessage;

/// How long a message is hidden while it runs; it is renewed at half of that.
const RUNNING_VISIBILITY: Duration = Duration::from_secs(10 * 60);

/// Listens on one queue, for one function.
pub(super) struct QueueTrigger {
    pub(super) queue: String,
    pub(super) function: Function,
    pub(super) settings: QueueSettings,
    pub(super) invoker: Arc<Invoker>,
}

impl QueueTrigger {
    /// Runs until the host ends; what runs then is dropped.
    pub(super) async fn listen(self, mut state: watch::Receiver<HandlerState>) {
        let trigger = Arc::new(self);
        let queues = &trigger.invoker.queues;
        let mut changes = queues.changes().subscribe();
        let mut running = JoinSet::new();
        loop {
            while running.try_join_next().is_some() {}
            let has_room = running.len() <= trigger.settings.new_batch_threshold as usize;
            if has_room {
                for message in
                    queues.take(&trigger.queue, trigger.settings.batch_size as usize, RUNNING_VISIBILITY)
                {
                    running.spawn(trigger.clone().run(message));
                }
            }
            let next = queues.next_visible(&trigger.queue);
            tokio::select! {
                _ = state.wait_for(|state| matches!(state, HandlerState::Ended(_))) => return,
                Some(_) = running.join_next() => {}
                Ok(()) = changes.changed() => {}
                () = async { sleep_until(next.expect("checked by the guard")).await }, if has_room && next.is_some() => {}
            }
        }
    }

    async fn run(self: Arc<Self>, message: QueueMessage) {
        let (queues, id, dequeue_count) = (&self.invoker.queues, message.id.clone(), message.dequeue_count);
        let encoded = message.encoded.clone();
        let input = Input::Message(message);
        let mut invocation = std::pin::pin!(self.invoker.invoke(&self.function, &input));
        let result = loop {
            tokio::select! {
                result = &mut invocation => break result,
                () = sleep(RUNNING_VISIBILITY / 2) => queues.hide(&self.queue, &id, RUNNING_VISIBILITY),
            }
        };
        if result.is_ok() {
            queues.delete(&self.queue, &id);
        } else if dequeue_count < self.settings.max_dequeue_count {
            queues.hide(&self.queue, &id, self.settings.visibility_timeout);
        } else {
            let poison = format!("{}-poison", self.queue);
            self.invoker.log.error(
                "Host.Triggers.Queues",
                format!("Message has reached MaxDequeueCount of {dequeue_count}. Moving message to queue '{poison}'."),
            );
            queues.put_encoded(&poison, encoded);
            queues.delete(&self.queue, &id);
        }
    }
}
