//! Where events go, and how patiently.

use std::fmt;
use std::time::Duration;

use crate::cloud::Cloud;

/// A subscription whose endpoint is a webhook.
#[derive(Clone)]
pub struct EventSubscription {
    /// Its name, as in `aeg-subscription-name`.
    pub name: String,
    /// Where events are posted; holds the key.
    pub webhook: String,
    /// The form in which they are posted.
    pub schema: DeliverySchema,
}

/// The form of a delivery, `eventDeliverySchema`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliverySchema {
    /// `EventGridSchema`: an array with the event.
    EventGrid,
    /// `CloudEventSchemaV1_0`: the event by itself.
    CloudEvents,
}

impl EventSubscription {
    /// A subscription of that name, in the Event Grid schema.
    pub fn new(name: impl Into<String>, webhook: impl Into<String>) -> Self {
        Self { name: name.into(), webhook: webhook.into(), schema: DeliverySchema::EventGrid }
    }

    /// The same subscription in the schema of `CloudEvents` 1.0.
    #[must_use]
    pub fn cloud_events(self) -> Self {
        Self { schema: DeliverySchema::CloudEvents, ..self }
    }
}

impl fmt::Debug for EventSubscription {
    /// Without the webhook: its query holds a key.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EventSubscription")
            .field("name", &self.name)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// How patiently events are delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct EventGridOptions {
    /// How it introduces itself to webhooks for `CloudEvents`: `eventgrid.azure.net` in the public cloud.
    pub origin: String,
    /// What the waits between attempts and the time to live are multiplied with; 1 is Azure's own pace.
    pub time_scale: f64,
    /// How long an answer is waited for: 30 s. Not scaled, because webhooks do not get quicker.
    pub answer_timeout: Duration,
    /// After that many attempts an event is given up: 30.
    pub max_attempts: u32,
    /// After that time an event is given up: a day.
    pub time_to_live: Duration,
}

impl Default for EventGridOptions {
    fn default() -> Self {
        Self {
            origin: Cloud::public().event_grid_origin().to_owned(),
            time_scale: 1.0,
            answer_timeout: Duration::from_secs(30),
            max_attempts: 30,
            time_to_live: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl EventGridOptions {
    /// A time of the service, scaled.
    pub(super) fn scaled(&self, time: Duration) -> Duration {
        time.mul_f64(self.time_scale)
    }
}
