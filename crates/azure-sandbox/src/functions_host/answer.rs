//! What a handler's answer means to the host.
//!
//! Source: the host's `DefaultHttpWorkerService.cs` and `HttpScriptInvocationResult.cs`, and the answers that were
//! tried on the real host. Newtonsoft forgives some JSON that is refused here (comments, single quotes).

use serde_json::{Map, Value};

use super::client::HttpAnswer;
use super::dotnet::scalar_text;

/// How an answer is taken.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// The invocation succeeded, if its outputs can be written.
    Success(HandlerResult),
    /// The invocation failed, with this exception. Outputs and logs are thrown away.
    Failure(String),
    /// The host waits for ever: a success without a body leaves its result open.
    NeverCompletes,
}

/// The body of a successful answer.
#[derive(Debug, Default, PartialEq)]
pub(super) struct HandlerResult {
    /// `None` is none at all, which is not the same as an empty object.
    pub(super) outputs: Option<Map<String, Value>>,
    pub(super) logs: Vec<String>,
    pub(super) return_value: Value,
}

impl Answer {
    pub(super) fn read(answer: &HttpAnswer) -> Self {
        if !answer.status.is_success() {
            return Self::Failure(format!(
                "System.Net.Http.HttpRequestException : Response status code does not indicate success: {} ({}).",
                answer.status.as_u16(),
                answer.reason(),
            ));
        }
        if answer.body.is_empty() {
            return Self::NeverCompletes;
        }
        let result = match answer.media_type().as_deref() {
            Some("application/json" | "text/json") => serde_json::from_slice(&answer.body)
                .map_err(|error| error.to_string())
                .and_then(HandlerResult::read),
            other => Err(format!(
                "No MediaTypeFormatter is available to read an object of type 'HttpScriptInvocationResult' from \
                 content with media type '{}'.",
                other.unwrap_or("application/octet-stream"),
            )),
        };
        match result {
            Ok(Some(result)) => Self::Success(result),
            Ok(None) => Self::NeverCompletes,
            // The body too: whatever a handler answers may end in the host's log.
            Err(inner) => Self::Failure(format!(
                "System.InvalidOperationException : Invalid HttpResponseMessage:\n{}\n {} ---> {inner}",
                answer.head(),
                String::from_utf8_lossy(&answer.body),
            )),
        }
    }
}

impl HandlerResult {
    /// `None` for `null`.
    fn read(value: Value) -> Result<Option<Self>, String> {
        let members = match value {
            Value::Null => return Ok(None),
            Value::Object(members) => members,
            other => {
                return Err(format!("cannot deserialize `{other}` into type 'HttpScriptInvocationResult'"));
            }
        };
        let mut result = Self::default();
        for (name, value) in members {
            match (name.to_ascii_lowercase().as_str(), value) {
                ("outputs", Value::Object(outputs)) => result.outputs = Some(outputs),
                ("logs", Value::Array(lines)) => result.logs = log_lines(&lines)?,
                ("outputs" | "logs", Value::Null) => {}
                ("outputs" | "logs", other) => {
                    return Err(format!("cannot deserialize `{other}` into `{name}`"));
                }
                ("returnvalue", value) => result.return_value = value,
                _ => {}
            }
        }
        Ok(Some(result))
    }
}

fn log_lines(lines: &[Value]) -> Result<Vec<String>, String> {
    let mut texts = Vec::new();
    for line in lines {
        match line {
            Value::String(text) => texts.push(text.clone()),
            Value::Number(_) | Value::Bool(_) => texts.push(scalar_text(line)?),
            Value::Null => {}
            Value::Array(_) | Value::Object(_) => {
                return Err(format!("cannot deserialize `{line}` into a log line"));
            }
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;
    use serde_json::json;

    use super::*;

    fn read(status: u16, content_type: Option<&str>, body: &str) -> Answer {
        Answer::read(&HttpAnswer {
            status: StatusCode::from_u16(status).unwrap(),
            content_type: content_type.map(str::to_owned),
            body: body.as_bytes().to_vec(),
        })
    }

    fn failure(answer: Answer) -> String {
        let Answer::Failure(reason) = answer else { panic!("no failure: {answer:?}") };
        reason
    }

    const JSON: Option<&str> = Some("application/json; charset=utf-8");

    #[test]
    fn members_are_found_in_any_case_and_unknown_ones_are_ignored() {
        let Answer::Success(result) = read(200, JSON, r#"{"outputs":{"a":1},"LOGS":["x",1,true],"more":[]}"#)
        else {
            panic!("no success")
        };
        assert_eq!(result.outputs.map(Value::Object), Some(json!({"a": 1})));
        assert_eq!(result.logs, ["x", "1", "True"]);
        assert_eq!(read(200, JSON, "{}"), Answer::Success(HandlerResult::default()));
    }

    #[test]
    fn a_success_without_a_body_never_completes() {
        for (status, content_type, body) in [(200, JSON, ""), (204, None, ""), (200, JSON, "null")] {
            assert_eq!(read(status, content_type, body), Answer::NeverCompletes, "{status} {body}");
        }
    }

    #[test]
    fn failures_name_their_reason() {
        assert_eq!(
            failure(read(500, JSON, r#"{"Outputs":{}}"#)),
            "System.Net.Http.HttpRequestException : Response status code does not indicate success: 500 (Internal Server Error)."
        );
        let text = failure(read(200, Some("text/plain"), "a secret"));
        assert!(text.contains("No MediaTypeFormatter") && text.contains("a secret"), "{text}");
        for body in ["[]", "\"x\"", "{broken", r#"{"Logs":"x"}"#, r#"{"Logs":[{}]}"#, r#"{"Outputs":[]}"#] {
            assert!(failure(read(200, JSON, body)).contains("Invalid HttpResponseMessage"), "{body}");
        }
    }
}
