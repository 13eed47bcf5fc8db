//! Azure Resource Manager's token buckets: of each subscription, one for reads, one for deletes and one for all the rest.
//!
//! A POST is no read, whatever it does. A request that finds its bucket empty is not carried out, and costs nothing.
//!
//! Source: "Understand how Azure Resource Manager throttles requests" (limits since 2024, headers, `Retry-After`);
//! azure-sdk-for-java #1389 (POST actions count as writes).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{Method, StatusCode};
use tokio::time::Instant;

use crate::faces::{Endpoint, Reply, Request};

/// What requests are counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Read,
    Delete,
    Write,
}

impl Kind {
    fn of(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD => Self::Read,
            Method::DELETE => Self::Delete,
            _ => Self::Write,
        }
    }

    /// How many tokens a bucket holds, and how many come back in a second.
    const fn limits(self) -> (f64, f64) {
        match self {
            Self::Read => (250.0, 25.0),
            Self::Delete | Self::Write => (200.0, 10.0),
        }
    }

    const fn header(self) -> &'static str {
        match self {
            Self::Read => "x-ms-ratelimit-remaining-subscription-reads",
            Self::Delete => "x-ms-ratelimit-remaining-subscription-deletes",
            Self::Write => "x-ms-ratelimit-remaining-subscription-writes",
        }
    }
}

/// One bucket, as it was when something was taken from it last.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// The buckets of the one principal that there is.
#[derive(Default)]
pub(crate) struct TokenBuckets(Mutex<BTreeMap<(String, Kind), Bucket>>);

/// What a request found in its bucket.
pub(crate) struct Taken {
    kind: Kind,
    /// What is left.
    remaining: f64,
    /// In so many seconds there will be a token, where there was none.
    retry_after: Option<f64>,
}

impl TokenBuckets {
    /// Takes what a request costs; nothing where it is not for a subscription of Resource Manager.
    pub(crate) fn take(&self, endpoint: &Endpoint, request: &Request) -> Option<Taken> {
        if !matches!(endpoint, Endpoint::Management) {
            return None;
        }
        let subscription = match request.segments().as_slice() {
            [first, id, ..] if first.eq_ignore_ascii_case("subscriptions") => id.to_ascii_lowercase(),
            _ => return None,
        };
        let kind = Kind::of(&request.method);
        let (most, a_second) = kind.limits();
        let now = Instant::now();
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry((subscription, kind)).or_insert(Bucket { tokens: most, at: now });
        let refilled = a_second * now.saturating_duration_since(bucket.at).as_secs_f64();
        *bucket = Bucket { tokens: (bucket.tokens + refilled).min(most), at: now };
        if bucket.tokens < 1.0 {
            let retry_after = Some((1.0 - bucket.tokens) / a_second);
            return Some(Taken { kind, remaining: 0.0, retry_after });
        }
        bucket.tokens -= 1.0;
        Some(Taken { kind, remaining: bucket.tokens, retry_after: None })
    }
}

impl Taken {
    /// The answer to a request for which there was no token.
    pub(crate) fn refusal(&self) -> Option<Reply> {
        let seconds = self.retry_after?.ceil().max(1.0);
        let message = "Number of requests for the subscription exceeded the limit. Please try again later.";
        let refusal = Reply::error(StatusCode::TOO_MANY_REQUESTS, "SubscriptionRequestsThrottled", message);
        Some(self.told(refusal.with("retry-after", seconds.to_string())))
    }

    /// A reply that says what is left.
    pub(crate) fn told(&self, reply: Reply) -> Reply {
        reply.with(self.kind.header(), self.remaining.floor().to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Bytes;
    use axum::http::Request as HttpRequest;
    use tokio::time::advance;

    use super::*;

    fn request(method: &str, subscription: &str) -> Request {
        let path = format!("/subscriptions/{subscription}/resourceGroups/g/x");
        let (parts, ()) = HttpRequest::builder().method(method).uri(path).body(()).unwrap().into_parts();
        Request::of(parts, "https://management.azure.com", Bytes::new())
    }

    /// How many of so many requests at once are let in, and what the last of all is told.
    fn let_in(buckets: &TokenBuckets, many: usize, method: &str, subscription: &str) -> (usize, Reply) {
        let taken = |_| buckets.take(&Endpoint::Management, &request(method, subscription)).unwrap();
        let mut taken: Vec<Taken> = (0..many).map(taken).collect();
        let let_in = taken.iter().filter(|taken| taken.refusal().is_none()).count();
        let last = taken.pop().unwrap();
        (let_in, last.refusal().unwrap_or_else(|| last.told(Reply::empty(StatusCode::OK))))
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_lets_in_what_it_holds_and_fills_up_again() {
        let buckets = TokenBuckets::default();
        let (count, reply) = let_in(&buckets, 1, "GET", "s");
        let remaining = ("x-ms-ratelimit-remaining-subscription-reads", "249".to_owned());
        assert_eq!((count, reply.headers), (1, vec![remaining]));
        let (count, reply) = let_in(&buckets, 300, "POST", "s");
        assert_eq!((count, reply.status), (200, StatusCode::TOO_MANY_REQUESTS));
        let remaining = ("x-ms-ratelimit-remaining-subscription-writes", "0".to_owned());
        assert_eq!(reply.headers, [("retry-after", "1".to_owned()), remaining]);
        // A PUT draws on the same, a GET, a DELETE and another subscription do not.
        assert_eq!(let_in(&buckets, 1, "PUT", "s").0, 0);
        assert_eq!(let_in(&buckets, 300, "GET", "s").0, 249);
        assert_eq!(let_in(&buckets, 300, "DELETE", "s").0, 200);
        assert_eq!(let_in(&buckets, 300, "PUT", "another").0, 200);
        advance(Duration::from_millis(2_500)).await;
        assert_eq!(let_in(&buckets, 300, "PUT", "S").0, 25);
        assert_eq!(let_in(&buckets, 300, "GET", "s").0, 62);
    }

    #[tokio::test]
    async fn what_is_for_no_subscription_and_what_is_for_a_vault_costs_nothing() {
        let buckets = TokenBuckets::default();
        assert!(buckets.take(&Endpoint::Vault("v".to_owned()), &request("GET", "s")).is_none());
        let (parts, ()) = HttpRequest::builder().uri("/tenants").body(()).unwrap().into_parts();
        let tenants = Request::of(parts, "https://management.azure.com", Bytes::new());
        assert!(buckets.take(&Endpoint::Management, &tenants).is_none());
    }
}
