//! When a request is sent again, and when it never is.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::http::headers::{RETRY_AFTER, RETRY_AFTER_MS, X_MS_RETRY_AFTER_MS};
use azure_core::http::policies::{RetryHeaders, RetryPolicy};
use azure_core::http::{RetryOptions, StatusCode};
use azure_core::sleep::sleep;
use time::Duration;

/// How often a request is sent again after the first time.
pub(super) const MOST_RETRIES: u32 = 3;
/// The longest wait between two tries, whatever the service asks for: whoever called has more patience than a
/// request may keep, and comes back.
const LONGEST_WAIT: Duration = Duration::seconds(20);
/// The first wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::milliseconds(200);

/// The statuses after which a request is sent again.
pub(super) const PASSING_STATUSES: [StatusCode; 6] = [
    StatusCode::RequestTimeout,
    StatusCode::TooManyRequests,
    StatusCode::InternalServerError,
    StatusCode::BadGateway,
    StatusCode::ServiceUnavailable,
    StatusCode::GatewayTimeout,
];

/// For requests that may be sent again: a few times, with a capped wait.
///
/// The policies of the SDK sleep for as long as `Retry-After` says, without a cap.
pub(super) fn a_few_times() -> RetryOptions {
    let retry_headers = vec![X_MS_RETRY_AFTER_MS, RETRY_AFTER_MS, RETRY_AFTER];
    RetryOptions::custom(Arc::new(Capped { headers: RetryHeaders { retry_headers } }))
}

/// For requests that must reach the service once at most.
///
/// An empty list of statuses would not do: the SDK reads it as its default list.
pub(super) fn never() -> RetryOptions {
    RetryOptions::none()
}

/// How long to wait before try number `retry` after the first.
pub(super) fn pause(retry: u32, asked_for: Option<Duration>) -> Duration {
    let own = FIRST_WAIT * 2_i32.saturating_pow(retry.saturating_sub(1).min(10));
    own.max(asked_for.unwrap_or(Duration::ZERO)).min(LONGEST_WAIT)
}

/// Counts tries and not time, so that a slow answer does not use up the tries.
#[derive(Debug)]
struct Capped {
    headers: RetryHeaders,
}

#[async_trait]
impl RetryPolicy for Capped {
    fn is_expired(&self, _since_start: Duration, retries: u32) -> bool {
        retries >= MOST_RETRIES
    }

    fn retry_headers(&self) -> Option<&RetryHeaders> {
        Some(&self.headers)
    }

    fn retry_status_codes(&self) -> &[StatusCode] {
        &PASSING_STATUSES
    }

    fn sleep_duration(&self, retry: u32) -> Duration {
        pause(retry, None)
    }

    async fn wait(&self, retry: u32, asked_for: Option<Duration>) {
        sleep(pause(retry, asked_for)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_what_was_asked_for_up_to_a_limit() {
        assert_eq!(pause(1, None), Duration::milliseconds(200));
        assert_eq!(pause(3, None), Duration::milliseconds(800));
        assert_eq!(pause(1, Some(Duration::seconds(7))), Duration::seconds(7));
        assert_eq!(pause(1, Some(Duration::seconds(3600))), Duration::seconds(20));
        assert_eq!(pause(1, Some(Duration::seconds(-5))), Duration::milliseconds(200));
        assert_eq!(pause(u32::MAX, None), Duration::seconds(20));
    }
}
