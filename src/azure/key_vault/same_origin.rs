//! Keeps the token of a vault with that vault.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::Error;
use azure_core::error::ErrorKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request, Url};

/// Refuses a request to any origin but one. The SDK follows the `nextLink` of a list wherever it leads, and would send
/// the token along.
#[derive(Debug)]
pub(super) struct SameOrigin(pub(super) Url);

#[async_trait]
impl Policy for SameOrigin {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        if request.url().origin() != self.0.origin() {
            return Err(Error::with_message(ErrorKind::DataConversion, "a link leads to another host"));
        }
        // Every pipeline ends in its transport, so there is a next one.
        next[0].send(context, request, &next[1..]).await
    }
}
