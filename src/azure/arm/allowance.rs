//! What Azure Resource Manager still lets this identity ask of a subscription, and waiting for it.
//!
//! It counts in token buckets: of each subscription one for reads and one for everything else, POSTs included. Every
//! answer says how many calls were left when it was made. Answers overtake one another, so others may have been counted since:
//! what is left is no more than an answer says, and no less than that without all of those. Between two answers a bucket is
//! taken to fill as published; where no answer has told of a bucket yet, nothing is held back. A call that was turned away all the same (429) closes
//! the way for as long as `Retry-After` says: for the whole bucket when that is empty, otherwise for the resource provider
//! whose own limit it was.
//!
//! Source: "Understand how Azure Resource Manager throttles requests"; azure-sdk-for-java #1389 (POSTs count as writes).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::{Method, StatusCode, Url};
use tokio::sync::Mutex as Turns;
use tokio::time::{Instant, sleep_until};

use crate::azure::error::retry_after;
use crate::azure::retry;

/// More calls than anybody may put by at once: a bucket holds 200.
const MOST_PUT_BY: usize = 100;

/// Time is counted in whole milliseconds by whoever sleeps.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// Which bucket a call draws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Read,
    Write,
}

impl Kind {
    const fn of(method: Method) -> Self {
        match method {
            Method::Get | Method::Head => Self::Read,
            _ => Self::Write,
        }
    }

    const fn header(self) -> HeaderName {
        HeaderName::from_static(match self {
            Self::Read => "x-ms-ratelimit-remaining-subscription-reads",
            Self::Write => "x-ms-ratelimit-remaining-subscription-writes",
        })
    }

    /// How many calls come back in a second, as published.
    const fn a_second(self) -> f64 {
        match self {
            Self::Read => 25.0,
            Self::Write => 10.0,
        }
    }
}

/// What is left of every subscription that was asked.
#[derive(Debug, Default)]
pub(super) struct Allowance(Mutex<HashMap<(String, Kind), Arc<Bucket>>>);

/// Calls of one kind on one subscription.
#[derive(Debug)]
struct Bucket {
    kind: Kind,
    /// Whoever waits does so in turn.
    turns: Turns<()>,
    level: Mutex<Level>,
}

/// What is known of a bucket.
#[derive(Debug)]
struct Level {
    /// What is left beyond `underway`, as of `at`; nothing where no answer has told yet.
    left: Option<f64>,
    at: Instant,
    /// Calls that may be under way, or will be: no answer has counted them for sure.
    underway: usize,
    /// Calls that were ever let through.
    taken: usize,
    /// Until then nothing at all is let in.
    closed_until: Instant,
    /// Resource providers that asked to be left alone, and until when.
    providers: HashMap<String, Instant>,
}

/// Calls that were let through and are not answered yet. What is dropped is counted as not made.
#[derive(Debug)]
pub(crate) struct Room {
    bucket: Option<Arc<Bucket>>,
    calls: usize,
    /// Calls of the bucket that had been let through and answered when these were let through.
    answered_before: usize,
}

impl Allowance {
    /// Waits until so many calls may be made, and counts them as made.
    pub(super) async fn take(&self, method: Method, url: &Url, calls: usize) -> Room {
        let Some((subscription, provider)) = parts(url) else {
            return Room { bucket: None, calls, answered_before: 0 };
        };
        let bucket = self.bucket(subscription, Kind::of(method));
        let calls = calls.min(MOST_PUT_BY);
        // Not in turn: others of the bucket are for providers that did not ask to be left alone.
        while let Some(until) = bucket.closed_for(&provider) {
            sleep_until(until).await;
        }
        let turn = bucket.turns.lock().await;
        let room = loop {
            match bucket.take(calls) {
                Ok(room) => break room,
                Err(until) => sleep_until(until).await,
            }
        };
        drop(turn);
        room
    }

    fn bucket(&self, subscription: String, kind: Kind) -> Arc<Bucket> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = || {
            let now = Instant::now();
            let level = Level {
                left: None,
                at: now,
                underway: 0,
                taken: 0,
                closed_until: now,
                providers: HashMap::new(),
            };
            Arc::new(Bucket { kind, turns: Turns::new(()), level: Mutex::new(level) })
        };
        Arc::clone(buckets.entry((subscription, kind)).or_insert_with(bucket))
    }
}

