//! What counts as a failure, and what becomes of the message.

use azure_sandbox::functions_host::{InvocationOutcome, LogLevel};
use serde_json::{Value, json};

use crate::app::{App, PATIENCE};

fn outputs() -> String {
    json!({ "Outputs": { "parked": ["x"] }, "Logs": ["thrown away"] }).to_string()
}

#[tokio::test]
async fn a_message_that_fails_comes_back_and_ends_as_poison() {
    let answers = [
        json!({ "status": 500, "body": outputs() }),
        json!({ "status": 404, "body": outputs() }),
        json!({ "contentType": "text/plain", "body": outputs() }),
        json!({ "contentType": "application/problem+json", "body": outputs() }),
        json!({ "contentType": false, "body": outputs() }),
        json!({ "body": "{broken" }),
        json!({ "body": "[]" }),
        json!({ "body": r#"{"Outputs":{"parked":["x"]},"Logs":[{}]}"# }),
        json!({ "body": r#"{"Outputs":{"parked":"2026-11-24T09:00:00Z"}}"# }),
        json!({ "drop": true }),
    ];
    let app = App::new();
    let host = app.start().await;
    for (case, answer) in answers.iter().enumerate() {
        app.answers(&json!({ "OnMsg": [answer] }));
        let text = format!("{{\"case\":  {case}}}");
        host.enqueue("work", &text);
        host.wait_until_idle(PATIENCE).await.unwrap();

        let poison = host.queue_messages("work-poison");
        assert_eq!(poison.len(), case + 1, "{answer}");
        assert_eq!(poison[case].text().unwrap(), text, "the text is unchanged");
        assert_eq!(poison[case].dequeue_count, 0);
        assert_eq!(host.invocations().len(), 2 * (case + 1), "maxDequeueCount is 2: {answer}");
    }
    assert!(host.invocations().iter().all(|record| matches!(record.outcome, InvocationOutcome::Failed(_))));
    assert!(host.queue_messages("parked").is_empty(), "outputs of a failure are thrown away");
    let log = host.log();
    assert!(log.iter().all(|line| line.category != "Function.OnMsg.User"), "and so are its logs");
    let moved = "Message has reached MaxDequeueCount of 2. Moving message to queue 'work-poison'.";
    assert_eq!(log.iter().filter(|line| line.text == moved).count(), answers.len());
    assert!(log.iter().any(|line| {
        line.level == LogLevel::Error
            && line
                .text
                .contains("Response status code does not indicate success: 500 (Internal Server Error).")
    }));
}

#[tokio::test]
async fn a_message_that_fails_once_is_done_the_second_time() {
    let app = App::new();
    app.answers(&json!({ "OnMsg": [{ "status": 500 }, {}] }));
    let host = app.start().await;
    host.enqueue("work", "m");
    host.wait_until_idle(PATIENCE).await.unwrap();

    let counts: Vec<_> = app
        .recorded()
        .iter()
        .map(|request| {
            let body: Value = serde_json::from_str(request["bodyText"].as_str().unwrap()).unwrap();
            body["Metadata"]["DequeueCount"].clone()
        })
        .collect();
    assert_eq!(counts, ["1", "2"]);
    assert!(host.queue_messages("work-poison").is_empty());
    assert_eq!(host.invocations()[1].outcome, InvocationOutcome::Succeeded);
}

#[tokio::test]
async fn a_message_that_is_not_base64_never_reaches_the_handler() {
    let app = App::new();
    let host = app.start().await;
    host.queues().put_encoded("work", "not base64!".to_owned());
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert!(app.recorded().is_empty());
    assert_eq!(host.queue_messages("work-poison")[0].encoded, "not base64!");
    let InvocationOutcome::Failed(reason) = &host.invocations()[0].outcome else { panic!("no failure") };
    assert!(reason.contains("not a valid Base-64 string"), "{reason}");
}

#[tokio::test]
async fn a_redirection_counts_as_what_it_leads_to() {
    let app = App::new();
    app.answers(&json!({ "OnMsg": [{ "status": 302, "location": "/elsewhere" }] }));
    let host = app.start().await;
    host.enqueue("work", "m");
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert!(host.log().iter().any(|line| line.category == "Function.OnMsg.User" && line.text == "got"));
}
