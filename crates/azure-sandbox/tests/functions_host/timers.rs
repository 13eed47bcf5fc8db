//! Timers: by the clock, on demand, at the start, and late.

use std::time::Duration;

use azure_sandbox::functions_host::{FunctionsHost, HostError, InvocationOutcome};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration as Span, OffsetDateTime};

use crate::app::{App, PATIENCE, eventually};

const NEVER: &str = "0001-01-01T00:00:00+00:00";

/// The recorded app with another timer.
fn app(timer: &Value) -> App {
    let app = App::new();
    let mut binding =
        json!({ "type": "timerTrigger", "name": "timer", "direction": "in", "schedule": "0 0 3 * * *" });
    for (name, value) in timer.as_object().unwrap() {
        binding[name] = value.clone();
    }
    app.function("Tick", &json!({ "bindings": [binding] }));
    app
}

fn timer(body: &Value) -> &Value {
    &body["Data"]["timer"]
}

fn time_of(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().unwrap(), &Rfc3339).unwrap()
}

fn next_three_o_clock(after: OffsetDateTime) -> OffsetDateTime {
    let today = after.replace_time(time::macros::time!(3:00));
    if today > after { today } else { today + Span::DAY }
}

#[tokio::test]
async fn a_timer_fires_by_the_clock() {
    let app = app(&json!({ "schedule": "* * * * * *" }));
    let host = app.start().await;
    eventually("two invocations", || app.recorded().len() >= 2).await;
    let body = &app.bodies()[0];
    // Below a minute the host keeps no status.
    let expected =
        json!({ "Schedule": { "AdjustForDST": true }, "ScheduleStatus": null, "IsPastDue": false });
    assert_eq!(timer(body), &expected);
    assert_eq!(body["Metadata"].as_object().unwrap().keys().collect::<Vec<_>>(), ["sys"]);
    assert!(
        host.log()
            .iter()
            .any(|line| { line.text.starts_with("Executing 'Functions.Tick' (Reason='Timer fired at ") })
    );
}

#[tokio::test]
async fn a_timer_is_fired_on_demand_as_if_its_time_had_come() {
    let app = app(&json!({}));
    let host = app.start().await;
    host.fire_timer("Tick").await.unwrap();
    assert_eq!(host.invocations()[0].outcome, InvocationOutcome::Succeeded, "it is waited for");
    host.fire_timer("Tick").await.unwrap();
    let bodies = app.bodies();
    let (first, second) = (timer(&bodies[0]), timer(&bodies[1]));
    let started = [host.invocations()[0].started, host.invocations()[1].started];

    assert_eq!((&first["IsPastDue"], &second["IsPastDue"]), (&json!(false), &json!(false)));
    let status = &first["ScheduleStatus"];
    assert_eq!((&status["Last"], &status["LastUpdated"]), (&json!(NEVER), &json!(NEVER)));
    let next = time_of(&status["Next"]);
    assert!(next <= started[0] && started[0] - next < PATIENCE, "its time had just come: {status}");

    // A day is over between the two, and the first run moved back with it.
    let status = &second["ScheduleStatus"];
    let last = time_of(&status["Last"]);
    assert_eq!(last, time_of(&status["LastUpdated"]));
    assert!(time_of(&status["Next"]) <= started[1]);
    let day = next_three_o_clock(started[0]) - started[0];
    let aged = time_of(&status["Next"]) - last;
    assert!((day - aged).unsigned_abs() < PATIENCE, "{day} and {aged}");
}

#[tokio::test]
async fn an_unknown_or_disabled_timer_cannot_be_fired() {
    let app = app(&json!({}));
    let host = app.start().await;
    assert!(matches!(host.fire_timer("OnMsg").await, Err(HostError::NoTimer { .. })));
    let mut options = app.options();
    options.environment.insert("AzureWebJobs.Tick.Disabled".to_owned(), "true".to_owned());
    let host = FunctionsHost::start(options).await.unwrap();
    assert!(matches!(host.fire_timer("Tick").await, Err(HostError::NoTimer { .. })));
}