impl Bucket {
    fn level(&self) -> MutexGuard<'_, Level> {
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until when a resource provider asked to be left alone.
    fn closed_for(&self, provider: &str) -> Option<Instant> {
        let until = self.level().providers.get(provider).copied();
        until.filter(|until| Instant::now() < *until)
    }

    /// Takes so many calls, or says until when to wait before asking again.
    fn take(self: &Arc<Self>, calls: usize) -> Result<Room, Instant> {
        let now = Instant::now();
        let mut level = self.level();
        level.fill(self.kind, now);
        if now < level.closed_until {
            return Err(level.closed_until);
        }
        let wanted = number(calls);
        match &mut level.left {
            Some(left) if *left < wanted => {
                let until_then = Duration::from_secs_f64((wanted - *left) / self.kind.a_second());
                return Err(now + until_then.max(SHORTEST_WAIT));
            }
            Some(left) => *left -= wanted,
            None => {}
        }
        let answered_before = level.taken - level.underway;
        level.underway += calls;
        level.taken += calls;
        Ok(Room { bucket: Some(Arc::clone(self)), calls, answered_before })
    }

    /// One call was answered; so many others had been when it was let through.
    fn answered(&self, answered_before: usize, provider: &str, status: StatusCode, headers: &Headers) {
        let now = Instant::now();
        let told =
            headers.get_optional_str(&self.kind.header()).and_then(|text| text.trim().parse::<u32>().ok());
        let mut level = self.level();
        level.underway = level.underway.saturating_sub(1);
        if let Some(told) = told {
            level.fill(self.kind, now);
            // All others but those that had been answered before this one was let through, and itself.
            let may_be_counted_since = number((level.taken - answered_before).saturating_sub(1));
            let (least, most) = ((f64::from(told) - may_be_counted_since).max(0.0), f64::from(told));
            (level.left, level.at) = (Some(level.left.map_or(least, |left| left.clamp(least, most))), now);
        }
        if status == StatusCode::TooManyRequests {
            let asked_for = retry_after(headers).and_then(|after| after.try_into().ok());
            let until = now + retry::pause(1, asked_for).unsigned_abs();
            if told == Some(0) {
                level.closed_until = level.closed_until.max(until);
            } else {
                let closed = level.providers.entry(provider.to_owned()).or_insert(until);
                *closed = until.max(*closed);
            }
        }
    }

    /// So many calls were not made after all.
    fn give_back(&self, calls: usize) {
        let mut level = self.level();
        level.underway = level.underway.saturating_sub(calls);
        if let Some(left) = &mut level.left {
            *left += number(calls);
        }
    }
}

impl Level {
    fn fill(&mut self, kind: Kind, now: Instant) {
        if let Some(left) = &mut self.left {
            *left += kind.a_second() * now.saturating_duration_since(self.at).as_secs_f64();
            self.at = now;
        }
    }
}

impl Room {
    /// One of the calls is made with this.
    pub(super) fn one(&mut self) -> Self {
        let calls = self.calls.min(1);
        self.calls -= calls;
        Self { bucket: self.bucket.clone(), calls, ..*self }
    }

    /// The call that was made with this was answered.
    pub(super) fn answered(mut self, url: &Url, status: StatusCode, headers: &Headers) {
        if let (Some(bucket), Some((_, provider))) = (self.bucket.take(), parts(url)) {
            bucket.answered(self.answered_before, &provider, status, headers);
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(bucket) = &self.bucket {
            bucket.give_back(self.calls);
        }
    }
}

fn number(calls: usize) -> f64 {
    f64::from(u32::try_from(calls).unwrap_or(u32::MAX))
}

/// The subscription that is asked, and the namespace of the first resource provider in the address.
fn parts(url: &Url) -> Option<(String, String)> {
    let mut segments = url.path_segments()?;
    segments.next().filter(|first| first.eq_ignore_ascii_case("subscriptions"))?;
    let subscription = segments.next()?.to_ascii_lowercase();
    segments.find(|segment| segment.eq_ignore_ascii_case("providers"));
    Some((subscription, segments.next().unwrap_or_default().to_ascii_lowercase()))
}

#[cfg(test)]
mod tests;
