//! Hands the messages of a queue to its function.
//!
//! Source: `QueueListener.cs` and `QueueProcessor.cs` of the storage extension, and what was seen of the real host.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

use super::function_json::Function;
use super::host_json::QueueSettings;
use super::invocation::Invoker;
use super::listening::Listening;
use super::log::LogLevel;
use super::payload::Input;
use super::queue::QueueMessage;

/// Listens on one queue, for one function.
pub(super) struct QueueTrigger {
    pub(super) queue: String,
    pub(super) function: Arc<Function>,
    pub(super) settings: QueueSettings,
    /// How long a message is hidden while it runs; it is renewed at half of that.
    pub(super) running_visibility: Duration,
    pub(super) invoker: Arc<Invoker>,
}

impl QueueTrigger {
    /// Takes messages until the listener is halted, and then waits for those that run.
    pub(super) async fn listen(self, mut listening: Listening) {
        let trigger = Arc::new(self);
        let queues = &trigger.invoker.queues;
        let mut changes = queues.changes().subscribe();
        let mut running = JoinSet::new();
        loop {
            while running.try_join_next().is_some() {}
            let has_room = running.len() <= trigger.settings.new_batch_threshold as usize;
            if has_room {
                for message in queues.take(
                    &trigger.queue,
                    trigger.settings.batch_size as usize,
                    trigger.running_visibility,
                ) {
                    running.spawn(trigger.clone().run(message));
                }
            }
            let next = queues.next_visible(&trigger.queue);
            tokio::select! {
                // Before messages, which are for another host then.
                biased;
                () = listening.halted() => break,
                Some(_) = running.join_next() => {}
                Ok(()) = changes.changed() => {}
                () = async { sleep_until(next.expect("checked by the guard")).await }, if has_room && next.is_some() => {}
            }
        }
        let drained = async { while running.join_next().await.is_some() {} };
        tokio::select! {
            () = drained => {}
            () = listening.ended() => {}
        }
    }

    async fn run(self: Arc<Self>, message: QueueMessage) {
        let queues = &self.invoker.queues;
        // Taken so often by hosts that died over it.
        if message.dequeue_count > self.settings.max_dequeue_count {
            return self.move_to_poison_queue(&message);
        }
        let input = Input::Message(message.clone());
        let mut invocation = std::pin::pin!(self.invoker.invoke(self.function.clone(), input));
        let result = loop {
            tokio::select! {
                result = &mut invocation => break result,
                () = sleep(self.running_visibility / 2) => queues.hide(&self.queue, &message, self.running_visibility),
            }
        };
        if result.is_ok() {
            queues.delete(&self.queue, &message);
        } else if message.dequeue_count < self.settings.max_dequeue_count {
            queues.hide(&self.queue, &message, self.settings.visibility_timeout);
        } else {
            self.move_to_poison_queue(&message);
        }
    }

    fn move_to_poison_queue(&self, message: &QueueMessage) {
        let (queues, poison) = (&self.invoker.queues, format!("{}-poison", self.queue));
        let text = format!(
            "Message has reached MaxDequeueCount of {}. Moving message to queue '{poison}'.",
            self.settings.max_dequeue_count
        );
        self.invoker.log.write(LogLevel::Warning, "Host.Triggers.Queues", text);
        queues.put_encoded(&poison, message.encoded.clone());
        queues.delete(&self.queue, message);
    }
}
