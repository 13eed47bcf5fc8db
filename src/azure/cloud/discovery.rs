//! Asks a cloud for its description, once at the start.

use std::time::Duration;

use azure_core::http::{HttpClient, Method, Request, Url};
use futures::TryStreamExt;
use tokio::time::{sleep, timeout};

use super::Cloud;
use super::metadata::{self, UnusableMetadata};
use crate::azure::error::{Attempting, AzureError, Cause};
use crate::azure::retry;

/// How long a description is waited for, all tries taken together: the Functions host gives up on a handler that does
/// not answer 30 s after its start.
const DISCOVERY_LIMIT: Duration = Duration::from_secs(20);
/// The largest description that is read, in bytes; those of Azure have a few thousand.
const LARGEST_DESCRIPTION: usize = 1024 * 1024;

/// Why a cloud is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CloudNotDiscovered {
    /// It does not give its description.
    #[error("the cloud is not known: correct `ARM_CLOUD_METADATA_URL`, or see to it that it can be reached")]
    Unread(#[source] AzureError),
    /// Its description cannot be used.
    #[error("the cloud is not known: what `ARM_CLOUD_METADATA_URL` gives cannot be used")]
    Unusable(#[from] UnusableMetadata),
}

/// Reads the description at `metadata_url`, and takes the cloud called `name` from it.
pub(super) async fn discover(
    http: &dyn HttpClient,
    metadata_url: &Url,
    name: Option<&str>,
) -> Result<Cloud, CloudNotDiscovered> {
    let nothing = |_| Err(Cause::Unreachable(format!("nothing came within {} s", DISCOVERY_LIMIT.as_secs())));
    let document = timeout(DISCOVERY_LIMIT, fetch(http, metadata_url)).await.unwrap_or_else(nothing);
    let document = document
        .attempting(|| format!("read the description of a cloud at {}", shown(metadata_url)))
        .map_err(CloudNotDiscovered::Unread)?;
    Ok(metadata::read(&document, metadata_url, name)?)
}

async fn fetch(http: &dyn HttpClient, url: &Url) -> Result<Vec<u8>, Cause> {
    let mut retries = 0;
    loop {
        match fetch_once(http, url).await {
            Err(cause) if cause.is_passing() && retries < retry::MOST_RETRIES => {
                retries += 1;
                let asked_for = cause.retry_after().and_then(|after| after.try_into().ok());
                sleep(retry::pause(retries, asked_for).unsigned_abs()).await;
            }
            outcome => return outcome,
        }
    }
}

/// One request without a token, whose answer is read no further than it may be long.
async fn fetch_once(http: &dyn HttpClient, url: &Url) -> Result<Vec<u8>, Cause> {
    let mut request = Request::new(url.clone(), Method::Get);
    request.insert_header("accept", "application/json");
    let of_sdk = |error| Cause::of_sdk(&error);
    let (status, headers, mut body) = http.execute_request(&request).await.map_err(of_sdk)?.deconstruct();
    let mut document = Vec::new();
    while let Some(part) = body.try_next().await.map_err(of_sdk)? {
        if document.len() + part.len() > LARGEST_DESCRIPTION {
            return Err(Cause::Malformed(format!("it is longer than {LARGEST_DESCRIPTION} bytes")));
        }
        document.extend_from_slice(&part);
    }
    if status.is_success() { Ok(document) } else { Err(Cause::of_answer(status, &headers, &document)) }
}

/// The address without its query, in which somebody may have hidden a secret.
fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

#[cfg(test)]
mod tests;
