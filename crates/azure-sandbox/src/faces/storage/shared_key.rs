//! Shared Key: the signature of a request, recomputed from what arrived.

use std::collections::BTreeMap;

use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};
use tokio::time::Instant;

use crate::faces::request::Request;
use crate::percent;
use crate::world::{KeyName, StorageAccount, sign};

/// How far the clocks of client and service may differ.
const SKEW: Duration = Duration::minutes(15);

/// Headers that are signed by position, in their order.
const POSITIONAL: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// What a signature is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Valid,
    Malformed,
    Undated,
    TooOld,
    WrongSignature,
}

pub(super) fn verify(
    account: &StorageAccount,
    request: &Request,
    authorization: &str,
    now: OffsetDateTime,
) -> Verdict {
    let signed = authorization.strip_prefix("SharedKey ").and_then(|rest| rest.split_once(':'));
    let Some((name, signature)) = signed else { return Verdict::Malformed };
    let date = request.header("x-ms-date").or_else(|| request.header("date"));
    let Some(date) = date.and_then(parsed) else { return Verdict::Undated };
    if request.header("x-ms-version").is_none() {
        return Verdict::Undated;
    }
    if (now - date).abs() > SKEW {
        return Verdict::TooOld;
    }
    let text = string_to_sign(&account.name, request);
    let valid = KeyName::BOTH.into_iter().map(|key| account.key(key)).any(|key| {
        key.accepted_from <= Instant::now() && sign(&key.value, &text).as_deref() == Some(signature)
    });
    if valid && name == account.name { Verdict::Valid } else { Verdict::WrongSignature }
}

/// HTTP dates are those of mail, with `GMT` where mail has an offset too.
fn parsed(date: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(date, &Rfc2822).ok()
}

fn string_to_sign(account: &str, request: &Request) -> String {
    let mut text = format!("{}\n", request.method);
    for name in POSITIONAL {
        let value = request.header(name).unwrap_or_default();
        // No body and a body of no length are the same.
        let value = if name == "content-length" && value == "0" { "" } else { value };
        // A date in `x-ms-date` stands in for this one.
        let value = if name == "date" && request.header("x-ms-date").is_some() { "" } else { value };
        text.push_str(value);
        text.push('\n');
    }
    let own: BTreeMap<&str, &str> = request
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-ms-"))
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default().trim()))
        .collect();
    for (name, value) in own {
        text.push_str(&format!("{name}:{value}\n"));
    }
    text.push_str(&format!("/{account}{}", request.path));
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in percent::query_pairs(&request.query) {
        parameters.entry(name.to_ascii_lowercase()).or_default().push(value);
    }
    for (name, mut values) in parameters {
        values.sort();
        text.push_str(&format!("\n{name}:{}", values.join(",")));
    }
    text
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, Method};
    use time::macros::datetime;

    use super::*;
    use crate::world::{AccountSetup, KeyValue};

    const KEY: &str =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
    const DATE: &str = "Mon, 23 Nov 2026 12:00:00 GMT";

    fn account() -> StorageAccount {
        let setup = AccountSetup::new("s", "g", "stacct").keys(KeyValue::from_text(KEY), KeyValue::random());
        setup.into_account(crate::Cloud::public(), crate::clock::now())
    }

    fn request(service: &str, path: &str, query: &str) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert("x-ms-date", HeaderValue::from_static(DATE));
        headers.insert("x-ms-version", HeaderValue::from_static("2025-07-05"));
        Request {
            method: Method::GET,
            origin: format!("https://stacct.{service}.core.windows.net"),
            path: path.to_owned(),
            query: query.to_owned(),
            api_version: None,
            headers,
            body: axum::body::Bytes::new(),
        }
    }

    /// Signatures made by Microsoft's own library for Python.
    #[test]
    fn known_signatures_are_accepted() {
        let cases = [
            ("blob", "/mycontainer", "restype=container", "jVFMxuSm1CVct2YdoLB8S87UUjsYgQzlCCZ37uR+Rr8="),
            ("file", "/myshare", "restype=share", "ljiTiIWPmexBH74zhE4PB0AEbgSkLqtqxUuh9ztCR04="),
        ];
        let at = datetime!(2026-11-23 12:14 UTC);
        for (service, path, query, signature) in cases {
            let request = request(service, path, query);
            let signed = |signature: &str| format!("SharedKey stacct:{signature}");
            assert_eq!(verify(&account(), &request, &signed(signature), at), Verdict::Valid);
            assert_eq!(verify(&account(), &request, &signed("AAAA"), at), Verdict::WrongSignature);
            let later = at + Duration::minutes(2);
            assert_eq!(verify(&account(), &request, &signed(signature), later), Verdict::TooOld);
        }
    }

    #[test]
    fn the_string_to_sign_is_the_documented_one() {
        let request = request("blob", "/mycontainer", "restype=container");
        assert_eq!(
            string_to_sign("stacct", &request),
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Mon, 23 Nov 2026 12:00:00 GMT\nx-ms-version:2025-07-05\n/stacct/mycontainer\nrestype:container"
        );
    }
}
