//! Event Grid and the Functions host together.

use std::time::Duration;

use azure_sandbox::event_grid::{
    DeliveryAnswer, EventGrid, EventGridOptions, EventSubscription, SecretEvent, SecretEventKind,
};
use serde_json::{Value, json};
use time::macros::datetime;

use crate::app::{App, PATIENCE};

fn near_expiry() -> Value {
    SecretEvent {
        kind: SecretEventKind::NearExpiry,
        id: "e1".to_owned(),
        time: datetime!(2026-11-24 09:00 UTC),
        vault_id: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv1".to_owned(),
        vault_name: "kv1".to_owned(),
        secret_name: "storage-key".to_owned(),
        version: "0123".to_owned(),
        version_url: "https://kv1.vault.azure.net/secrets/storage-key/0123".to_owned(),
        not_before: None,
        expires: Some(datetime!(2026-12-24 09:00 UTC)),
    }
    .to_json()
}

#[tokio::test]
async fn an_event_reaches_the_function_as_it_was_published() {
    let app = App::new();
    let host = app.start().await;
    let subscription = EventSubscription::new("rotation", host.event_grid_webhook("OnEvent"));
    let topic = EventGrid::new(vec![subscription], &EventGridOptions::default());
    topic.publish(near_expiry()).await.unwrap();
    topic.wait_until_delivered(PATIENCE).await.unwrap();
    let body: Value = serde_json::from_str(app.recorded()[0]["bodyText"].as_str().unwrap()).unwrap();
    assert_eq!(body["Data"]["event"].to_string(), near_expiry().to_string());
    assert_eq!(app.recorded().len(), 1, "the handshake is not for the handler");
}

#[tokio::test]
async fn a_function_that_is_slower_than_event_grid_s_patience_gets_the_event_twice() {
    let app = App::new();
    app.answers(&json!({ "OnEvent": [{ "delayMilliseconds": 600 }] }));
    let host = app.start().await;
    let subscription = EventSubscription::new("rotation", host.event_grid_webhook("OnEvent"));
    let options = EventGridOptions {
        time_scale: 1e-3,
        answer_timeout: Duration::from_millis(300),
        max_attempts: 2,
        ..EventGridOptions::default()
    };
    let topic = EventGrid::new(vec![subscription], &options);
    topic.publish(near_expiry()).await.unwrap();
    topic.wait_until_delivered(PATIENCE).await.unwrap();
    assert!(topic.deliveries().iter().all(|delivery| delivery.answer == DeliveryAnswer::TimedOut));
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(host.invocations().len(), 2);
}
