//! How a run ended.

use std::fmt;

use rotation::{Decision, Disposition, Failure, Hint};

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// What it ended with.
    pub(crate) end: End,
    /// What failed on the way, whatever it ended with.
    pub(crate) failures: Vec<Failure>,
    /// How many writing steps were carried out.
    pub(crate) steps: usize,
}

/// What ended a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A decision after which nothing is left to do now.
    Decided(Decision),
    /// The decision that would have been carried out, were the mode not `observe`.
    WouldDo(Decision),
}

impl Outcome {
    /// Ends a run that collected `failures`.
    pub(crate) fn new(end: End, mut failures: Vec<Failure>, steps: usize) -> Self {
        if let End::Decided(Decision::Unfinished(more)) = &end {
            let more = more.iter().filter(|failure| !failures.contains(failure)).cloned().collect::<Vec<_>>();
            failures.extend(more);
        }
        Self { end, failures, steps }
    }

    /// The decision that it ended with, carried out or not.
    pub(crate) const fn decision(&self) -> &Decision {
        match &self.end {
            End::Decided(decision) | End::WouldDo(decision) => decision,
        }
    }

    /// Whether that decision would have been carried out, were the mode not `observe`.
    pub(crate) const fn would_do(&self) -> bool {
        matches!(self.end, End::WouldDo(_))
    }

    /// Whether the message has to come back, because the same run may end better later.
    pub(crate) fn comes_back(&self) -> bool {
        self.failures.iter().any(|failure| failure.disposition.may_pass())
    }

    /// What a person has to mend: what is wrong, and what mends it.
    pub(crate) fn needs_operator(&self) -> Vec<(String, Hint)> {
        let hinted = self.failures.iter().filter_map(|failure| match &failure.disposition {
            Disposition::NeedsOperator { hint } => Some((failure.what.clone(), hint.clone())),
            Disposition::Retry | Disposition::LookAgain => None,
        });
        let obstacles = match &self.end {
            End::Decided(Decision::Blocked(obstacles)) => obstacles.as_slice(),
            End::Decided(_) | End::WouldDo(_) => &[],
        };
        let obstacles = obstacles.iter().filter(|obstacle| !obstacle.passes());
        hinted.chain(obstacles.map(|obstacle| (obstacle.to_string(), obstacle.hint()))).collect()
    }
}

impl fmt::Display for Outcome {
    /// What it was last decided to do, after "to".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.end {
            End::Decided(decision) => decision.fmt(formatter),
            End::WouldDo(decision) => {
                write!(formatter, "{decision}; not done, because the mode is `observe`")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rotation::{Heading, Obstacle};

    use super::*;

    fn refused() -> Failure {
        Failure::new("a refused step", Disposition::needs_operator("a role", Heading::Role))
    }

    fn blocked() -> End {
        End::Decided(Decision::Blocked(vec![Obstacle::SecretDisabled]))
    }

    #[test]
    fn whatever_may_pass_brings_the_message_back_however_the_run_ended() {
        let down = || Failure::new("a step", Disposition::Retry);
        for end in [blocked(), End::Decided(Decision::Unfinished(vec![down()]))] {
            let outcome = Outcome::new(end, vec![refused(), down()], 1);
            assert!(outcome.comes_back());
            assert_eq!(outcome.failures.len(), 2);
        }
        assert!(Outcome::new(blocked(), vec![Failure::look_again("a step")], 1).comes_back());
        assert!(!Outcome::new(blocked(), vec![refused()], 1).comes_back());
        assert!(!Outcome::new(blocked(), Vec::new(), 0).comes_back());
    }

    #[test]
    fn a_person_gets_to_know_of_everything_that_needs_one() {
        let outcome = Outcome::new(blocked(), vec![refused(), Failure::look_again("a step")], 1);
        let reasons: Vec<String> = outcome.needs_operator().into_iter().map(|(reason, _)| reason).collect();
        assert_eq!(reasons, ["a refused step", "the secret is disabled"]);
    }
}
