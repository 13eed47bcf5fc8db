//! The one HTTP client that every adapter sends through.

use std::sync::Arc;
use std::time::Duration;

use azure_core::http::HttpClient;

/// Longest time to reach a host.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Longest time from the first byte sent to the last byte read.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// The HTTP client could not be built, which happens where the host has no root certificates.
#[derive(Debug, thiserror::Error)]
#[error("failed to build the HTTP client")]
pub(crate) struct HttpClientNotBuilt(#[source] reqwest::Error);

/// Builds the client: system proxy on, limits set, and nothing ever sent twice by itself.
///
/// # Errors
///
/// When the TLS roots of the host cannot be loaded.
pub(super) fn http_client() -> Result<Arc<dyn HttpClient>, HttpClientNotBuilt> {
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT_LIMIT)
        .timeout(ANSWER_LIMIT)
        // A 307 or 308 would send a POST again, and any redirect would send the token elsewhere.
        .redirect(reqwest::redirect::Policy::none())
        // Only the retry policies of `retry` may decide to send again.
        .retry(reqwest::retry::never())
        .gzip(true)
        .build()
        .map_err(HttpClientNotBuilt)?;
    Ok(Arc::new(client))
}
