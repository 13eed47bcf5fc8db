//! A night on which everything comes near its expiry at once: an event for each version of each secret, delivered three times
//! and out of order, over four instances of the app that share a queue and the leases. Resource Manager has its token buckets.
//!
//! `BURST=whole cargo test --test it burst:: -- --nocapture` is the whole of it, 1,000 events for 200 accounts in 20
//! subscriptions, and prints what it took. A message that failed is to be seen again after 5 s, and not after the two minutes
//! of `host.json`.

mod figures;
mod place;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aml_key_rotator::local_app::LocalApp;
use azure_sandbox::event_grid::{EventGrid, EventGridOptions, EventSubscription, SecretEventKind};
use azure_sandbox::functions_host::{FunctionsHost, FunctionsHostOptions, InvocationOutcome, QueueStorage};
use azure_sandbox::{HeldKey, KeyName, Sandbox, SandboxOptions};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use self::figures::Figures;
use self::place::{Account, furnish, settings};
use crate::traffic::recording;

const INSTANCES: usize = 4;
/// Event Grid promises at least one delivery of each.
const COPIES: usize = 3;
/// In which order they come.
const SEED: u64 = 20_261_128;
/// Longer than it takes; what is not done by then has got stuck.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// How much of it.
#[derive(Debug, Clone, Copy)]
struct Size {
    subscriptions: usize,
    accounts_of_one: usize,
}

impl Size {
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the product does not have")]
    fn wanted() -> Self {
        if std::env::var("BURST").is_ok_and(|size| size == "whole") {
            Self { subscriptions: 20, accounts_of_one: 10 }
        } else {
            Self { subscriptions: 4, accounts_of_one: 3 }
        }
    }
}

#[tokio::test]
async fn a_burst_of_events_over_four_instances_rotates_every_account_once() {
    let size = Size::wanted();
    let options = SandboxOptions { throttles: true, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let accounts = furnish(sandbox.world(), size);
    let (no_leaks, traffic) = (sandbox.world().must_not_leak(), recording(&sandbox));
    let app = LocalApp::lay_out(env!("CARGO_BIN_EXE_aml-key-rotator").as_ref()).unwrap();
    let options = FunctionsHostOptions {
        environment: settings(&sandbox, &accounts),
        queues: QueueStorage::new(),
        witness: Some(Arc::new(sandbox.world().clone())),
        // Azure's two minutes are long for a test, and what comes back early only finds the buckets emptier.
        visibility_timeout: Some(Duration::from_secs(5)),
        ..FunctionsHostOptions::new(app.root())
    };
    let mut hosts = Vec::new();
    for _ in 0..INSTANCES {
        hosts.push(FunctionsHost::start(options.clone()).await.unwrap());
    }

    let started = Instant::now();
    deliver(&sandbox, &accounts, &hosts).await;
    let taken = started.elapsed();
    for host in &hosts {
        host.wait_until_idle(LONGEST).await.unwrap();
    }
    let figures = Figures::of(&sandbox, &hosts, taken, started.elapsed());
    println!("{size:?}, seed {SEED}\n{figures}");

    let world = sandbox.world();
    for Account { name, vault, secret, versions } in &accounts {
        let regenerations = [KeyName::Key1, KeyName::Key2].map(|key| world.regenerations(name, key));
        assert_eq!(regenerations, [0, 1], "{name}");
        assert_eq!(world.secret(vault, secret).unwrap().versions, versions.len() + 1, "{name}");
        let behind =
            world.dependents_of(name).into_iter().filter(|dependent| dependent.held != HeldKey::Key2);
        assert_eq!(behind.map(|behind| behind.dependent).collect::<Vec<_>>(), [], "{name}");
    }
    assert_eq!(world.violations(), []);
    for queue in ["rotations", "rotations-poison", "parked"] {
        assert!(options.queues.messages(queue).is_empty(), "{queue}");
    }
    let failed = hosts.iter().flat_map(FunctionsHost::invocations).filter(|each| each.function != "Rotate");
    assert!(failed.into_iter().all(|each| each.outcome == InvocationOutcome::Succeeded));
    drop((hosts, no_leaks, traffic));
}

/// Has every copy of every event delivered, each to one of the instances, and waits until all were taken.
async fn deliver(sandbox: &Sandbox, accounts: &[Account], hosts: &[FunctionsHost]) {
    let topics: Vec<EventGrid> = hosts
        .iter()
        .map(|host| {
            let subscription =
                EventSubscription::new("near-expiry", host.event_grid_webhook("SecretNearExpiry"));
            EventGrid::new(vec![subscription], &EventGridOptions::default())
        })
        .collect();
    let mut deliveries = Vec::new();
    for Account { vault, secret, versions, .. } in accounts {
        let current = sandbox.world().secret(vault, secret).unwrap();
        for version in versions {
            let mut event = current.event(SecretEventKind::NearExpiry);
            event.version_url = event.version_url.replace(&event.version, version);
            event.version.clone_from(version);
            deliveries.extend(std::iter::repeat_n(event.to_json(), COPIES));
        }
    }
    deliveries.shuffle(&mut StdRng::seed_from_u64(SEED));
    for (event, topic) in deliveries.into_iter().zip(topics.iter().cycle()) {
        topic.publish(event).await.unwrap();
    }
    for topic in &topics {
        topic.wait_until_delivered(LONGEST).await.unwrap();
        assert_eq!(topic.dead_letters().len(), 0);
    }
}
