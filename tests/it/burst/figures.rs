//! What a burst took.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::time::Duration;

use azure_sandbox::Sandbox;
use azure_sandbox::functions_host::{FunctionsHost, InvocationOutcome};

pub(super) struct Figures {
    deliveries: usize,
    taken: Duration,
    messages: usize,
    came_back: usize,
    done: Duration,
    calls: usize,
    throttled: usize,
    /// Of each instance, in KiB, where the system tells it.
    peak_memory: Vec<Option<u64>>,
}

impl Figures {
    /// `taken` is when every event had been taken, and `done` when nothing was left to do.
    pub(super) fn of(sandbox: &Sandbox, hosts: &[FunctionsHost], taken: Duration, done: Duration) -> Self {
        let invocations: Vec<_> = hosts.iter().flat_map(FunctionsHost::invocations).collect();
        let of = |function: &str| invocations.iter().filter(|each| each.function == function).count();
        let came_back = invocations
            .iter()
            .filter(|each| each.function == "Rotate" && matches!(each.outcome, InvocationOutcome::Failed(_)));
        let calls = sandbox.calls();
        Self {
            deliveries: of("SecretNearExpiry"),
            taken,
            messages: of("Rotate"),
            came_back: came_back.count(),
            done,
            calls: calls.len(),
            throttled: calls.iter().filter(|call| call.status == 429).count(),
            peak_memory: hosts.iter().map(peak_memory).collect(),
        }
    }
}

/// The most that the handler of a host ever had in memory, in KiB.
fn peak_memory(host: &FunctionsHost) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", host.handler_process_id()?)).ok()?;
    let fields: BTreeMap<&str, &str> = status.lines().filter_map(|line| line.split_once(':')).collect();
    fields.get("VmHWM")?.split_whitespace().next()?.parse().ok()
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let a_second = |count: usize, time: Duration| count as f64 / time.as_secs_f64();
        let memory: Vec<String> = self
            .peak_memory
            .iter()
            .map(|peak| peak.map_or("unknown".to_owned(), |peak| format!("{} MiB", peak / 1024)))
            .collect();
        for (what, figure) in [
            (
                "deliveries taken",
                format!(
                    "{} in {:.1} s, {:.0} a second",
                    self.deliveries,
                    self.taken.as_secs_f64(),
                    a_second(self.deliveries, self.taken)
                ),
            ),
            (
                "messages worked on",
                format!(
                    "{} in {:.1} s, {:.0} a second; {} came back",
                    self.messages,
                    self.done.as_secs_f64(),
                    a_second(self.messages, self.done),
                    self.came_back
                ),
            ),
            ("calls", format!("{}, {} of them turned away (429)", self.calls, self.throttled)),
            ("peak memory of each instance", memory.join(", ")),
        ] {
            writeln!(formatter, "  {what:<30}{figure}")?;
        }
        Ok(())
    }
}
