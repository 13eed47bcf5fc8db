//! What the Functions host is told.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The output binding of the HTTP functions.
const RESPONSE: &str = "res";

/// The answer to an invocation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// It is done; these messages go out, by the name of their output binding.
    Done(Vec<(&'static str, Value)>),
    /// The caller of an HTTP function is answered with this status and JSON; these messages go out.
    Replied {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: Value,
        /// The messages, by the name of their output binding.
        messages: Vec<(&'static str, Value)>,
    },
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
        matches!(self, Self::Done(_) | Self::Replied { .. })
    }

    /// The body. It is never empty, and holds nothing that may not stand in the host's log, which repeats it.
    pub(crate) fn body(&self) -> Value {
        match self {
            Self::Done(messages) => success(&outputs(messages)),
            Self::Replied { status, body, messages } => {
                let mut outputs = outputs(messages);
                // As text: an object would come out indented and as plain text.
                let reply = json!({
                    "statusCode": status,
                    "headers": {"content-type": "application/json"},
                    "body": body.to_string(),
                });
                outputs.insert(RESPONSE.to_owned(), reply);
                success(&outputs)
            }
            Self::Failed => {
                json!({"error": "failed; the lines of this invocation in the handler's log say why"})
            }
        }
    }
}

fn success(outputs: &Map<String, Value>) -> Value {
    json!({"Outputs": outputs, "Logs": [], "ReturnValue": null})
}

/// Arrays of objects: the one form of output in which the host changes nothing but white space.
fn outputs(messages: &[(&'static str, Value)]) -> Map<String, Value> {
    let mut outputs: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (binding, message) in messages {
        outputs.entry(binding).or_default().push(message);
    }
    outputs.into_iter().map(|(binding, messages)| (binding.to_owned(), json!(messages))).collect()
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

    #[test]
    fn a_reply_is_an_object_with_a_text() {
        let answer =
            Answer::Replied { status: 202, body: json!({"a": 1}), messages: vec![("q", json!({"n": 1}))] };
        let headers = json!({"content-type": "application/json"});
        assert_eq!(
            answer.body()["Outputs"],
            json!({"q": [{"n": 1}], "res": {"statusCode": 202, "headers": headers, "body": "{\"a\":1}"}})
        );
    }
}
