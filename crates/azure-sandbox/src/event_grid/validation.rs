//! The handshake before the first event: does the webhook want events at all?
//!
//! Source: "Webhook event delivery": the synchronous handshake of the Event Grid schema. The asynchronous one, by
//! `validationUrl`, is not offered here.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::key_vault_event::event_time;
use super::options::EventSubscription;

/// Sends a code, and expects it back.
pub(super) async fn validate(
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
