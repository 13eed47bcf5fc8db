//! Where a process is killed.

use std::collections::BTreeMap;
use std::fmt;

use azure_sandbox::{Call, Fault};

use super::READS;
use crate::stage::Stage;

/// Before or after a call: the service has not done what was asked, or it has and nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Before,
    After,
}

/// Before or after one call of a rotation.
#[derive(Debug, Clone)]
pub(super) struct KillPoint {
    /// Which call it was when nothing was in its way, from 1.
    number: usize,
    operation: &'static str,
    /// Which call of this operation, from 1.
    occurrence: usize,
    is_write: bool,
    moment: Moment,
}

impl KillPoint {
    pub(super) const fn operation(&self) -> &'static str {
        self.operation
    }

    /// Whether Azure is another there than at the moment before (after a write), or a write is lost as none of its kind was
    /// before, or it is one of the few that stand for all others.
    pub(super) const fn is_telling(&self) -> bool {
        match self.moment {
            Moment::After => self.is_write,
            Moment::Before if self.is_write => self.occurrence == 1,
            Moment::Before => self.number % READS == 1,
        }
    }

    /// Holds the call there.
    pub(super) fn fault(&self) -> Fault {
        let fault = Fault::on(self.operation).nth(self.occurrence).hold();
        match self.moment {
            Moment::Before => fault.before(),
            Moment::After => fault.after(),
        }
    }
}

impl fmt::Display for KillPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, operation, occurrence, moment, .. } = self;
        let moment = match moment {
            Moment::Before => "before",
            Moment::After => "after",
        };
        write!(f, "{moment} call {number}, {operation} #{occurrence}")
    }
}

/// Before and after each call that was made on a stage.
pub(super) fn kill_points(stage: &Stage) -> Vec<KillPoint> {
    let mut calls = stage.sandbox.calls();
    calls.retain(|call| call.operation != "ManagedIdentity_Token");
    // They were logged in the order of their answers.
    calls.sort_by_key(|call| call.at);
    let mut occurrences: BTreeMap<&str, usize> = BTreeMap::new();
    let points = calls.iter().zip(1..).flat_map(|(call, number)| {
        let occurrence = occurrences.entry(call.operation).or_default();
        *occurrence += 1;
        [Moment::Before, Moment::After].map(|moment| KillPoint {
            number,
            operation: call.operation,
            occurrence: *occurrence,
            is_write: is_write(call),
            moment,
        })
    });
    points.collect()
}

/// A POST may be a read: of what a GET must not give.
fn is_write(call: &Call) -> bool {
    call.method != "GET" && !call.operation.contains("List")
}
