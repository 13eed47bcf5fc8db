//! What was invoked, and what came of it.

use std::sync::atomic::{AtomicUsize, Ordering};
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
    /// Invocations that are certain to come.
    announced: AtomicUsize,
    queues: QueueStorage,
}

/// An invocation that is certain to come, or runs. Until it is dropped, the host is not idle.
pub(super) struct Announced(Arc<Records>);

impl Drop for Announced {
    fn drop(&mut self) {
        self.0.announced.fetch_sub(1, Ordering::SeqCst);
        self.0.queues.changes().note();
    }
}

impl Records {
    /// Whoever waits for a change of `queues` sees changes here as well.
    pub(super) fn new(queues: QueueStorage) -> Arc<Self> {
        Arc::new(Self { records: Mutex::default(), announced: AtomicUsize::new(0), queues })
    }

    /// Says that an invocation will come.
    pub(super) fn announce(self: &Arc<Self>) -> Announced {
        self.announced.fetch_add(1, Ordering::SeqCst);
        Announced(self.clone())
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

    /// How many there were, if none of them runs and none is certain to come.
    pub(super) fn count_at_rest(&self) -> Option<usize> {
        let records = self.lock();
        if self.announced.load(Ordering::SeqCst) > 0 {
            return None;
        }
        records.iter().all(|record| record.outcome != InvocationOutcome::Running).then_some(records.len())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<InvocationRecord>> {
        self.records.lock().expect("nobody panics while writing a record")
    }
}