#[tokio::test]
async fn run_on_startup_fires_at_once_and_is_no_time_of_the_schedule() {
    let app = app(&json!({ "runOnStartup": true }));
    let host = app.start().await;
    host.wait_until_idle(PATIENCE).await.unwrap();
    let bodies = app.bodies();
    assert_eq!(bodies.len(), 1, "it is idle after it only");
    assert_eq!(timer(&bodies[0])["IsPastDue"], false);
    let next = time_of(&timer(&bodies[0])["ScheduleStatus"]["Next"]);
    assert!(next > host.invocations()[0].started);
    let details = "Trigger Details: UnscheduledInvocationReason: RunOnStartup";
    assert!(host.log().iter().any(|line| line.text == details));
}

#[tokio::test]
async fn a_timer_whose_time_passed_without_a_host_is_past_due() {
    let app = app(&json!({}));
    let options = app.options();
    FunctionsHost::start(options.clone()).await.unwrap().stop().await;
    assert!(app.recorded().is_empty());
    options.timers.age(Span::hours(30));
    let host = FunctionsHost::start(options).await.unwrap();
    host.wait_until_idle(PATIENCE).await.unwrap();
    let bodies = app.bodies();
    assert_eq!(bodies.len(), 1);
    assert_eq!(timer(&bodies[0])["IsPastDue"], true);
    assert_eq!(timer(&bodies[0])["ScheduleStatus"]["Last"], NEVER);
    assert!(time_of(&timer(&bodies[0])["ScheduleStatus"]["Next"]) < host.invocations()[0].started);
    assert!(host.log().iter().any(|line| {
        line.text.starts_with("Trigger Details: UnscheduledInvocationReason: IsPastDue, OriginalSchedule: ")
    }));
}

#[tokio::test]
async fn a_timer_without_monitor_has_no_status_and_is_never_past_due() {
    let app = app(&json!({ "useMonitor": false }));
    let options = app.options();
    let host = FunctionsHost::start(options.clone()).await.unwrap();
    host.fire_timer("Tick").await.unwrap();
    host.stop().await;
    options.timers.age(Span::days(2));
    let host = FunctionsHost::start(options).await.unwrap();
    host.wait_until_idle(PATIENCE).await.unwrap();
    assert_eq!(app.bodies().len(), 1);
    assert_eq!(timer(&app.bodies()[0])["ScheduleStatus"], Value::Null);
}

#[tokio::test]
async fn a_timer_that_fails_fires_again() {
    let app = app(&json!({}));
    app.answers(&json!({ "Tick": [{ "status": 500 }] }));
    let host = app.start().await;
    host.fire_timer("Tick").await.unwrap();
    host.fire_timer("Tick").await.unwrap();
    assert_eq!(host.invocations().len(), 2);
    assert!(host.invocations().iter().all(|record| matches!(record.outcome, InvocationOutcome::Failed(_))));
}

#[tokio::test]
async fn outputs_of_a_timer_are_written() {
    let app = App::new();
    app.answers(&json!({ "Tick": [{ "body": r#"{"Outputs":{"work":[{"a":1}]}}"# }] }));
    let host = app.start().await;
    host.fire_timer("Tick").await.unwrap();
    assert_eq!(host.queue_messages("swept")[0].text().unwrap(), "{\n  \"a\": 1\n}");
}

#[tokio::test]
async fn a_schedule_that_this_host_does_not_know_is_refused() {
    for schedule in ["0 0 3 * *", "00:05:00", "%MISSING%"] {
        let refusal = FunctionsHost::start(app(&json!({ "schedule": schedule })).options()).await;
        assert!(matches!(refusal.err(), Some(HostError::FunctionJson { .. })), "{schedule}");
    }
}

#[tokio::test]
async fn nobody_fires_a_timer_of_a_host_that_has_ended() {
    let app = app(&json!({}));
    let mut options = app.options();
    options.function_timeout = Some(Duration::from_secs(60));
    let host = FunctionsHost::start(options).await.unwrap();
    for _ in 0..3 {
        host.wait_until_ready().await.unwrap();
        let before = host.handler_process_id();
        host.kill_handler().await;
        eventually("another", || host.has_ended().is_some() || host.handler_process_id() != before).await;
    }
    eventually("the end", || host.has_ended().is_some()).await;
    assert!(matches!(host.fire_timer("Tick").await, Err(HostError::Ended { .. })));
}
