//! Signs each try of a request with an access key; Azure's own client knows tokens only.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};
use azure_core::time::to_rfc7231;
use rotation::Name;
use time::OffsetDateTime;

use crate::azure::access_key::AccessKey;
use crate::azure::shared_key::sign;

/// Dates and signs: the last thing that happens to a request before it is sent.
pub(super) struct SharedKeyPolicy {
    account: String,
    key: Arc<AccessKey>,
    now: fn() -> OffsetDateTime,
}

impl SharedKeyPolicy {
    pub(super) fn new(account: &Name, key: Arc<AccessKey>, now: fn() -> OffsetDateTime) -> Self {
        Self { account: account.as_str().to_ascii_lowercase(), key, now }
    }
}

impl fmt::Debug for SharedKeyPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SharedKeyPolicy({})", self.account)
    }
}

#[async_trait]
impl Policy for SharedKeyPolicy {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        request.insert_header("x-ms-date", to_rfc7231(&(self.now)()));
        sign(request, &self.account, &self.key)
            .map_err(|error| Error::with_error(ErrorKind::Other, error, "failed to sign the request"))?;
        // Every pipeline ends in its transport, so there is a next one.
        next[0].send(context, request, &next[1..]).await
    }
}
