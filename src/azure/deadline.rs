//! A limit on how long an answer is waited for.

use std::time::Duration;

use tokio::time::timeout;

use super::error::Cause;

/// Waits for `attempt`, with all its tries, for no longer than `limit`; what is late then may have been carried out or
/// not.
pub(super) async fn within<T>(
    limit: Duration,
    attempt: impl Future<Output = Result<T, Cause>>,
) -> Result<T, Cause> {
    let nothing = |_| Err(Cause::Unanswered(format!("nothing came within {} s", limit.as_secs())));
    timeout(limit, attempt).await.unwrap_or_else(nothing)
}
