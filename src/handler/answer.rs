//! What the Functions host is told.

use std::collections::BTreeMap;

use serde_json::{Value, json};

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
            Self::Done(messages) => {
                // Arrays of objects: the one form of output in which the host changes nothing but white space.
                let mut outputs: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
                for (binding, message) in messages {
                    outputs.entry(binding).or_default().push(message);
                }
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

    #[test]
    fn messages_of_one_output_are_one_array() {
        let answer =
            Answer::Done(vec![("a", json!({"n": 1})), ("b", json!({"n": 2})), ("a", json!({"n": 3}))]);
        assert_eq!(answer.body()["Outputs"], json!({"a": [{"n": 1}, {"n": 3}], "b": [{"n": 2}]}));
    }
}
