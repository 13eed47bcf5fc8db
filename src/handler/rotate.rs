//! The corridor's entrance: one message of the queue, one target.

use std::time::Instant;

use time::format_description::well_known::Rfc3339;
use tracing::field::display;
use tracing::{Span, error, info, warn};

use super::parked::park;
use super::{Answer, Invocation, ROTATE, message};
use crate::activation::Activation;
use crate::event::Asked;
use crate::outcome::Outcome;
use crate::reconcile::reconcile;
use crate::rotator::Rotator;
use crate::telemetry::{milliseconds, shortened};

/// Brings the message's target to where nothing is left to do now.
pub(super) async fn invoke(rotator: &Rotator, invocation: &Invocation<'_>) -> Answer {
    let message = invocation.text("message");
    match message::read(&message) {
        Ok(Asked::Look(activation)) => {
            // From here on every line of this invocation names its target.
            Span::current().record("target", display(&activation.target));
            let started = Instant::now();
            let outcome = reconcile(rotator, &activation).await;
            report(&activation, &outcome, started);
            if outcome.comes_back() { Answer::failed() } else { Answer::done() }
        }
        Ok(Asked::Nothing { because }) => {
            info!(step = "ignore", "left the event alone: {because}");
            Answer::done()
        }
        Err(unreadable) => Answer::Done(vec![park(ROTATE, &unreadable.to_string(), &message)]),
    }
}

fn report(activation: &Activation, outcome: &Outcome, started: Instant) {
    let target = &activation.target;
    for (reason, hint) in outcome.needs_operator() {
        error!(step = "blocked", target = %target, reason, %hint, "blocked `{target}`: {reason}; hint: {hint}");
    }
    for failure in outcome.failures.iter().filter(|failure| failure.disposition.may_pass()) {
        let reason = &failure.what;
        warn!(step = "failed", target = %target, reason, "failed at `{target}`, and will try again: {reason}");
    }
    let decision = outcome.decision();
    info!(
        step = "done",
        target = %target,
        decision = decision.name(),
        reason = shortened(decision.reason()),
        until = decision.until().and_then(|at| at.format(&Rfc3339).ok()),
        would_do = outcome.would_do(),
        comes_back = outcome.comes_back(),
        steps = outcome.steps,
        duration_ms = milliseconds(started.elapsed()),
        asked_by = activation.asked_by,
        "finished with `{target}`; the last decision was to {}",
        shortened(outcome.to_string())
    );
}
