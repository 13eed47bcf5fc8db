//! The door for Key Vault's events. Event Grid waits 30 s for an answer, so it only enqueues.

use serde_json::json;
use tracing::{error, info};

use super::{Answer, Invocation};
use crate::event::{self, Asked};
use crate::rotator::Rotator;

/// Checks the event and enqueues its target. An event that is not for us, or that nobody could read, is done with:
/// a failure would only make Event Grid send it again.
pub(super) fn invoke(rotator: &Rotator, invocation: &Invocation) -> Answer {
    let event = invocation.value("event");
    match event::read(&event) {
        Ok(Asked::Look(activation)) if rotator.allows(activation.target.vault()) => {
            info!(step = "enqueue", target = %activation.target, "enqueued `{}`: {}", activation.target, activation.asked_by);
            Answer::Done(vec![("rotations", activation.to_message())])
        }
        Ok(Asked::Look(activation)) => {
            info!(
                step = "ignore",
                target = %activation.target,
                "left the event alone: `{}` is not one of `ROTATOR_VAULTS`",
                activation.target.vault()
            );
            Answer::done()
        }
        Ok(Asked::Nothing { because }) => {
            info!(step = "ignore", "left the event alone: {because}");
            Answer::done()
        }
        Err(unreadable) => {
            let reason = unreadable.to_string();
            error!(
                step = "park",
                "parked an event: {reason}; it lies in the queue `parked`: find out who sent it, then delete it"
            );
            Answer::Done(vec![(
                "parked",
                json!({"function": super::SECRET_NEAR_EXPIRY, "reason": reason, "event": event}),
            )])
        }
    }
}
