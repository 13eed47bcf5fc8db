//! How long each dependent was on a key that no longer worked, by the monotonic clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::dependent::Dependent;

#[derive(Debug, Clone, Default)]
pub(crate) struct ExposureMeter {
    readings: BTreeMap<Dependent, Reading>,
}

#[derive(Debug, Clone, Default)]
struct Reading {
    total: Duration,
    since: Option<Instant>,
}

impl ExposureMeter {
    /// Says who is exposed from `at` on; everybody else is not.
    pub(crate) fn update(&mut self, exposed: &[Dependent], at: Instant) {
        let still: BTreeSet<&Dependent> = exposed.iter().collect();
        for (dependent, reading) in &mut self.readings {
            if let Some(since) = reading.since
                && !still.contains(dependent)
            {
                reading.total += at.saturating_duration_since(since);
                reading.since = None;
            }
        }
        for dependent in exposed {
            self.readings.entry(dependent.clone()).or_default().since.get_or_insert(at);
        }
    }

    /// Totals up to `at`, of those that were ever exposed.
    pub(crate) fn totals(&self, at: Instant) -> BTreeMap<Dependent, Duration> {
        let running = |reading: &Reading| {
            reading.since.map_or(Duration::ZERO, |since| at.saturating_duration_since(since))
        };
        self.readings
            .iter()
            .map(|(dependent, reading)| (dependent.clone(), reading.total + running(reading)))
            .collect()
    }

    /// Starts at zero again; who is exposed now stays so.
    pub(crate) fn reset(&mut self, at: Instant) {
        self.readings.retain(|_, reading| reading.since.is_some());
        for reading in self.readings.values_mut() {
            *reading = Reading { total: Duration::ZERO, since: Some(at) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_on_a_dead_key_adds_up_and_can_be_reset() {
        let cache = Dependent::WorkspaceCache { workspace: "w".to_owned() };
        let exposed = [cache.clone()];
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut meter = ExposureMeter::default();
        meter.update(&exposed, start);
        meter.update(&exposed, after(1));
        meter.update(&[], after(3));
        meter.update(&exposed, after(10));
        assert_eq!(meter.totals(after(11))[&cache], Duration::from_secs(4));
        meter.reset(after(11));
        assert_eq!(meter.totals(after(12))[&cache], Duration::from_secs(1));
        meter.update(&[], after(12));
        meter.reset(after(13));
        assert!(meter.totals(after(14)).is_empty());
    }
}
