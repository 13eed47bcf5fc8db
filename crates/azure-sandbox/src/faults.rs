//! Faults by rule: what befalls a call on its way to the service and back.
//!
//! A rule says which calls, at which [moment](Fault::after), what, and how often. Rules are asked in the order in which
//! they were added; the first that ends a call is the last that is asked.

mod answer;
mod fault;
mod held;
mod passing;
mod rule;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::answer::FaultAnswer;
pub use self::fault::Fault;
pub use self::held::HeldCall;
pub use self::rule::AddedFault;

pub(crate) use self::fault::Moment;
pub(crate) use self::passing::{End, Lost, Passing};

use self::rule::Rule;

/// The fault rules of a sandbox; clones share them.
#[derive(Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Vec<Arc<Rule>>>>,
}

impl Faults {
    /// Adds a rule behind the others; it holds from the next call on, until its limit, or until it is removed.
    #[must_use = "a test whose fault was never hit has tested nothing: ask for the hits"]
    pub fn add(&self, fault: Fault) -> AddedFault {
        let (rule, held) = Rule::new(fault);
        let rule = Arc::new(rule);
        let mut rules = self.rules();
        rules.retain(|rule| !rule.is_removed());
        rules.push(Arc::clone(&rule));
        drop(rules);
        AddedFault::new(rule, held)
    }

    /// Ends every rule. Calls that are held stay so.
    pub fn clear(&self) {
        for rule in self.rules().drain(..) {
            rule.remove();
        }
    }

    /// What befalls a call at a moment, and how it ends by that, if it does.
    pub(crate) async fn befall(&self, moment: Moment, call: &mut Passing<'_>) -> Option<End> {
        let rules = self.rules().clone();
        for rule in rules {
            if rule.is_hit_by(moment, call)
                && let Some(end) = rule.befall(call).await
            {
                return Some(end);
            }
        }
        None
    }

    /// Whether a connection to a host is refused.
    pub(crate) fn refuse_connection_to(&self, host: &str) -> bool {
        self.rules().iter().any(|rule| rule.refuses_connection_to(host))
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Arc<Rule>>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
