//! Tasks that go on by themselves, until the host that started them is gone.

use std::sync::{Mutex, MutexGuard};

use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Tasks may hold what holds this, so it has to be closed: dropping alone would never come to pass.
pub(super) struct Background(Mutex<Option<JoinSet<()>>>);

impl Background {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Some(JoinSet::new())))
    }

    /// Starts a task. Its output is there for whoever still wants it; the receiver fails if the host went first.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (sender, receiver) = oneshot::channel();
        if let Some(tasks) = &mut *self.lock() {
            while tasks.try_join_next().is_some() {}
            tasks.spawn(async move {
                // Nobody has to wait for it.
                let _ = sender.send(task.await);
            });
        }
        receiver
    }

    /// Aborts every task, and starts none from now on.
    pub(super) fn close(&self) {
        drop(self.lock().take());
    }

    /// Closes it, and waits until nothing that was started here does anything any more.
    pub(super) async fn shut_down(&self) {
        let tasks = self.lock().take();
        if let Some(mut tasks) = tasks {
            tasks.shutdown().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<JoinSet<()>>> {
        self.0.lock().expect("nobody panics while starting a task")
    }
}
