//! When an event that was not taken is tried again.
//!
//! The service adds a small random time to each wait; here there is none, so that tests know what to expect.

use std::time::Duration;

/// Waits after the first, second, … attempt, in seconds; the last one goes on.
const WAITS: [u64; 7] = [10, 30, 60, 5 * 60, 10 * 60, 30 * 60, 60 * 60];

/// What is done about an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Delivered,
    RetryAfter(Duration),
    DeadLetter,
}

/// What follows on the answer to attempt number `attempt` (from 1); no status is no answer in time.
pub(super) fn next(attempt: u32, status: Option<u16>) -> Next {
    let least = match status {
        Some(200..=204) => return Next::Delivered,
        Some(400 | 413) => return Next::DeadLetter,
        Some(401 | 403 | 404) => 5 * 60,
        Some(503) => 30,
        _ => 10,
    };
    let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(WAITS.len() - 1);
    Next::RetryAfter(Duration::from_secs(WAITS[index].max(least)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_an_hour() {
        let waits: Vec<_> = (1..=9)
            .map(|attempt| match next(attempt, Some(500)) {
                Next::RetryAfter(wait) => wait.as_secs(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(waits, [10, 30, 60, 300, 600, 1800, 3600, 3600, 3600]);
    }

    #[test]
    fn answers_differ() {
        for status in 200..=204 {
            assert_eq!(next(1, Some(status)), Next::Delivered);
        }
        for status in [400, 413] {
            assert_eq!(next(1, Some(status)), Next::DeadLetter);
        }
        let wait = |status| next(1, status);
        assert_eq!(wait(None), Next::RetryAfter(Duration::from_secs(10)));
        assert_eq!(wait(Some(206)), Next::RetryAfter(Duration::from_secs(10)));
        assert_eq!(wait(Some(302)), Next::RetryAfter(Duration::from_secs(10)));
        assert_eq!(wait(Some(503)), Next::RetryAfter(Duration::from_secs(30)));
        assert_eq!(wait(Some(404)), Next::RetryAfter(Duration::from_secs(300)));
    }
}
