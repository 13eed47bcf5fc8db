//! How a host ends: in order, by SIGKILL with its handler, or by SIGKILL alone.

use tokio::sync::oneshot;

use super::FunctionsHost;
use super::orphan::OrphanedHandler;
use super::process::{HandlerState, Request};

impl FunctionsHost {
    /// Ends the host in order, as SIGINT does: its listeners take nothing more, queue and timer invocations that run
    /// are waited for and their outcome counts, then the handler gets SIGKILL, without SIGTERM before it.
    ///
    /// Calls of the webhook, of admin endpoints and of HTTP functions that are under way are cut off then; what the
    /// real host does with them was not seen. How long invocations are waited for is the platform's business (an hour
    /// at scale-in on Flex, ten minutes at an update), and unlimited here.
    pub async fn stop(mut self) {
        self.listens.send_replace(false);
        while self.listeners.join_next().await.is_some() {}
        self.end_with_handler("stopped").await;
    }

    /// Ends the host and its handler at once: SIGKILL to both. What is on the queues stays there, and what ran stays
    /// hidden for as long as it was.
    pub async fn kill(mut self) {
        self.listeners.shutdown().await;
        self.end_with_handler("killed").await;
    }

    /// Ends the host alone, as SIGKILL to its process does: the handler lives on as an orphan, and what it writes
    /// from now on reaches nobody (its pipes are closed). What is on the queues stays there, and what ran stays
    /// hidden until its time is over, when another host on the same [`QueueStorage`](super::QueueStorage) gets it.
    ///
    /// `None` if there is no handler.
    pub async fn abandon(mut self) -> Option<OrphanedHandler> {
        self.listeners.shutdown().await;
        self.invoker.background.shut_down().await;
        let (sender, handler) = oneshot::channel();
        // A supervisor that is gone left no handler behind.
        let asked = self.requests.send(Request::HandOver(sender)).await.is_ok();
        let handler = if asked { handler.await.ok().flatten() } else { None };
        self.end.send_replace(HandlerState::Ended("abandoned".to_owned()));
        self.tasks.shutdown().await;
        handler.map(|child| OrphanedHandler::new(child, self.view.clone(), self.folders.clone()))
    }

    async fn end_with_handler(&mut self, reason: &str) {
        self.invoker.background.shut_down().await;
        let (sender, stopped) = oneshot::channel();
        if self.requests.send(Request::Stop(sender)).await.is_ok() {
            // If the supervisor goes without an answer, the handler is gone as well.
            let _ = stopped.await;
        }
        self.end.send_replace(HandlerState::Ended(reason.to_owned()));
        self.tasks.shutdown().await;
    }
}

impl Drop for FunctionsHost {
    /// SIGKILL to the host and its handler; no process is left behind.
    fn drop(&mut self) {
        self.listeners.abort_all();
        self.invoker.background.close();
        self.end.send_replace(HandlerState::Ended("killed".to_owned()));
        self.tasks.abort_all();
        if let Err(error) = self.show_files() {
            tracing::error!(%error, "failed to look at the files that the handler left");
        }
    }
}
