//! The door for Key Vault's events. Event Grid waits 30 s for an answer, so it only enqueues.

use serde_json::Value;
use serde_json::value::RawValue;
use tracing::info;

use super::parked::park;
use super::{Answer, Invocation, ROTATIONS, SECRET_NEAR_EXPIRY};
use crate::activation::Activation;
use crate::event::{self, Asked};
use crate::rotator::Rotator;

/// Checks each event and enqueues its target. An event that is not for us, or that nobody could read, is done with: a
/// failure would only make Event Grid send it again.
pub(super) fn invoke(rotator: &Rotator, invocation: &Invocation<'_>) -> Answer {
    let delivery = invocation.text("event");
    Answer::Done(match event::each_of(&delivery) {
        Ok(events) => {
            events.into_iter().map(RawValue::get).filter_map(|event| output(rotator, event)).collect()
        }
        Err(unreadable) => vec![park(SECRET_NEAR_EXPIRY, &unreadable.to_string(), &delivery)],
    })
}

fn output(rotator: &Rotator, event: &str) -> Option<(&'static str, Value)> {
    match event::read(event) {
        Ok(Asked::Look(activation)) if rotator.allows(activation.target.vault()) => {
            let Activation { target, asked_by, .. } = &activation;
            info!(step = "enqueue", target = %target, asked_by, "enqueued `{target}`: {asked_by}");
            Some((ROTATIONS, activation.to_message()))
        }
        Ok(Asked::Look(activation)) => {
            info!(
                step = "ignore",
                target = %activation.target,
                "left the event alone: `{}` is not one of `ROTATOR_VAULTS`",
                activation.target.vault()
            );
            None
        }
        Ok(Asked::Nothing { because }) => {
            info!(step = "ignore", "left the event alone: {because}");
            None
        }
        Err(unreadable) => Some(park(SECRET_NEAR_EXPIRY, &unreadable.to_string(), event)),
    }
}
