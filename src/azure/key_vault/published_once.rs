//! Keeps the SDK from publishing the same value twice.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::Error;
use azure_core::error::ErrorKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{AsyncRawResponse, Context, Method, Request, StatusCode};

use crate::azure::retry::PASSING_STATUSES;

/// Turns whatever the vault did not decide about a PUT into an error that the SDK does not send again.
///
/// Each PUT of a secret makes a version, and the SDK's retries cannot tell whether one was made already. What is
/// certain to have made none may still be sent again: a connection that was never made, and too many requests (429). A
/// 503 is not among them: a gateway may have said so after the vault did its work.
#[derive(Debug)]
pub(super) struct PublishedOnce;

#[async_trait]
impl Policy for PublishedOnce {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        // Every pipeline ends in its transport, so there is a next one.
        let result = next[0].send(context, request, &next[1..]).await;
        if request.method() != Method::Put {
            return result;
        }
        match result {
            Ok(response) if is_undecided(response.status()) => Err(undecided(response).await),
            Err(error) if *error.kind() == ErrorKind::Io => Err(Error::new(ErrorKind::Other, error)),
            decided => decided,
        }
    }
}

fn is_undecided(status: StatusCode) -> bool {
    status != StatusCode::TooManyRequests && PASSING_STATUSES.contains(&status)
}

/// The answer as an error, which the SDK hands on as it is.
async fn undecided(response: AsyncRawResponse) -> Error {
    match response.try_into_raw_response().await {
        Ok(response) => {
            let kind = ErrorKind::HttpResponse {
                status: response.status(),
                error_code: None,
                raw_response: Some(Box::new(response)),
            };
            kind.into_error()
        }
        Err(error) => Error::new(ErrorKind::Other, error),
    }
}
