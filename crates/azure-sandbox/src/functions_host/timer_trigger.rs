//! Fires a timer when its time has come.
//!
//! Source: the timer extension's `TimerListener.cs`.

use std::sync::Arc;
use std::time::Duration;

use time::Duration as Span;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::dotnet::round_trip;
use super::function_json::{Function, TimerTrigger as Settings};
use super::invocation::Invoker;
use super::listening::Listening;
use super::payload::Input;
use super::records::Announced;
use super::timer_status::{TimerStatus, TimerStatuses};

/// A timer whose time has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimerFiring {
    /// `None` if the timer has no monitor.
    pub(super) status: Option<TimerStatus>,
    pub(super) cause: Cause,
}

/// Why a timer fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Schedule,
    /// Its time passed when there was no host.
    PastDue,
    RunOnStartup,
}

impl TimerFiring {
    /// What the log says of a timer that does not fire by its schedule.
    pub(super) fn details(&self) -> Option<String> {
        match (self.cause, self.status) {
            (Cause::Schedule, _) => None,
            (Cause::RunOnStartup, _) => Some("UnscheduledInvocationReason: RunOnStartup".to_owned()),
            (Cause::PastDue, status) => {
                let next = status.map(|status| format!(", OriginalSchedule: {}", round_trip(status.next)));
                Some(format!("UnscheduledInvocationReason: IsPastDue{}", next.unwrap_or_default()))
            }
        }
    }
}

/// A request to let a timer's next time come now; it is answered when the invocation has ended.
pub(super) type FireRequest = oneshot::Sender<()>;

/// Fires one timer, time after time.
pub(super) struct TimerTrigger {
    function: Arc<Function>,
    settings: Settings,
    status: TimerStatus,
    statuses: TimerStatuses,
    invoker: Arc<Invoker>,
    requests: mpsc::Receiver<FireRequest>,
    /// What it begins with.
    first: Option<(Cause, Announced)>,
}

impl TimerTrigger {
    pub(super) fn new(
        function: Arc<Function>,
        settings: Settings,
        statuses: TimerStatuses,
        invoker: Arc<Invoker>,
        requests: mpsc::Receiver<FireRequest>,
    ) -> Self {
        let now = crate::clock::now();
        let (status, is_past_due) = if settings.has_monitor {
            statuses.start(&function.name, &settings.schedule, now)
        } else {
            let next = settings.schedule.next_after(now);
            (TimerStatus { last: None, next, last_updated: None }, false)
        };
        let cause = match (is_past_due, settings.run_on_startup) {
            (true, _) => Some(Cause::PastDue),
            (false, true) => Some(Cause::RunOnStartup),
            (false, false) => None,
        };
        let first = cause.map(|cause| (cause, invoker.records.announce()));
        Self { function, settings, status, statuses, invoker, requests, first }
    }

    /// Fires until the listener is halted; what runs then is waited for.
    pub(super) async fn listen(mut self, mut listening: Listening) {
        if let Some((cause, announced)) = self.first.take() {
            self.fire(cause).await;
            drop(announced);
        }
        loop {
            let wait = self.status.next - crate::clock::now();
            tokio::select! {
                biased;
                () = listening.halted() => return,
                Some(request) = self.requests.recv() => {
                    // Time passes, as it does in this sandbox: the world gets older.
                    self.status = self.status.aged(wait.max(Span::ZERO));
                    self.fire(Cause::Schedule).await;
                    // Whoever asked need not wait.
                    let _ = request.send(());
                }
                () = sleep(wait.try_into().unwrap_or(Duration::ZERO)) => {
                    // The two clocks need not agree.
                    if self.status.next <= crate::clock::now() {
                        self.fire(Cause::Schedule).await;
                    }
                }
            }
        }
    }

    async fn fire(&mut self, cause: Cause) {
        let fired = crate::clock::now();
        let status = self.settings.has_monitor.then_some(self.status);
        // What failed is logged, and the schedule goes on.
        let input = Input::Timer(TimerFiring { status, cause });
        let _ = self.invoker.invoke(self.function.clone(), input).await;
        self.status = TimerStatus::after_run(&self.settings.schedule, fired);
        if self.settings.has_monitor {
            self.statuses.set(&self.function.name, &self.settings.schedule, self.status);
        }
    }
}
