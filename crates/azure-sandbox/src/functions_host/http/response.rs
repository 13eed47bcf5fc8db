//! From the `http` output of an answer to the response that the caller gets.
//!
//! Source: the host's `HttpScriptInvocationResultExtensions.cs`, `HttpBinding.cs` and `RawScriptResult.cs`, and what
//! the real host answered.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::super::answer::HandlerResult;
use super::super::dotnet::{
    DateReading, indented, looks_like_json, read_date, refuse_unseen_numbers, scalar_text,
};

/// Of whatever is not an object.
const NOT_EXPECTED: &str = "System.InvalidOperationException : Failed while trying to Deserialize to \
     httpOutputBindingResponse. Output is not in expected format";
const TEXT: &str = "text/plain; charset=utf-8";

/// What the caller of an HTTP function gets.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct HttpResponse {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: String,
}

impl HttpResponse {
    /// Reads the output called `name`. An error is the exception that fails the invocation.
    pub(in super::super) fn read(name: &str, result: &HandlerResult) -> Result<Self, String> {
        if result.return_value.get(name).is_some() {
            return Err(format!("this host does not know what becomes of `{name}` within a ReturnValue"));
        }
        // The two hosts that were tried differ here, and the source tells why: without Outputs nothing is set, and
        // with Outputs that lack this one an empty object is.
        let Some(outputs) = &result.outputs else {
            return match result.return_value {
                Value::Null => Ok(Self::empty(StatusCode::NO_CONTENT)),
                _ => Err("this host does not know what a ReturnValue without Outputs answers".to_owned()),
            };
        };
        match outputs.get(name) {
            None => Ok(Self { body: "{}".to_owned(), ..Self::text(StatusCode::OK) }),
            Some(Value::Object(members)) => Self::of_object(members),
            Some(Value::String(text)) if looks_like_json(text) => {
                Err(format!("this host does not know what becomes of JSON in the text of `{name}`"))
            }
            Some(_) => Err(NOT_EXPECTED.to_owned()),
        }
    }

    fn of_object(members: &Map<String, Value>) -> Result<Self, String> {
        // The last of several spellings counts.
        let member = |name: &str| {
            let mut found = members.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            found.next_back().map_or(&Value::Null, |(_, value)| value)
        };
        let mut response = Self::text(status(member("statusCode"))?);
        response.body = body(member("body"))?;
        if matches!(response.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
            && !response.body.is_empty()
        {
            return Err(format!("this host does not know what becomes of a body under {}", response.status));
        }
        match member("headers") {
            Value::Null => {}
            Value::Object(headers) => {
                for (name, value) in headers {
                    response.set_header(name, value)?;
                }
            }
            _ => return Err(NOT_EXPECTED.to_owned()),
        }
        Ok(response)
    }

    fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    fn text(status: StatusCode) -> Self {
        let headers = vec![(axum::http::header::CONTENT_TYPE, HeaderValue::from_static(TEXT))];
        Self { headers, ..Self::empty(status) }
    }

    fn set_header(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let unknown = || format!("this host does not know the header `{name}` of a response");
        let text = match value {
            Value::String(text) if read_date(text) == DateReading::NoDate => text.clone(),
            Value::Bool(_) | Value::Number(_) => scalar_text(value)?,
            _ => return Err(unknown()),
        };
        let parsed: HeaderName = name.parse().map_err(|_| unknown())?;
        match parsed.as_str() {
            // The server's own.
            "content-length" | "transfer-encoding" | "connection" | "date" | "server" => Err(unknown()),
            "content-type" => {
                let text = if text.contains("charset=") { text } else { format!("{text}; charset=utf-8") };
                self.headers[0].1 = HeaderValue::from_str(&text).map_err(|_| unknown())?;
                Ok(())
            }
            _ => {
                self.headers.push((parsed, HeaderValue::from_str(&text).map_err(|_| unknown())?));
                Ok(())
            }
        }
    }
}

/// Text or a number; what is no status counts as 200.
fn status(value: &Value) -> Result<StatusCode, String> {
    let number = match value {
        Value::Null | Value::Bool(_) => None,
        Value::Number(number) if number.is_f64() => {
            return Err(format!("this host does not know the status {number}"));
        }
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Array(_) | Value::Object(_) => return Err(NOT_EXPECTED.to_owned()),
    };
    let Some(number) = number.and_then(|text| text.parse::<i32>().ok()) else { return Ok(StatusCode::OK) };
    let status = u16::try_from(number).ok().filter(|number| (200..600).contains(number));
    let status = status.and_then(|number| StatusCode::from_u16(number).ok());
    status.ok_or_else(|| format!("this host does not know the status {number}"))
}

fn body(value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) if read_date(text) == DateReading::NoDate => Ok(text.clone()),
        Value::String(text) => {
            Err(format!("this host does not know how the real one rewrites the date `{text}`"))
        }
        Value::Bool(_) | Value::Number(_) => scalar_text(value),
        Value::Array(_) | Value::Object(_) => {
            refuse_unseen_numbers(value)?;
            Ok(indented(value))
        }
    }
}

