//! The one HTTP client that every adapter sends through.

use std::sync::Arc;
use std::time::Duration;

use azure_core::http::HttpClient;
use reqwest::{Certificate, Client, ClientBuilder};
use tracing::warn;

use super::bounded::Bounded;
use super::error_chain;

/// Longest time to reach a host.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Longest time from the first byte sent to the last byte read, for the services of Azure.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// The HTTP client could not be built.
#[derive(Debug, thiserror::Error)]
#[error("failed to build the HTTP client")]
pub(crate) struct HttpClientNotBuilt(#[source] reqwest::Error);

/// Builds the client: system proxy on, limits set, `answer_limit` among them, and nothing ever sent twice by itself.
///
/// It trusts the root certificates of the machine, which `SSL_CERT_FILE` and `SSL_CERT_DIR` may name; on a machine that
/// has none, those of Mozilla that are built in.
///
/// # Errors
///
/// When the client cannot be built with the built-in root certificates either.
pub(super) fn http_client(answer_limit: Duration) -> Result<Arc<dyn HttpClient>, HttpClientNotBuilt> {
    let client = or_with_built_in_roots(answer_limit, builder(answer_limit).build())?;
    Ok(Arc::new(Bounded::new(Arc::new(client))))
}

/// The client that trusts the machine's roots, or, where that could not be built, the same with those that are built in:
/// nothing but the roots differs.
fn or_with_built_in_roots(
    answer_limit: Duration,
    built: reqwest::Result<Client>,
) -> Result<Client, HttpClientNotBuilt> {
    let without_roots = match built {
        Ok(client) => return Ok(client),
        Err(without_roots) => without_roots,
    };
    let client = built_in_roots().and_then(|roots| builder(answer_limit).tls_certs_only(roots).build());
    let client = client.map_err(HttpClientNotBuilt)?;
    warn!(
        step = "start",
        "this machine has no root certificates, so Mozilla's, which are built in, are trusted instead: {}; \
         install the system's, or correct `SSL_CERT_FILE` and `SSL_CERT_DIR`",
        error_chain(&without_roots)
    );
    Ok(client)
}

fn built_in_roots() -> reqwest::Result<Vec<Certificate>> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|root| Certificate::from_der(root)).collect()
}

fn builder(answer_limit: Duration) -> ClientBuilder {
    Client::builder()
        .connect_timeout(CONNECT_LIMIT)
        .timeout(answer_limit)
        // A 307 or 308 would send a POST again, and any redirect would send the token elsewhere.
        .redirect(reqwest::redirect::Policy::none())
        // Only the retry policies of `retry` may decide to send again.
        .retry(reqwest::retry::never())
        .gzip(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_root_certificates_gets_a_client() {
        let no_certificate = Certificate::from_der(b"no certificate").unwrap();
        let failed = Client::builder().tls_certs_only([no_certificate]).build();
        assert!(failed.is_err());
        or_with_built_in_roots(ANSWER_LIMIT, failed).unwrap();
    }

    /// Source: "Azure Certificate Authority details", root certificate authorities.
    #[test]
    fn the_built_in_roots_are_those_that_the_certificates_of_azure_end_in() {
        for authority in [
            "DigiCert Global Root G2",
            "DigiCert Global Root G3",
            "Microsoft RSA Root Certificate Authority 2017",
            "Microsoft ECC Root Certificate Authority 2017",
        ] {
            let is_there = webpki_root_certs::TLS_SERVER_ROOT_CERTS
                .iter()
                .any(|root| root.windows(authority.len()).any(|window| window == authority.as_bytes()));
            assert!(is_there, "{authority}");
        }
    }
}
