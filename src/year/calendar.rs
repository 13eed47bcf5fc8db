//! How time passes: the sweeps come by the clock, whatever else does.

use rotation::{Decision, SecretId};
use time::{Date, Duration, Time};

use super::app::App;
use super::furnished::{SECRET, VAULT};
use super::scene::{Event, Scene};
use crate::activation::Activation;
use crate::outcome::{End, Outcome};

/// The target of every world.
pub(super) fn target() -> SecretId {
    SecretId::new(VAULT, SECRET).unwrap()
}

/// Lets time pass.
pub(super) async fn pass(time: Duration) {
    tokio::time::sleep(time.try_into().unwrap_or_default()).await;
}

/// Whether nothing is left to do until it is due.
pub(super) fn is_settled(outcome: &Outcome) -> bool {
    matches!(outcome.end, End::Decided(Decision::UpToDate { .. })) && outcome.failures.is_empty()
}

/// The timer of the sweep.
#[derive(Default)]
pub(super) struct Timer {
    last: Option<Date>,
}

impl Timer {
    /// What the sweep asks for now: the first of a day for a whole look.
    pub(super) fn message(&mut self) -> Activation {
        let today = azure_sandbox::now().date();
        let whole = self.last != Some(today);
        self.last = Some(today);
        Activation::new(target(), "the sweep").whole(whole)
    }

    /// Waits for the next sweep that may find something to do after this outcome. As nobody else does anything, that is
    /// the first of the next day, or the one after what is waited for.
    pub(super) async fn next_after(&self, outcome: &Outcome) {
        let now = azure_sandbox::now();
        let until = match &outcome.end {
            End::Decided(Decision::Wait { until, .. }) => *until,
            _ if is_settled(outcome) => now.replace_time(Time::MIDNIGHT) + Duration::DAY,
            _ => now,
        };
        let hour = until.max(now).truncate_to_hour() + Duration::HOUR;
        pass(hour - now).await;
    }
}

/// Lives through a scene; its process is never killed. Shows how each run ended.
pub(super) async fn live(scene: &Scene, app: &App, ended: &dyn Fn(&Outcome)) {
    let began = azure_sandbox::now();
    let mut timer = Timer::default();
    let mut events = scene.events.iter().copied().peekable();
    while azure_sandbox::now() - began < scene.length {
        let due = |&(after, _): &(Duration, Event)| after <= azure_sandbox::now() - began;
        if let Some((_, event)) = events.next_if(due) {
            match event {
                Event::Hand(hand) => hand(&scene.world),
                Event::Forced(_) => {
                    let forced = event.forced(&scene.world);
                    let message = Activation::new(target(), "somebody").forced(forced);
                    ended(&app.work(&message).await.unwrap());
                }
            }
        }
        let outcome = app.work(&timer.message()).await.unwrap();
        ended(&outcome);
        timer.next_after(&outcome).await;
    }
    assert!(events.next().is_none());
}
