//! Whatever is sent, no door panics or hangs, and each answer is JSON with something in it.

use std::cell::Cell;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::Config;
use serde_json::{Map, Number, Value, json};
use tokio::runtime::Builder;

use super::nothing;
use crate::handler::{Answer, FUNCTIONS, Invocation, SECRET_NEAR_EXPIRY, rotate, secret_near_expiry};
use crate::rotator::Rotator;

/// Any JSON, with the words that mean something to us more often than chance has them.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("Microsoft.KeyVault.SecretNearExpiry"),
        Just("Secret"),
        Just("kv-ml"),
        Just("storage-key"),
        Just("../x"),
        Just(""),
    ];
    let text = prop_oneof![word.prop_map(str::to_owned), any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 8, |inner| {
        let name = prop_oneof![
            prop::sample::select(vec![
                "id",
                "eventType",
                "type",
                "data",
                "VaultName",
                "ObjectType",
                "ObjectName",
                "vault",
                "secret",
                "askedBy",
            ])
            .prop_map(str::to_owned),
            any::<String>(),
        ];
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::Array),
            btree_map(name, inner, 0..8).prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

/// What the doors are meant for, as it should be or with one value in it replaced by anything.
fn nearly_right() -> impl Strategy<Value = Value> {
    let data = json!({"VaultName": "kv-ml", "ObjectType": "Secret", "ObjectName": "storage-key", "EXP": 1_798_000_000});
    let event_type = "Microsoft.KeyVault.SecretNearExpiry";
    let right = prop::sample::select(vec![
        json!({"id": "e1", "eventType": event_type, "subject": "storage-key", "data": data}),
        json!({"specversion": "1.0", "id": "c1", "type": event_type, "data": data}),
        json!([{"id": "e1", "eventType": event_type, "data": data}, {"id": "e2", "type": event_type, "data": data}]),
        json!({"vault": "kv-ml", "secret": "storage-key", "askedBy": "a test"}),
    ]);
    (right, any::<Index>(), prop::option::of(any_json())).prop_map(|(mut value, at, other)| {
        if let Some(other) = other {
            let pointers = pointers(&value);
            *value.pointer_mut(&pointers[at.index(pointers.len())]).unwrap() = other;
        }
        value
    })
}

/// The JSON pointers to a value and to everything in it.
fn pointers(value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Array(values) => {
            values.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect()
        }
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        _ => Vec::new(),
    };
    let inner = inner
        .iter()
        .flat_map(|(name, value)| pointers(value).into_iter().map(move |rest| format!("/{name}{rest}")));
    std::iter::once(String::new()).chain(inner).collect()
}

/// A value as the host writes it: as it is, as a JSON text, or as a JSON text in a JSON text.
fn encoded() -> impl Strategy<Value = Value> {
    (prop_oneof![1 => any_json(), 2 => nearly_right()], 0..3_u8)
        .prop_map(|(value, layers)| (0..layers).fold(value, |value, _| Value::String(value.to_string())))
}

fn invocation() -> impl Strategy<Value = Vec<u8>> {
    let binding =
        prop_oneof![3 => Just("event".to_owned()), 3 => Just("message".to_owned()), 1 => any::<String>()];
    (btree_map(binding, encoded(), 1..4), any_json())
        .prop_map(|(data, metadata)| json!({"Data": data, "Metadata": metadata}).to_string().into_bytes())
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let cut = (invocation(), any::<Index>()).prop_map(|(body, at)| body[..at.index(body.len())].to_vec());
    let other = any_json().prop_map(|body| body.to_string().into_bytes());
    prop_oneof![4 => invocation(), 1 => cut, 1 => other, 1 => any::<Vec<u8>>()]
}

/// Past the task that would catch a panic, and answer it as a failure.
async fn answer(rotator: &Rotator, function: &str, body: &[u8]) -> Option<Answer> {
    let invocation = Invocation::read(body).ok()?;
    Some(match function {
        SECRET_NEAR_EXPIRY => secret_near_expiry::invoke(rotator, &invocation),
        _ => rotate::invoke(rotator, &invocation).await,
    })
}

fn check(answer: &Answer) {
    let body = answer.body();
    assert!(body.as_object().is_some_and(|answer| !answer.is_empty()));
    let outputs = body["Outputs"].as_object();
    assert_eq!(outputs.is_some(), answer.succeeded());
    for (binding, messages) in outputs.into_iter().flatten() {
        assert!(["rotations", "parked"].contains(&binding.as_str()), "{binding}");
        assert!(messages.as_array().unwrap().iter().all(Value::is_object));
    }
}

fn is_nothing_parked(answer: &Answer) -> bool {
    answer.succeeded() && answer.body()["Outputs"]["parked"].is_null()
}

#[test]
fn no_body_makes_a_door_panic_hang_or_answer_nothing() {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let rotator = Rotator::over(nothing().azure);
    let read = Cell::new(0);
    proptest!(Config { failure_persistence: None, ..Config::with_cases(2_000) }, |(body in body())| {
        for function in FUNCTIONS {
            if let Some(answer) = runtime.block_on(answer(&rotator, function, &body)) {
                check(&answer);
                read.set(read.get() + usize::from(is_nothing_parked(&answer)));
            }
        }
    });
    assert!(read.get() > 200, "only {} were what the doors are meant for", read.get());
}
