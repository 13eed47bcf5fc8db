//! What was invoked, and what came of it.

use std::sync::{Arc, Mutex, MutexGuard};

use time::OffsetDateTime;
use uuid::Uuid;

use super::queue::QueueStorage;

/// One invocation of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvocationRecord {
    /// The function's name.
    pub function: String,
    /// The invocation's id, `X-Azure-Functions-InvocationId`.
    pub id: Uuid,
    /// When the trigger fired.
    pub started: OffsetDateTime,
    /// When the outcome was known; `None` while it runs.
    pub finished: Option<OffsetDateTime>,
    /// What came of it.
    pub outcome: InvocationOutcome,
}

/// What came of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvocationOutcome {
    /// Nothing so far.
    Running,
    /// The answer was good, and its outputs were written.
    Succeeded,
    /// It failed, with the exception that the host logs.
    Failed(String),
}

/// All invocations of a host.
pub(super) struct Records {
    records: Mutex<Vec<InvocationRecord>>,
    queues: QueueStorage,
}

impl Records {
    /// Whoever waits for a change of `queues` sees changes here as well.
    pub(super) fn new(queues: QueueStorage) -> Arc<Self> {
        Arc::new(Self { records: Mutex::default(), queues })
    }

    pub(super) fn begin(&self, function: &str, id: Uuid) -> OffsetDateTime {
        let started = crate::clock::now();
        let outcome = InvocationOutcome::Running;
        self.lock().push(InvocationRecord {
            function: function.to_owned(),
            id,
            started,
            finished: None,
            outcome,
        });
        self.queues.changes().note();
        started
    }

    pub(super) fn finish(&self, id: Uuid, outcome: InvocationOutcome) {
        if let Some(record) = self.lock().iter_mut().find(|record| record.id == id) {
            record.finished = Some(crate::clock::now());
            record.outcome = outcome;
        }
        self.queues.changes().note();
    }

    pub(super) fn all(&self) -> Vec<InvocationRecord> {
        self.lock().clone()
    }

    /// How many there were, if none of them runs.
    pub(super) fn count_at_rest(&self) -> Option<usize> {
        let records = self.lock();
        records.iter().all(|record| record.outcome != InvocationOutcome::Running).then_some(records.len())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<InvocationRecord>> {
        self.records.lock().expect("nobody panics while writing a record")
    }
}
