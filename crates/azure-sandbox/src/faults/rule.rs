//! A rule at work: how often it matched and hit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::fault::{Deed, Fault, Moment};
use super::held::HeldCall;
use super::passing::{End, Lost, Passing};

/// A rule at work.
pub(crate) struct Rule {
    fault: Fault,
    counts: Mutex<Counts>,
    held: UnboundedSender<HeldCall>,
}

#[derive(Default)]
struct Counts {
    matches: usize,
    hits: usize,
    is_removed: bool,
}

impl Rule {
    pub(super) fn new(fault: Fault) -> (Self, UnboundedReceiver<HeldCall>) {
        let (held, calls) = unbounded_channel();
        (Self { fault, counts: Mutex::default(), held }, calls)
    }

    /// Counts a call at a moment, and says whether the rule befalls it.
    pub(super) fn is_hit_by(&self, moment: Moment, call: &Passing<'_>) -> bool {
        self.fault.moment == moment && self.fault.is_about(call) && self.count()
    }

    /// Counts a connection that is asked for, and says whether the rule refuses it.
    pub(super) fn refuses_connection_to(&self, host: &str) -> bool {
        self.fault.refuses_connections_to(host) && self.count()
    }

    /// Counts a match, and says whether it is a hit.
    fn count(&self) -> bool {
        let mut counts = self.counts();
        counts.matches += 1;
        let is_hit = !counts.is_removed
            && counts.matches > self.fault.skipped
            && self.fault.limit.is_none_or(|limit| counts.hits < limit);
        counts.hits += usize::from(is_hit);
        is_hit
    }

    pub(super) async fn befall(&self, call: &mut Passing<'_>) -> Option<End> {
        match self.fault.deed.as_ref()? {
            Deed::Answer(answer) => Some(End::Answered(answer.reply().of(call.operation))),
            Deed::Edit(edit) => {
                if let Some(reply) = call.reply.as_deref_mut()
                    && let Some(body) = reply.body.as_json()
                {
                    edit(body);
                    reply.is_faulty = true;
                }
                None
            }
            Deed::DropConnection => Some(End::Lost(Lost::Dropped)),
            Deed::NeverAnswer => Some(End::Lost(Lost::Silent)),
            Deed::Delay(delay) => {
                tokio::time::sleep(*delay).await;
                None
            }
            Deed::Hold => self.hold(call).await,
            Deed::ChangeWorld(change) => {
                change(call.world);
                None
            }
        }
    }

    /// Tells the test of a call and waits for its release. Where nobody listens any more, the call is dropped.
    async fn hold(&self, call: &Passing<'_>) -> Option<End> {
        let (held, released) = HeldCall::new(call.operation);
        let is_told = self.held.send(held).is_ok();
        let is_released = is_told && released.await.is_ok();
        if is_released { None } else { Some(End::Lost(Lost::Dropped)) }
    }

    pub(super) fn remove(&self) {
        self.counts().is_removed = true;
    }

    pub(super) fn is_removed(&self) -> bool {
        self.counts().is_removed
    }

    fn hits(&self) -> usize {
        self.counts().hits
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A rule that was added. It holds on when this is dropped; calls that are held then are dropped.
pub struct AddedFault {
    rule: Arc<Rule>,
    held: tokio::sync::Mutex<UnboundedReceiver<HeldCall>>,
}

impl AddedFault {
    pub(super) fn new(rule: Arc<Rule>, held: UnboundedReceiver<HeldCall>) -> Self {
        Self { rule, held: tokio::sync::Mutex::new(held) }
    }

    /// How often it befell a call, or refused a connection.
    pub fn hits(&self) -> usize {
        self.rule.hits()
    }

    /// Ends the rule; says how often it befell a call. Calls that are held stay so.
    pub fn remove(&self) -> usize {
        self.rule.remove();
        self.hits()
    }

    /// Waits for the next call that is [held](Fault::hold); forever, if there is none.
    pub async fn held(&self) -> HeldCall {
        match self.held.lock().await.recv().await {
            Some(call) => call,
            // The sender lives in the rule, and the rule in this.
            None => std::future::pending().await,
        }
    }
}
