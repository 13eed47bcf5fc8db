//! The host's HTTP server: webhooks, admin endpoints, HTTP functions.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::any;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::admin::{self, AdminEndpoint};
use super::http::{self, HttpFunctions};
use super::process::HandlerState;
use super::webhook::{self, Webhook};

/// The host's own limit for what comes in.
const BODY_LIMIT: usize = 104_857_600;

/// Everything that is served.
pub(super) struct Server {
    pub(super) webhook: Webhook,
    pub(super) admin: AdminEndpoint,
    pub(super) http: HttpFunctions,
}

impl Server {
    /// Runs until the host ends.
    pub(super) async fn run(self, listener: TcpListener, mut state: watch::Receiver<HandlerState>) {
        let ended = async move {
            // Also when the sender is gone: then so is the host.
            let _ = state.wait_for(|state| matches!(state, HandlerState::Ended(_))).await;
        };
        // Accepting connections does not fail for good; the server retries by itself.
        let _ = axum::serve(listener, self.router()).with_graceful_shutdown(ended).await;
    }

    fn router(self) -> Router {
        let webhooks = Router::new()
            .route("/runtime/webhooks/{extension}", any(webhook::receive))
            .with_state(Arc::new(self.webhook));
        let admin = Router::new()
            .route("/admin/functions/{name}", any(admin::invoke))
            .with_state(Arc::new(self.admin));
        let functions = Router::new().fallback(http::receive).with_state(Arc::new(self.http));
        webhooks.merge(admin).merge(functions).layer(DefaultBodyLimit::max(BODY_LIMIT))
    }
}
