//! The handshake before the first event: does the webhook want events at all?
//!
//! Source: "Webhook event delivery": the synchronous handshake of the Event Grid schema (the asynchronous one, by
//! `validationUrl`, is not offered here); and "HTTP 1.1 Web Hooks for Event Delivery" of `CloudEvents`.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::key_vault_event::event_time;
use super::options::{DeliverySchema, EventGridOptions, EventSubscription};

/// Asks in the way of the subscription's schema.
pub(super) async fn validate(
    http: &reqwest::Client,
    subscription: &EventSubscription,
    topic: &str,
    options: &EventGridOptions,
) -> Result<(), String> {
    let timeout = options.answer_timeout;
    match subscription.schema {
        DeliverySchema::EventGrid => exchange_code(http, subscription, topic, timeout).await,
        DeliverySchema::CloudEvents => ask_for_permission(http, subscription, &options.origin, timeout).await,
    }
}

/// Asks whether events from here are wanted.
async fn ask_for_permission(
    http: &reqwest::Client,
    subscription: &EventSubscription,
    origin: &str,
    timeout: Duration,
) -> Result<(), String> {
    let request = http
        .request(reqwest::Method::OPTIONS, &subscription.webhook)
        .header("webhook-request-origin", origin)
        .timeout(timeout);
    // Errors of the client name the URL, and the URL holds a key.
    let response = request.send().await.map_err(|error| error.without_url().to_string())?;
    let status = response.status();
    if status != reqwest::StatusCode::OK {
        return Err(format!("it answered {status}"));
    }
    let allowed =
        response.headers().get("webhook-allowed-origin").map(reqwest::header::HeaderValue::as_bytes);
    if allowed.is_some_and(|allowed| allowed == origin.as_bytes() || allowed == b"*") {
        return Ok(());
    }
    Err(format!("it does not allow the origin `{origin}`"))
}

/// Sends a code, and expects it back.
async fn exchange_code(
    http: &reqwest::Client,
    subscription: &EventSubscription,
    topic: &str,
    timeout: Duration,
) -> Result<(), String> {
    let code = Uuid::new_v4().to_string();
    let events = json!([{
        "id": Uuid::new_v4().to_string(),
        "topic": topic,
        "subject": "",
        "data": { "validationCode": code },
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": event_time(crate::clock::now()),
        "metadataVersion": "1",
        "dataVersion": "2",
    }]);
    let request = http
        .post(&subscription.webhook)
        .header("aeg-event-type", "SubscriptionValidation")
        .header("aeg-subscription-name", &subscription.name)
        .timeout(timeout)
        .json(&events);
    // Errors of the client name the URL, and the URL holds a key.
    let response = request.send().await.map_err(|error| error.without_url().to_string())?;
    let status = response.status();
    if status != reqwest::StatusCode::OK {
        return Err(format!("it answered {status}"));
    }
    let answer: Value = response.json().await.map_err(|error| error.without_url().to_string())?;
    if answer["validationResponse"] == code.as_str() {
        return Ok(());
    }
    Err("it did not send the code back".to_owned())
}
