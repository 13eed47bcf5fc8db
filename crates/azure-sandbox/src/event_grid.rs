//! Event Grid, as Key Vault's system topic uses it: events that are delivered to webhooks, late, twice, or never.
//!
//! Source: "Event Grid message delivery and retry", "Webhook event delivery" and "Azure Key Vault as Event Grid
//! source" of Microsoft's documentation.

mod cloud_event;
mod delivery;
mod key_vault_event;
mod options;
mod record;
mod retry_schedule;
mod validation;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

pub use self::key_vault_event::{SecretEvent, SecretEventKind};
pub use self::options::{DeliverySchema, EventGridOptions, EventSubscription};
pub use self::record::{DeadLetter, Delivery, DeliveryAnswer};

use self::delivery::Agent;
use self::record::Records;

/// A topic with its subscriptions, and the agent that delivers. Dropping it drops what is not delivered.
pub struct EventGrid {
    agents: Vec<Arc<Agent>>,
    records: Arc<Records>,
    /// Deliveries under way, aborted when the topic is dropped.
    tasks: std::sync::Mutex<JoinSet<()>>,
}

/// Why an event was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventGridError {
    /// The webhook did not prove that it wants events; in Azure the subscription could not be created.
    #[error("the webhook of subscription `{subscription}` did not answer the validation: {reason}")]
    Validation {
        /// The subscription.
        subscription: String,
        /// What it answered, or why it did not.
        reason: String,
    },
    /// There were still events under way.
    #[error("{left} deliveries are still under way after {waited:?}")]
    StillDelivering {
        /// How many.
        left: usize,
        /// How long was waited.
        waited: Duration,
    },
}

impl EventGrid {
    /// A topic that delivers every event to each of `subscriptions`.
    #[must_use]
    pub fn new(subscriptions: Vec<EventSubscription>, options: &EventGridOptions) -> Self {
        let records = Arc::new(Records::default());
        let agent = |subscription| Arc::new(Agent::new(subscription, options.clone(), records.clone()));
        let agents = subscriptions.into_iter().map(agent).collect();
        Self { agents, records, tasks: std::sync::Mutex::default() }
    }

    /// Takes one event in the Event Grid schema, as Key Vault publishes it; it is delivered meanwhile.
    ///
    /// # Errors
    ///
    /// If a webhook fails the handshake before its first event.
    pub async fn publish(&self, event: Value) -> Result<(), EventGridError> {
        self.deliver(event, 1).await
    }

    /// Takes one event and delivers it `copies` times at once: Event Grid promises *at least* once.
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish).
    pub async fn deliver(&self, event: Value, copies: usize) -> Result<(), EventGridError> {
        let topic = event["topic"].as_str().unwrap_or_default();
        for agent in &self.agents {
            agent.validate_once(topic).await?;
        }
        let event = Arc::new(event);
        let mut tasks = self.tasks.lock().expect("nobody panics while starting a delivery");
        while tasks.try_join_next().is_some() {}
        for agent in &self.agents {
            for _ in 0..copies {
                self.records.started();
                tasks.spawn(agent.clone().deliver(event.clone()));
            }
        }
        Ok(())
    }

    /// Every attempt so far, in the order of the answers.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.records.deliveries()
    }

    /// The events that were given up.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.records.dead_letters()
    }

    /// Waits until every event was delivered or given up.
    ///
    /// # Errors
    ///
    /// If that does not happen within `timeout`.
    pub async fn wait_until_delivered(&self, timeout: Duration) -> Result<(), EventGridError> {
        let deadline = Instant::now() + timeout;
        let mut under_way = self.records.under_way();
        let reached = timeout_at(deadline, under_way.wait_for(|count| *count == 0)).await;
        let left = match reached {
            Ok(_) => return Ok(()),
            Err(_) => *self.records.under_way().borrow(),
        };
        Err(EventGridError::StillDelivering { left, waited: timeout })
    }
}
