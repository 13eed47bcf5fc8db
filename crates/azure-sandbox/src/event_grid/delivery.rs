//! Delivers events to one subscription until they are taken or given up.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

use super::EventGridError;
use super::cloud_event::cloud_event;
use super::options::{DeliverySchema, EventGridOptions, EventSubscription};
use super::record::{DeadLetter, Delivery, DeliveryAnswer, Records};
use super::retry_schedule::{Next, next};
use super::validation::validate;

/// The one that delivers to a subscription.
pub(super) struct Agent {
    subscription: EventSubscription,
    options: EventGridOptions,
    records: Arc<Records>,
    http: reqwest::Client,
    validated: OnceCell<()>,
}

impl Agent {
    pub(super) fn new(
        subscription: EventSubscription,
        options: EventGridOptions,
        records: Arc<Records>,
    ) -> Self {
        // Webhooks of the sandbox are on loopback, and a redirection is no success.
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client without a proxy and without certificates of its own can be built");
        Self { subscription, options, records, http, validated: OnceCell::new() }
    }

    pub(super) async fn validate_once(&self, topic: &str) -> Result<(), EventGridError> {
        let options = &self.options;
        let handshake = || async {
            validate(&self.http, &self.subscription, topic, options).await.map_err(|reason| {
                EventGridError::Validation { subscription: self.subscription.name.clone(), reason }
            })
        };
        self.validated.get_or_try_init(handshake).await.copied()
    }

    pub(super) async fn deliver(self: Arc<Self>, event: Arc<Value>) {
        let started = Instant::now();
        let mut attempt = 1;
        loop {
            let answer = self.attempt(&event, attempt).await;
            match next(attempt, answer.status()) {
                Next::Delivered => break,
                Next::RetryAfter(wait) if attempt < self.options.max_attempts => {
                    let wait = self.options.scaled(wait);
                    if started.elapsed() + wait > self.options.scaled(self.options.time_to_live) {
                        self.give_up(&event, attempt, answer);
                        break;
                    }
                    sleep(wait).await;
                    attempt += 1;
                }
                Next::RetryAfter(_) | Next::DeadLetter => {
                    self.give_up(&event, attempt, answer);
                    break;
                }
            }
        }
        self.records.ended();
    }

    async fn attempt(&self, event: &Value, attempt: u32) -> DeliveryAnswer {
        let sent = crate::clock::now();
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let request = self
            .http
            .post(&self.subscription.webhook)
            .header("aeg-event-type", "Notification")
            .header("aeg-subscription-name", &self.subscription.name)
            // The attempts so far: the first delivery says 0.
            .header("aeg-delivery-count", attempt - 1)
            .timeout(self.options.answer_timeout);
        let request = match self.subscription.schema {
            DeliverySchema::EventGrid => request
                .header("aeg-data-version", text("dataVersion"))
                .header("aeg-metadata-version", text("metadataVersion"))
                .json(&[event]),
            DeliverySchema::CloudEvents => request
                .header("content-type", "application/cloudevents+json; charset=utf-8")
                .body(cloud_event(event).to_string()),
        };
        let response = request.send().await;
        let answer = match response {
            Ok(response) => DeliveryAnswer::Status(response.status().as_u16()),
            Err(error) if error.is_timeout() => DeliveryAnswer::TimedOut,
            Err(_) => DeliveryAnswer::Unreachable,
        };
        self.records.add_delivery(Delivery {
            subscription: self.subscription.name.clone(),
            event_id: text("id"),
            attempt,
            sent,
            answer,
        });
        answer
    }

    fn give_up(&self, event: &Value, attempts: u32, last_answer: DeliveryAnswer) {
        self.records.add_dead_letter(DeadLetter {
            subscription: self.subscription.name.clone(),
            event: event.clone(),
            attempts,
            last_answer,
        });
    }
}
