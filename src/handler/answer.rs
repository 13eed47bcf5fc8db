//! What the Functions host is told.

use serde_json::{Map, Value, json};

/// The answer to an invocation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// It is done; these messages go out, by the name of their output binding.
    Done(Vec<(&'static str, Value)>),
    /// The host is to send it again, or to give it up.
    Failed,
}

impl Answer {
    /// Done, and nothing to send out.
    pub(crate) const fn done() -> Self {
        Self::Done(Vec::new())
    }

    /// Failed; why stands in the log, because the host throws the answer away.
    pub(crate) const fn failed() -> Self {
        Self::Failed
    }

    /// Whether it is a success to the host.
    pub(crate) const fn succeeded(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// The body. It is never empty, and holds nothing that may not stand in the host's log, which repeats it.
    pub(crate) fn body(&self) -> Value {
        match self {
            Self::Done(outputs) => {
                let outputs: Map<String, Value> = outputs
                    .iter()
                    .map(|(binding, message)| ((*binding).to_owned(), message.clone()))
                    .collect();
                json!({"Outputs": outputs, "Logs": [], "ReturnValue": null})
            }
            Self::Failed => {
                json!({"error": "failed; the lines of this invocation in the handler's log say why"})
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_is_empty() {
        for answer in [Answer::done(), Answer::failed(), Answer::Done(vec![("parked", json!({"a": 1}))])] {
            assert!(answer.body().as_object().is_some_and(|body| !body.is_empty()));
        }
    }
}
