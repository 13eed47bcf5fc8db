//! The storage data plane, asked one thing: does it accept this key?

use std::sync::Arc;

use azure_core::error::ErrorKind;
use azure_core::http::headers::HeaderName;
use azure_core::http::{HttpClient, Method, RawResponse, Request, StatusCode, Url};
use azure_core::time::to_rfc7231;
use rotation::Name;
use time::OffsetDateTime;

use super::access_key::AccessKey;
use super::error::{Attempting, AzureError, Cause};
use super::refusal::Refusal;
use super::shared_key::sign;
use super::storage_account::StorageAccount;

const VERSION: &str = "2025-07-05";
/// Which version carried the request out: the service says so in every answer to a request that names one, so nothing on the
/// way to it has answered in its place. Source: the reference of Get Blob (and File) Service Properties, response headers.
const CARRIED_OUT_BY: HeaderName = HeaderName::from_static("x-ms-version");
const ERROR_CODE: HeaderName = HeaderName::from_static("x-ms-error-code");

/// The data plane of storage accounts.
#[derive(Debug, Clone)]
pub(crate) struct DataPlane {
    http: Arc<dyn HttpClient>,
}

/// What the data plane made of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It accepts the key.
    Accepted,
    /// It does not know the key, or not yet: up to a minute passes after a regeneration.
    NotYet,
    /// It accepts no key at all: Shared Key is switched off.
    SharedKeyOff,
    /// It cannot be asked from here, mostly because of a firewall.
    Unreachable {
        /// What stood in the way.
        why: String,
    },
}

impl DataPlane {
    pub(super) const fn new(http: Arc<dyn HttpClient>) -> Self {
        Self { http }
    }

    /// Asks the blob service of an account, else its file service, whether it accepts `key`. One request; whoever
    /// waits for [`Proof::NotYet`] to pass asks again.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; faults of the service itself are [`AzureError::is_passing`].
    pub(crate) async fn prove(
        &self,
        account: &StorageAccount,
        name: &Name,
        key: &AccessKey,
        now: OffsetDateTime,
    ) -> Result<Proof, AzureError> {
        let endpoint = match endpoint_of(account) {
            Ok(endpoint) => endpoint,
            Err(proof) => return Ok(proof),
        };
        let asked = async {
            let request = service_properties(endpoint, name, key, now)?;
            self.ask(&request).await
        };
        asked.await.attempting(|| format!("ask storage account `{name}` whether it accepts a key"))
    }

    async fn ask(&self, request: &Request) -> Result<Proof, Cause> {
        // The SDK's pipeline would add a header that has to be signed, and send again what the caller paces.
        let exchange = async { self.http.execute_request(request).await?.try_into_raw_response().await };
        match exchange.await {
            Ok(response) => proof_of(response),
            Err(error) if *error.kind() == ErrorKind::Connection => {
                let host = request.url().host_str().unwrap_or_default();
                Ok(Proof::Unreachable { why: format!("no connection to {host}") })
            }
            Err(error) => Err(Cause::of_sdk(&error)),
        }
    }
}

/// Which service to ask: one that exists and takes keys.
fn endpoint_of(account: &StorageAccount) -> Result<&Url, Proof> {
    let services = [
        (&account.blob_endpoint, account.allow_shared_key_access_to_blobs),
        (&account.file_endpoint, account.allow_shared_key_access_to_files),
    ];
    let existing: Vec<_> =
        services.iter().filter_map(|(endpoint, allowed)| Some((endpoint.as_ref()?, *allowed))).collect();
    if existing.is_empty() {
        return Err(Proof::Unreachable {
            why: "the account has neither a blob nor a file service".to_owned(),
        });
    }
    let open = existing.into_iter().find(|(_, allowed)| account.allow_shared_key_access && *allowed);
    open.map(|(endpoint, _)| endpoint).ok_or(Proof::SharedKeyOff)
}

/// The cheapest request that needs a key and names no container.
fn service_properties(
    endpoint: &Url,
    name: &Name,
    key: &AccessKey,
    now: OffsetDateTime,
) -> Result<Request, Cause> {
    if endpoint.scheme() != "https" {
        return Err(Cause::Unsendable("the endpoint is no https address".to_owned()));
    }
    let mut url = endpoint.clone();
    url.set_path("/");
    url.set_query(Some("restype=service&comp=properties"));
    let mut request = Request::new(url, Method::Get);
    request.insert_header("x-ms-version", VERSION);
    request.insert_header("x-ms-date", to_rfc7231(&now));
    sign(&mut request, &name.as_str().to_ascii_lowercase(), key)
        .map_err(|error| Cause::Unsendable(error.to_string()))?;
    Ok(request)
}

fn proof_of(response: RawResponse) -> Result<Proof, Cause> {
    let (status, headers, body) = response.deconstruct();
    if status.is_success() {
        return match headers.get_optional_str(&CARRIED_OUT_BY) {
            Some(_) => Ok(Proof::Accepted),
            None => Err(Cause::Garbled(format!("{status} without `{}`", CARRIED_OUT_BY.as_str()))),
        };
    }
    let code = headers.get_optional_str(&ERROR_CODE).unwrap_or_default();
    match (status, code) {
        (StatusCode::Forbidden, "AuthenticationFailed") => Ok(Proof::NotYet),
        (StatusCode::Forbidden, "KeyBasedAuthenticationNotPermitted") => Ok(Proof::SharedKeyOff),
        (StatusCode::Forbidden, _) => {
            let Refusal { status, code, .. } = Refusal::of_answer(status, &headers, &body);
            Ok(Proof::Unreachable { why: format!("{status} {code}") })
        }
        _ => Err(Cause::of_answer(status, &headers, &body)),
    }
}

#[cfg(test)]
mod tests;
