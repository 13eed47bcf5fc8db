//! A request as its function gets it.
//!
//! Source: the host's `HttpRequestExtensions.cs`, the HTTP extension's `HttpTriggerAttributeBindingProvider.cs`, and
//! the requests that the real host passed on (`tests/recordings`).

use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::super::dotnet::converted;
use super::super::keys::Access;
use super::super::message_properties;
use super::super::metadata::Metadata;
use super::super::route::RouteValues;
use super::headers::{self, Headers};
use super::identity::identities;

/// A request, with the values that its route gives it.
pub(in super::super) struct HttpRequest {
    url: String,
    method: String,
    query: Vec<(String, Vec<String>)>,
    headers: Headers,
    values: RouteValues,
    access: Access,
    body: Option<Body>,
}

struct Body {
    text: String,
    /// Base64, if the content is bytes to the host and not text.
    encoded: Option<String>,
}

impl HttpRequest {
    /// An error names what this host cannot pass on.
    pub(super) fn read(
        parts: &Parts,
        body: &[u8],
        values: RouteValues,
        access: Access,
    ) -> Result<Self, String> {
        let headers = headers::in_order(&parts.headers)?;
        let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, values)| values);
        let host = header("Host").and_then(|values| values.first()).ok_or("this host needs a Host header")?;
        let query = parts.uri.query();
        let question = query.map(|query| format!("?{query}")).unwrap_or_default();
        // A chunked body has no length, and the host looks at the length.
        let has_length = header("Content-Length").is_some() && !body.is_empty();
        let content_type = header("Content-Type").and_then(|values| values.first());
        let body = has_length.then(|| Body::new(content_type.map(String::as_str), body));
        Ok(Self {
            url: format!("http://{host}{}{question}", parts.uri.path()),
            method: parts.method.to_string(),
            query: pairs(query.unwrap_or_default()),
            values,
            access,
            body,
            headers,
        })
    }

    /// The value of the trigger in `Data`.
    pub(in super::super) fn to_json(&self) -> Value {
        let joined = |(name, values): &(String, Vec<String>)| (name.clone(), Value::from(values.join(",")));
        let listed = |(name, values): &(String, Vec<String>)| (name.clone(), Value::from(values.clone()));
        let value = |(name, value): &(String, Option<String>)| (name.clone(), Value::from(value.clone()));
        let mut request = Map::new();
        request.insert("Url".to_owned(), self.url.clone().into());
        request.insert("Method".to_owned(), self.method.clone().into());
        request.insert("Query".to_owned(), self.query.iter().map(joined).collect());
        request.insert("Headers".to_owned(), self.headers.iter().map(listed).collect());
        request.insert("Params".to_owned(), self.values.iter().map(value).collect());
        request.insert("Identities".to_owned(), identities(self.access));
        if let Some(body) = &self.body {
            let body = body.encoded.as_ref().unwrap_or(&body.text);
            request.insert("Body".to_owned(), body.clone().into());
        }
        Value::Object(request)
    }

    /// Adds the properties of the body, then the query, then the route's values, each over what has the same name.
    pub(in super::super) fn add_to(&self, metadata: &mut Metadata) -> Result<(), String> {
        if let Some(body) = &self.body {
            for (name, value) in message_properties::of_text(&body.text)? {
                metadata.set(&name, value);
            }
        }
        let last = |values: &[String]| values.last().cloned().unwrap_or_default();
        for (name, values) in self.query.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("code")) {
            metadata.set(name, converted(&last(values).into()));
        }
        for (name, value) in &self.values {
            match value {
                Some(value) => metadata.set(name, converted(&value.clone().into())),
                None => metadata.remove(name),
            }
        }
        if !metadata.contains("Query") {
            let query = self.query.iter().map(|(name, values)| (name.clone(), Value::from(last(values))));
            metadata.set("Query", query.collect::<Value>());
        }
        if !metadata.contains("Headers") {
            let headers =
                self.headers.iter().map(|(name, values)| (name.clone(), Value::from(values.join(","))));
            metadata.set("Headers", headers.collect::<Value>());
        }
        Ok(())
    }
}

impl Body {
    fn new(content_type: Option<&str>, bytes: &[u8]) -> Self {
        let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        let media_type = media_type.trim().to_ascii_lowercase();
        let is_binary = media_type == "application/octet-stream" || media_type.contains("multipart/");
        let text = String::from_utf8_lossy(bytes);
        Self {
            // The host's reader swallows a byte order mark.
            text: text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned(),
            encoded: is_binary.then(|| STANDARD.encode(bytes)),
        }
    }
}

/// The pairs of a query, those of the same name together; the first spelling of a name stays.
fn pairs(query: &str) -> Vec<(String, Vec<String>)> {
    let mut pairs: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match pairs.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
            Some((_, values)) => values.push(value.into_owned()),
            None => pairs.push((name.into_owned(), vec![value.into_owned()])),
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use serde_json::json;

    use super::*;

    fn request(uri: &str, content_type: &str, body: &[u8]) -> HttpRequest {
        let request = Request::post(uri)
            .header("host", "127.0.0.1:7071")
            .header("content-type", content_type)
            .header("content-length", body.len())
            .body(())
            .unwrap();
        let values = vec![("id".to_owned(), None)];
        HttpRequest::read(&request.into_parts().0, body, values, Access::Anonymous).unwrap()
    }

    fn metadata(request: &HttpRequest) -> Value {
        let mut metadata = Metadata::default();
        request.add_to(&mut metadata).unwrap();
        metadata.into_value()
    }

    #[test]
    fn bytes_arrive_as_base64_and_everything_else_as_text() {
        let body =
            |content_type, body: &[u8]| request("/api/now", content_type, body).to_json()["Body"].clone();
        assert_eq!(body("application/octet-stream", &[0xff, 0]), "/wA=");
        assert_eq!(body("Multipart/form-data; boundary=x", b"--x"), "LS14");
        assert_eq!(body("image/png", b"text"), "text");
        assert_eq!(body("text/plain", "\u{feff}text".as_bytes()), "text");
        assert_eq!(body("text/plain", b""), Value::Null);
    }

    #[test]
    fn the_query_is_decoded_and_its_last_value_counts_in_metadata() {
        let request = request("/api/now?a=1+2&B=%C3%BC&b=3&flag&CODE=key", "text/plain", b"");
        let data = request.to_json();
        assert_eq!(data["Query"], json!({ "a": "1 2", "B": "ü,3", "flag": "", "CODE": "key" }));
        assert_eq!(data["Url"], "http://127.0.0.1:7071/api/now?a=1+2&B=%C3%BC&b=3&flag&CODE=key");
        let metadata = metadata(&request);
        assert_eq!(metadata["B"], r#""3""#);
        assert_eq!(metadata["flag"], r#""""#);
        assert!(metadata.get("CODE").is_none(), "the key is left out here, and not below");
        assert_eq!(metadata["Query"]["CODE"], "key");
    }

    #[test]
    fn the_route_goes_over_the_query_and_the_query_over_the_body() {
        let body = br#"{"a":true,"id":7,"Query":{"x":1},"list":[1]}"#;
        let metadata = metadata(&request("/api/now?A=2", "application/json", body));
        let expected = json!({ "a": r#""2""#, "Query": { "x": 1 } });
        assert_eq!(metadata["a"], expected["a"]);
        assert_eq!(metadata["Query"], expected["Query"]);
        assert!(metadata.get("id").is_none(), "the route's parameter is null");
        assert!(metadata.get("list").is_none());
    }
}
