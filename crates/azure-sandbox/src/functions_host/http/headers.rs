//! The headers of a request, in the order in which the host's server enumerates them.
//!
//! Source: `KnownHeaders.cs` of ASP.NET's Kestrel. Headers that it knows come first, in its own order and spelling,
//! then Content-Length, then the others as they came. Their letter case is lost here: they are in lower case.

use axum::http::HeaderMap;

const KNOWN: [&str; 41] = [
    "Accept",
    "Connection",
    "Host",
    "User-Agent",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Authorization",
    "baggage",
    "Cache-Control",
    "Content-Type",
    "Cookie",
    "Correlation-Context",
    "Date",
    "Expect",
    "From",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Keep-Alive",
    "Max-Forwards",
    "Origin",
    "Pragma",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "Request-Id",
    "TE",
    "traceparent",
    "tracestate",
    "Transfer-Encoding",
    "Translate",
    "Upgrade",
    "Upgrade-Insecure-Requests",
    "Via",
    "Warning",
    "Content-Length",
];

/// Names with their values.
pub(super) type Headers = Vec<(String, Vec<String>)>;

/// An error names a header that this host cannot pass on.
pub(super) fn in_order(headers: &HeaderMap) -> Result<Headers, String> {
    let values = |name: &str| {
        let values = headers.get_all(name).into_iter().map(|value| value.to_str().map(str::to_owned));
        values.collect::<Result<Vec<_>, _>>().map_err(|_| {
            format!(
                "this host does not know how the real one passes on the header `{name}` when it is not ASCII"
            )
        })
    };
    let mut ordered = Headers::new();
    for name in KNOWN.iter().filter(|name| headers.contains_key(**name)) {
        ordered.push(((*name).to_owned(), values(name)?));
    }
    for name in headers.keys() {
        if !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name.as_str())) {
            ordered.push((name.as_str().to_owned(), values(name.as_str())?));
        }
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn known_headers_come_first_then_the_length_then_the_others() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-second", "1"),
            ("content-length", "2"),
            ("x-first", "3"),
            ("content-type", "4"),
            ("host", "5"),
            ("x-second", "6"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let ordered = in_order(&headers).unwrap();
        let names: Vec<_> = ordered.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Host", "Content-Type", "Content-Length", "x-second", "x-first"]);
        assert_eq!(ordered[3].1, ["1", "6"]);
    }

    #[test]
    fn what_is_not_ascii_is_refused() {
        let headers = HeaderMap::from_iter([(
            "x-name".parse().unwrap(),
            HeaderValue::from_bytes("ü".as_bytes()).unwrap(),
        )]);
        assert!(in_order(&headers).unwrap_err().contains("header `x-name`"));
    }
}
