//! When a timer ran last and is to run next, as the host keeps it in its storage account.
//!
//! Source: the timer extension's `ScheduleMonitor.cs` and `ScheduleStatus.cs`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::dotnet::json_local_ticks;
use super::schedule::Schedule;

/// One timer's status. `None` is .NET's year 1: never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimerStatus {
    pub(super) last: Option<OffsetDateTime>,
    pub(super) next: OffsetDateTime,
    pub(super) last_updated: Option<OffsetDateTime>,
}

impl TimerStatus {
    /// After a run at `at`.
    pub(super) fn after_run(schedule: &Schedule, at: OffsetDateTime) -> Self {
        Self { last: Some(at), next: schedule.next_after(at), last_updated: Some(at) }
    }

    /// The same status when that much time has passed.
    pub(super) fn aged(self, by: Duration) -> Self {
        let earlier = |at: OffsetDateTime| at - by;
        Self {
            last: self.last.map(earlier),
            next: earlier(self.next),
            last_updated: self.last_updated.map(earlier),
        }
    }

    pub(super) fn to_json(self) -> Value {
        let time = |at: Option<OffsetDateTime>| {
            at.map_or_else(|| "0001-01-01T00:00:00+00:00".to_owned(), json_local_ticks)
        };
        json!({ "Last": time(self.last), "Next": time(Some(self.next)), "LastUpdated": time(self.last_updated) })
    }

    /// What stays of a status when the schedule was changed before the host started at `now`.
    fn under_changed(self, schedule: &Schedule, now: OffsetDateTime) -> Self {
        let updated = self.last.or(self.last_updated).unwrap_or(now);
        let expected = schedule.next_after(updated);
        if expected == self.next {
            return self;
        }
        // What was missed by the new schedule before there was one does not count.
        let (next, updated) =
            if now > expected { (schedule.next_after(now), now) } else { (expected, updated) };
        Self { last: None, next, last_updated: Some(updated) }
    }
}

/// What the timers of an application left in its storage account. A clone is the same account.
///
/// The real host lets one instance alone run a timer. This one does not: two hosts on one account fire twice.
#[derive(Clone, Default)]
pub struct TimerStatuses(Arc<Mutex<BTreeMap<String, Kept>>>);

#[derive(Clone)]
struct Kept {
    status: TimerStatus,
    /// The real host finds a changed schedule out by the times, which do not fit any schedule once they were aged.
    schedule: Schedule,
}

impl TimerStatuses {
    /// An account without timers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets time pass: what is kept moves back. A host reads it when it starts, so one that runs takes no notice.
    pub fn age(&self, by: Duration) {
        for kept in self.lock().values_mut() {
            kept.status = kept.status.aged(by);
        }
    }

    pub(super) fn get(&self, function: &str) -> Option<TimerStatus> {
        self.lock().get(function).map(|kept| kept.status)
    }

    pub(super) fn set(&self, function: &str, schedule: &Schedule, status: TimerStatus) {
        self.lock().insert(function.to_owned(), Kept { status, schedule: schedule.clone() });
    }

    /// The status with which a listener starts, and whether an occurrence was missed meanwhile.
    pub(super) fn start(
        &self,
        function: &str,
        schedule: &Schedule,
        now: OffsetDateTime,
    ) -> (TimerStatus, bool) {
        let Some(kept) = self.lock().get(function).cloned() else {
            let next = schedule.next_after(now);
            self.set(function, schedule, TimerStatus { last: None, next, last_updated: Some(now) });
            // The listener remembers one of its own, which was never updated.
            return (TimerStatus { last: None, next, last_updated: None }, false);
        };
        let status =
            if kept.schedule == *schedule { kept.status } else { kept.status.under_changed(schedule, now) };
        self.set(function, schedule, status);
        (status, now > status.next)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.0.lock().expect("nobody panics while changing a status")
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-24 09:32:10 UTC);

    fn daily() -> Schedule {
        Schedule::parse("0 0 3 * * *").unwrap()
    }

    #[test]
    fn a_new_timer_is_written_down_and_not_past_due() {
        let statuses = TimerStatuses::new();
        let next = datetime!(2026-11-25 03:00 UTC);
        let first = TimerStatus { last: None, next, last_updated: None };
        assert_eq!(statuses.start("Tick", &daily(), NOW), (first, false));
        let kept = TimerStatus { last_updated: Some(NOW), ..first };
        assert_eq!(statuses.get("Tick"), Some(kept));
        assert_eq!(statuses.start("Tick", &daily(), NOW + Duration::HOUR), (kept, false));
    }

    #[test]
    fn a_timer_whose_time_passed_meanwhile_is_past_due() {
        let statuses = TimerStatuses::new();
        statuses.start("Tick", &daily(), NOW);
        let (status, is_past_due) = statuses.start("Tick", &daily(), NOW + Duration::DAY);
        assert_eq!((status.next, is_past_due), (datetime!(2026-11-25 03:00 UTC), true));
    }

    #[test]
    fn what_is_kept_ages() {
        let statuses = TimerStatuses::new();
        statuses.set("Tick", &daily(), TimerStatus::after_run(&daily(), NOW));
        let span = Duration::hours(31);
        statuses.age(span);
        let status = statuses.get("Tick").unwrap();
        assert_eq!((status.last, status.last_updated), (Some(NOW - span), Some(NOW - span)));
        assert_eq!(status.next, datetime!(2026-11-25 03:00 UTC) - span);
        assert_eq!(statuses.start("Tick", &daily(), NOW), (status, true));
    }

    #[test]
    fn a_schedule_that_was_changed_counts_from_the_last_run_or_from_now() {
        let statuses = TimerStatuses::new();
        let hourly = Schedule::parse("0 0 * * * *").unwrap();
        let yesterday = NOW - Duration::DAY;
        statuses.set("Tick", &daily(), TimerStatus::after_run(&daily(), yesterday));
        // The next full hour of yesterday is over, and does not count as missed.
        let (status, is_past_due) = statuses.start("Tick", &hourly, NOW);
        assert_eq!((status.last, status.next), (None, datetime!(2026-11-24 10:00 UTC)));
        assert_eq!((status.last_updated, is_past_due), (Some(NOW), false));

        statuses.set("Tick", &daily(), TimerStatus::after_run(&daily(), NOW));
        let (status, _) = statuses.start("Tick", &hourly, NOW);
        assert_eq!((status.next, status.last_updated), (datetime!(2026-11-24 10:00 UTC), Some(NOW)));
    }
}
