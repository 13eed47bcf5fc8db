//! How a message comes back by the host's own rules; time passes for the host and for Azure together.

use std::time::Duration;

use azure_sandbox::functions_host::{InvocationOutcome, InvocationRecord};

use super::REDELIVERIES;
use crate::stage::Stage;

const QUEUE: &str = "rotations";
/// `visibilityTimeout` of `host.json`. A lease of 60 s, which nobody renews, is over by then.
const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(2 * 60);
/// How long the host hides a message that it works on, at most, when nobody renews that any more.
pub(super) const RUNNING_VISIBILITY: Duration = Duration::from_secs(10 * 60);

/// Waits for the end of the delivery that runs, and lets time pass until the message comes back and has been worked on, as
/// often as it takes or the test allows; how often.
pub(super) async fn deliver_again(stage: &Stage) -> usize {
    for redeliveries in 0..=REDELIVERIES {
        stage.until("the end of a delivery", |stage| is_done(stage) || is_hidden_as_failed(stage)).await;
        if is_done(stage) {
            stage.settle().await;
            return redeliveries;
        }
        let delivered = deliveries(stage).len();
        stage.world().age(VISIBILITY_TIMEOUT.try_into().unwrap());
        stage.host.queues().age(VISIBILITY_TIMEOUT);
        stage.until("another delivery", |stage| deliveries(stage).len() > delivered).await;
    }
    panic!("not done after {REDELIVERIES} redeliveries:\n{}", stage.masked_log());
}

/// Whether the message is gone, and not to the poison queue.
fn is_done(stage: &Stage) -> bool {
    stage.host.queue_messages(QUEUE).is_empty()
        && deliveries(stage).last().is_some_and(|last| last.outcome == InvocationOutcome::Succeeded)
}

fn is_hidden_as_failed(stage: &Stage) -> bool {
    let messages = stage.host.queue_messages(QUEUE);
    let last = deliveries(stage).pop();
    let ended = last.filter(|last| matches!(last.outcome, InvocationOutcome::Failed(_)));
    let ended = ended.and_then(|last| last.finished);
    // One that is worked on is hidden for much longer.
    let hidden = |since| messages.iter().all(|message| message.next_visible - since < 2 * VISIBILITY_TIMEOUT);
    !messages.is_empty() && ended.is_some_and(hidden)
}

fn deliveries(stage: &Stage) -> Vec<InvocationRecord> {
    stage.host.invocations().into_iter().filter(|each| each.function == "Rotate").collect()
}