impl IntoResponse for HttpResponse {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.remove(axum::http::header::CONTENT_TYPE);
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(outputs: &Value) -> Result<HttpResponse, String> {
        HttpResponse::read(
            "res",
            &HandlerResult { outputs: outputs.as_object().cloned(), ..HandlerResult::default() },
        )
    }

    fn response(status: u16, content_type: &'static str, body: &str) -> HttpResponse {
        HttpResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: vec![(axum::http::header::CONTENT_TYPE, HeaderValue::from_static(content_type))],
            body: body.to_owned(),
        }
    }

    #[test]
    fn status_headers_and_text_are_as_given() {
        let given = json!({ "res": { "statusCode": "202", "headers": { "x-id": 7, "Content-Type": "text/html" },
            "body": "test" } });
        let mut expected = response(202, "text/html; charset=utf-8", "test");
        expected.headers.push(("x-id".parse().unwrap(), HeaderValue::from_static("7")));
        assert_eq!(read(&given).unwrap(), expected);
        let given =
            json!({ "res": { "StatusCode": 404, "headers": { "content-type": "a/b; charset=utf-16" } } });
        assert_eq!(read(&given).unwrap(), response(404, "a/b; charset=utf-16", ""));
    }

    #[test]
    fn a_body_that_is_no_text_is_written_as_dotnet_writes_it() {
        let body = |body: Value| read(&json!({ "res": { "body": body } })).unwrap();
        assert_eq!(body(json!({ "a": 1 })), response(200, TEXT, "{\n  \"a\": 1\n}"));
        assert_eq!(body(json!([1])), response(200, TEXT, "[\n  1\n]"));
        assert_eq!(body(json!(true)), response(200, TEXT, "True"));
        assert_eq!(body(Value::Null), response(200, TEXT, ""));
    }

    #[test]
    fn only_the_status_code_counts() {
        let given = json!({ "res": { "status": 201, "body": "x" } });
        assert_eq!(read(&given).unwrap(), response(200, TEXT, "x"));
        for no_status in [json!("soon"), json!(true)] {
            let given = json!({ "res": { "statusCode": no_status } });
            assert_eq!(read(&given).unwrap(), response(200, TEXT, ""));
        }
    }

    #[test]
    fn an_output_that_is_left_out_answers_differently_with_and_without_outputs() {
        assert_eq!(read(&json!({ "other": 1 })).unwrap(), response(200, TEXT, "{}"));
        assert_eq!(read(&Value::Null).unwrap(), HttpResponse::empty(StatusCode::NO_CONTENT));
    }

    #[test]
    fn an_output_that_is_no_object_fails() {
        for given in [json!("text"), Value::Null, json!([]), json!(201)] {
            assert_eq!(read(&json!({ "res": given })).unwrap_err(), NOT_EXPECTED);
        }
        assert_eq!(read(&json!({ "res": { "headers": "x" } })).unwrap_err(), NOT_EXPECTED);
    }

    #[test]
    fn what_was_never_seen_is_refused() {
        for given in [
            json!("{\"statusCode\":200}"),
            json!({ "statusCode": 99 }),
            json!({ "statusCode": 200.5 }),
            json!({ "statusCode": 204, "body": "x" }),
            json!({ "body": "2026-11-24T09:00:00Z" }),
            json!({ "headers": { "content-length": "1" } }),
            json!({ "headers": { "x": ["1"] } }),
        ] {
            let refusal = read(&json!({ "res": given })).unwrap_err();
            assert!(refusal.starts_with("this host does not know"), "{refusal}");
        }
        let result = HandlerResult { return_value: json!({ "res": {} }), ..HandlerResult::default() };
        assert!(HttpResponse::read("res", &result).unwrap_err().contains("within a ReturnValue"));
        let result = HandlerResult { return_value: json!("x"), ..HandlerResult::default() };
        assert!(HttpResponse::read("res", &result).unwrap_err().contains("without Outputs"));
    }
}
