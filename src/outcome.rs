//! How a run ended.

use std::fmt;

use rotation::{Decision, Disposition, Failure};

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it ended with.
    pub end: End,
    /// How many writing steps were carried out.
    pub steps: usize,
}

/// What ended a run.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// A decision after which nothing is left to do now.
    Decided(Decision),
    /// The decision that would have been carried out, were the mode not `observe`.
    WouldDo(Decision),
}

impl Outcome {
    /// Whether the message has to come back, because the same run may end better later.
    #[must_use]
    pub fn comes_back(&self) -> bool {
        self.failures().iter().any(|failure| failure.disposition.may_pass())
    }

    /// What failed on the way.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        match &self.end {
            End::Decided(Decision::Unfinished(failures)) => failures,
            End::Decided(_) | End::WouldDo(_) => &[],
        }
    }

    /// What a person has to mend: what is wrong, and what mends it.
    #[must_use]
    pub fn needs_operator(&self) -> Vec<(String, String)> {
        if let End::Decided(Decision::Blocked(obstacles)) = &self.end {
            return obstacles.iter().map(|obstacle| (obstacle.to_string(), obstacle.hint())).collect();
        }
        let hinted = |failure: &Failure| match &failure.disposition {
            Disposition::NeedsOperator { hint } => Some((failure.what.clone(), hint.clone())),
            Disposition::Retry { .. } | Disposition::LookAgain => None,
        };
        self.failures().iter().filter_map(hinted).collect()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.end {
            End::Decided(decision) => decision.fmt(formatter),
            End::WouldDo(decision) => write!(formatter, "would, were the mode not `observe`: {decision}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfinished(dispositions: Vec<Disposition>) -> Outcome {
        let failure = |disposition| Failure { what: "a step".to_owned(), disposition };
        let failures = dispositions.into_iter().map(failure).collect();
        Outcome { end: End::Decided(Decision::Unfinished(failures)), steps: 1 }
    }

    #[test]
    fn whatever_may_pass_brings_the_message_back() {
        let hint = || Disposition::NeedsOperator { hint: "a role".to_owned() };
        assert!(unfinished(vec![Disposition::LookAgain]).comes_back());
        assert!(unfinished(vec![hint(), Disposition::Retry { after: None }]).comes_back());
        assert!(!unfinished(vec![hint()]).comes_back());
        assert_eq!(unfinished(vec![hint(), Disposition::LookAgain]).needs_operator().len(), 1);
    }
}
