//! Shared Key: how a request to the storage data plane is signed with an access key.
//!
//! <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>, for blob, file and queue.

use std::fmt::Write as _;

use azure_core::http::Request;
use azure_core::http::headers::HeaderName;

use super::access_key::AccessKey;
use super::signature::NotAKey;

/// The standard headers in the order in which they are signed.
const SIGNED_HEADERS: [&str; 11] = [
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

/// Signs a request with everything that is in it by now; nothing may be added afterwards.
pub(super) fn sign(request: &mut Request, account: &str, key: &AccessKey) -> Result<(), NotAKey> {
    let signature = key.sign(&string_to_sign(request, account))?;
    request.insert_header("authorization", format!("SharedKey {account}:{signature}"));
    Ok(())
}

fn string_to_sign(request: &Request, account: &str) -> String {
    let mut text = format!("{}\n", request.method());
    for name in SIGNED_HEADERS {
        let value = request.headers().get_optional_str(&HeaderName::from_static(name)).unwrap_or_default();
        let is_zero_length = name == "content-length" && value == "0";
        text.push_str(if is_zero_length { "" } else { value });
        text.push('\n');
    }
    let mut headers: Vec<(&str, &str)> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().trim()))
        .filter(|(name, _)| name.starts_with("x-ms-"))
        .collect();
    headers.sort_unstable();
    for (name, value) in headers {
        let _ = writeln!(text, "{name}:{value}");
    }
    let _ = write!(text, "/{account}{}", request.url().path());
    let mut query: Vec<(String, String)> = request
        .url()
        .query_pairs()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned()))
        .collect();
    query.sort_unstable();
    for (name, value) in query {
        let _ = write!(text, "\n{name}:{value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use azure_core::http::{Method, Url};

    use super::*;
    use crate::azure::in_process::KEY1;

    /// The request of the golden vectors, which Azure's own client for Python signed.
    fn signed(url: &str) -> (String, Request) {
        let mut request = Request::new(Url::parse(url).unwrap(), Method::Get);
        request.insert_header("x-ms-version", "2025-07-05");
        request.insert_header("x-ms-date", "Mon, 23 Nov 2026 12:00:00 GMT");
        let text = string_to_sign(&request, "stacct");
        sign(&mut request, "stacct", &AccessKey::new(KEY1)).unwrap();
        (text, request)
    }

    fn authorization(request: &Request) -> &str {
        request.headers().get_str(&HeaderName::from_static("authorization")).unwrap()
    }

    #[test]
    fn a_container_is_signed_as_azure_signs_it() {
        let (text, request) = signed("https://stacct.blob.core.windows.net/mycontainer?restype=container");
        assert_eq!(
            text,
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Mon, 23 Nov 2026 12:00:00 GMT\nx-ms-version:2025-07-05\n\
             /stacct/mycontainer\nrestype:container"
        );
        assert_eq!(authorization(&request), "SharedKey stacct:jVFMxuSm1CVct2YdoLB8S87UUjsYgQzlCCZ37uR+Rr8=");
    }

    #[test]
    fn a_share_is_signed_as_azure_signs_it() {
        let (_, request) = signed("https://stacct.file.core.windows.net/myshare?restype=share");
        assert_eq!(authorization(&request), "SharedKey stacct:ljiTiIWPmexBH74zhE4PB0AEbgSkLqtqxUuh9ztCR04=");
    }

    #[test]
    fn parameters_are_signed_in_their_order() {
        let (text, _) = signed("https://stacct.blob.core.windows.net/?restype=service&a=1&Comp=properties");
        assert!(text.ends_with("\n/stacct/\na:1\ncomp:properties\nrestype:service"), "{text}");
    }

    #[test]
    fn what_is_no_base64_cannot_sign() {
        let mut request =
            Request::new(Url::parse("https://stacct.blob.core.windows.net/").unwrap(), Method::Get);
        assert!(sign(&mut request, "stacct", &AccessKey::new("not a key!")).is_err());
    }
}
