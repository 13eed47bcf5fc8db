//! How many errors of its handler the host bears.

use std::time::Duration;

use tokio::time::Instant;

/// The third error ends the host…
const MAX_ERRORS: u32 = 3;
/// … unless there was none for half an hour.
const RESET_AFTER: Duration = Duration::from_secs(30 * 60);

/// Counts errors as the host's `HttpFunctionInvocationDispatcher` does.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    errors: u32,
    last: Option<Instant>,
}

impl Restarts {
    /// Whether the handler may be started again after an error at `now`.
    pub(super) fn allows_another(&mut self, now: Instant) -> bool {
        if self.last.is_some_and(|last| now.duration_since(last) > RESET_AFTER) {
            self.errors = 0;
        }
        self.errors += 1;
        self.last = Some(now);
        self.errors < MAX_ERRORS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_error_is_the_last() {
        let (mut restarts, now) = (Restarts::default(), Instant::now());
        assert!(restarts.allows_another(now));
        assert!(restarts.allows_another(now + Duration::from_secs(20 * 60)));
        assert!(
            !restarts.allows_another(now + Duration::from_secs(40 * 60)),
            "the window moves with each error"
        );
    }

    #[test]
    fn half_an_hour_without_an_error_forgives_all() {
        let (mut restarts, now) = (Restarts::default(), Instant::now());
        assert!(restarts.allows_another(now));
        assert!(restarts.allows_another(now));
        assert!(restarts.allows_another(now + RESET_AFTER + Duration::from_secs(1)));
    }
}
