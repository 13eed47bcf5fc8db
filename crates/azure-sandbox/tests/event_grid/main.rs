//! Event Grid against a webhook that answers as it is told.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod webhook;

use std::time::Duration;

use azure_sandbox::event_grid::{
    DeliveryAnswer, EventGrid, EventGridError, EventGridOptions, EventSubscription,
};
use serde_json::{Value, json};

use crate::webhook::Webhook;

const PATIENCE: Duration = Duration::from_secs(20);

fn event() -> Value {
    json!({ "id": "e1", "topic": "/subscriptions/s", "subject": "s", "eventType": "t", "data": {},
        "dataVersion": "1", "metadataVersion": "1" })
}

/// A day passes in less than a tenth of a second, but an event lives longer than its thirty attempts.
fn topic(webhook: &Webhook) -> EventGrid {
    let options = EventGridOptions {
        time_scale: 1e-6,
        time_to_live: Duration::from_secs(10_000_000),
        ..EventGridOptions::default()
    };
    EventGrid::new(vec![EventSubscription::new("rotation", webhook.url())], &options)
}

#[tokio::test]
async fn an_event_is_delivered_once_the_webhook_has_agreed() {
    let webhook = Webhook::start(&[202]).await;
    let topic = topic(&webhook);
    topic.publish(event()).await.unwrap();
    topic.publish(event()).await.unwrap();
    topic.wait_until_delivered(PATIENCE).await.unwrap();
    let requests = webhook.requests();
    let kinds: Vec<_> = requests.iter().map(|request| request.header("aeg-event-type")).collect();
    assert_eq!(kinds, ["SubscriptionValidation", "Notification", "Notification"], "one handshake");
    let delivery = &requests[1];
    assert_eq!(delivery.body, json!([event()]));
    for (name, value) in [
        ("aeg-subscription-name", "rotation"),
        ("aeg-delivery-count", "0"),
        ("aeg-data-version", "1"),
        ("aeg-metadata-version", "1"),
    ] {
        assert_eq!(delivery.header(name), value, "{name}");
    }
    assert_eq!(topic.deliveries()[0].answer, DeliveryAnswer::Status(202));
}

#[tokio::test]
async fn a_cloud_event_comes_by_itself_after_a_handshake_of_its_own() {
    let webhook = Webhook::start(&[202]).await;
    let subscription = EventSubscription::new("rotation", webhook.url()).cloud_events();
    let topic = EventGrid::new(vec![subscription], &EventGridOptions::default());
    topic.publish(event()).await.unwrap();
    topic.publish(event()).await.unwrap();
    topic.wait_until_delivered(PATIENCE).await.unwrap();
    let requests = webhook.requests();
    assert_eq!(requests.len(), 3, "one handshake");
    assert_eq!(requests[0].header("webhook-request-origin"), "eventgrid.azure.net");
    let delivery = &requests[1];
    assert_eq!(delivery.header("aeg-event-type"), "Notification");
    assert_eq!(delivery.header("content-type"), "application/cloudevents+json; charset=utf-8");
    assert_eq!(
        (&delivery.body["specversion"], &delivery.body["source"]),
        (&json!("1.0"), &json!("/subscriptions/s"))
    );

    let refusing = Webhook::start_refusing().await;
    let subscription = EventSubscription::new("rotation", refusing.url()).cloud_events();
    let options = EventGridOptions { origin: "eventgrid.azure.us".to_owned(), ..EventGridOptions::default() };
    let topic = EventGrid::new(vec![subscription], &options);
    let error = topic.publish(event()).await.unwrap_err();
    assert!(error.to_string().contains("does not allow the origin `eventgrid.azure.us`"), "{error}");
    assert_eq!(refusing.requests().len(), 1);
    assert_eq!(refusing.requests()[0].header("webhook-request-origin"), "eventgrid.azure.us");
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again() {
    let webhook = Webhook::start(&[500, 302, 206, 200]).await;
    let topic = topic(&webhook);
    topic.publish(event()).await.unwrap();
    topic.wait_until_delivered(PATIENCE).await.unwrap();
    let answers: Vec<_> =
        topic.deliveries().iter().map(|delivery| (delivery.attempt, delivery.answer)).collect();
    let expected: Vec<_> = (1..).zip([500, 302, 206, 200].map(DeliveryAnswer::Status)).collect();
    assert_eq!(answers, expected);
    assert_eq!(webhook.requests()[4].header("aeg-delivery-count"), "3");
    assert!(topic.dead_letters().is_empty());
}

#[tokio::test]
async fn an_event_is_given_up_after_thirty_attempts_or_a_refusal() {
    for (status, attempts) in [(500, 30), (400, 1), (413, 1)] {
        let webhook = Webhook::start(&[status]).await;
        let topic = topic(&webhook);
        topic.publish(event()).await.unwrap();
        topic.wait_until_delivered(PATIENCE).await.unwrap();
        let letters = topic.dead_letters();
        assert_eq!((letters.len(), letters[0].attempts), (1, attempts), "{status}");
        assert_eq!(letters[0].event, event());
        assert_eq!(letters[0].last_answer, DeliveryAnswer::Status(status));
    }
}

#[tokio::test]
async fn an_event_is_given_up_when_its_time_is_over() {
    let webhook = Webhook::start(&[404]).await;
    let options = EventGridOptions {
        time_scale: 1e-4,
        time_to_live: Duration::from_secs(500),
        ..EventGridOptions::default()
    };
    let topic = EventGrid::new(vec![EventSubscription::new("rotation", webhook.url())], &options);
    topic.publish(event()).await.unwrap();
    topic.wait_until_delivered(PATIENCE).await.unwrap();
    assert!(topic.dead_letters()[0].attempts < 3, "five minutes at least after a 404");
}

#[tokio::test]
async fn silence_is_waited_for_and_then_the_event_comes_again() {
    let webhook = Webhook::start(&[0, 202]).await;
    let options = EventGridOptions {
        time_scale: 1e-3,
        answer_timeout: Duration::from_millis(200),
        ..EventGridOptions::default()
    };
    let topic = EventGrid::new(vec![EventSubscription::new("rotation", webhook.url())], &options);
    topic.publish(event()).await.unwrap();
    topic.wait_until_delivered(PATIENCE).await.unwrap();
    let answers: Vec<_> = topic.deliveries().iter().map(|delivery| delivery.answer).collect();
    assert_eq!(answers, [DeliveryAnswer::TimedOut, DeliveryAnswer::Status(202)]);
}

#[tokio::test]
async fn copies_arrive_as_often_as_wanted() {
    let webhook = Webhook::start(&[202]).await;
    let topic = topic(&webhook);
    topic.deliver(event(), 2).await.unwrap();
    topic.wait_until_delivered(PATIENCE).await.unwrap();
    assert_eq!(webhook.requests().len(), 3);
}

#[tokio::test]
async fn a_webhook_that_fails_the_handshake_gets_nothing() {
    let webhook = Webhook::start_refusing().await;
    let topic = topic(&webhook);
    let error = topic.publish(event()).await.unwrap_err();
    assert!(matches!(error, EventGridError::Validation { .. }));
    assert_eq!(webhook.requests().len(), 1);
    assert!(!error.to_string().contains("KEY"), "{error}");

    drop(webhook);
    let nobody = EventGrid::new(
        vec![EventSubscription::new("a", "http://127.0.0.1:1/?code=KEY")],
        &EventGridOptions::default(),
    );
    let error = nobody.publish(event()).await.unwrap_err();
    assert!(!error.to_string().contains("KEY"), "{error}");
}
