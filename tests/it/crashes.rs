//! The process is killed, for real and at once, before and after every call of a rotation, and the message is delivered
//! again as the host does it: the rotation comes to its end, and the key is regenerated once.
//!
//! A call is named by its operation and by how many of those came before it, because calls that are under way together
//! change places from run to run. Calls for tokens are left out: they change nothing, and two calls that have one
//! between them are killed between all the same.

mod holders;
mod host;
mod kill_point;
mod redelivery;

use std::time::{Duration, Instant};

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{AddedFault, Fault, HeldCall, KeyName};
use futures::{StreamExt, stream};
use tokio::time::timeout;

use self::kill_point::{KillPoint, kill_points};
use self::redelivery::deliver_again;
use crate::stage::{ACCOUNT, HOST_STORAGE, Stage};

/// Set, the process is killed before and after every call, not only where that changed something.
const EVERY_CRASH: &str = "EVERY_CRASH";
/// Of the calls that change nothing, the first of so many is killed at.
const READS: usize = 10;
/// Stages that are played at the same time: the host and its handler wait for each other most of the time.
const AT_ONCE: usize = 4;
/// Longer than anything takes; a test that reaches it has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the message may have to be delivered again.
const REDELIVERIES: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_is_killed_at_any_call_leaves_a_rotation_that_is_taken_up_and_done_once() {
    let started = Instant::now();
    let all = kill_points(&undisturbed().await);
    let wanted: Vec<KillPoint> =
        if is_every_crash_wanted() { all } else { all.into_iter().filter(KillPoint::is_telling).collect() };
    let mut survivals = stream::iter(&wanted)
        .map(|point| {
            let survival = tokio::spawn(survive(point.clone()));
            async move { (point, survival.await) }
        })
        .buffered(AT_ONCE);
    let mut wrong = Vec::new();
    while let Some((point, survival)) = survivals.next().await {
        match survival {
            Ok(redeliveries) => println!("killed {point}: done after {redeliveries} redeliveries"),
            Err(panic) => {
                println!("killed {point}: {panic}");
                wrong.push(point.to_string());
            }
        }
    }
    println!("killed {} times in {} s", wanted.len(), started.elapsed().as_secs());
    assert!(wrong.is_empty(), "not taken up, or not done once, when killed {wrong:#?}");
}

#[expect(clippy::disallowed_methods, reason = "a switch of this test, which the product does not have")]
fn is_every_crash_wanted() -> bool {
    std::env::var_os(EVERY_CRASH).is_some()
}

/// A rotation to which nothing happens, whose calls are those to be killed at.
async fn undisturbed() -> Stage {
    let stage = Stage::start_with_own_visibility(holders::furnish).await;
    stage.near_expiry().await;
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);
    assert_rotated_once(&stage);
    stage
}

/// The handler is killed there, and the host, which has started another, delivers the message again; how often.
async fn survive(point: KillPoint) -> usize {
    let Halted { stage, fault, call } = halt(point.fault()).await;
    assert_eq!(call.operation(), point.operation());
    kill_handler(&stage).await;
    drop(call);
    assert_eq!(fault.remove(), 1);
    let redeliveries = deliver_again(&stage).await;
    assert!((1..=REDELIVERIES).contains(&redeliveries), "{redeliveries}:\n{}", stage.masked_log());
    assert_rotated_once(&stage);
    redeliveries
}

/// A rotation that is in the middle of a call.
struct Halted {
    stage: Stage,
    fault: AddedFault,
    call: HeldCall,
}

/// Begins a rotation, and waits until the call is held that `fault` is about.
async fn halt(fault: Fault) -> Halted {
    let stage = Stage::start_with_own_visibility(holders::furnish).await;
    let fault = stage.sandbox.faults().add(fault);
    stage.announce(&stage.secret()).await;
    let call = timeout(PATIENCE, fault.held()).await;
    let call = call.unwrap_or_else(|_| panic!("that call never came:\n{}", stage.masked_log()));
    Halted { stage, fault, call }
}

/// SIGKILL, and nothing of the process is left when this returns.
async fn kill_handler(stage: &Stage) {
    let killed = stage.host.handler_process_id();
    assert!(killed.is_some());
    stage.host.kill_handler().await;
    stage.until("the end of the handler", |stage| stage.host.handler_process_id() != killed).await;
}

/// That one whole rotation has been done, whoever did which part of it.
#[track_caller]
fn assert_rotated_once(stage: &Stage) {
    let world = stage.world();
    let regenerated = KeyName::BOTH.map(|key| world.regenerations(ACCOUNT, key));
    assert_eq!((regenerated, stage.secret().versions), ([0, 1], 2), "{}", stage.masked_log());
    holders::assert_all_moved(world);
    let secret = stage.secret();
    let days = secret.expires.map(|expires| (expires - secret.created).whole_days());
    assert!(matches!(days, Some(89 | 90)), "{days:?}");
    assert_eq!(secret.content_type.as_deref(), Some("application/x-key"));
    let tags = ["CredentialId", "ProviderAddress", "ValidityPeriodDays", "cost-centre"];
    let tags = tags.map(|name| secret.tags.get(name).map(String::as_str));
    assert_eq!(tags, [Some("key2"), Some(stage.place.account_id.as_str()), Some("90"), Some("4711")]);
    assert!(!world.is_leased(HOST_STORAGE, "aml-key-rotator-leases", ACCOUNT));
    assert!(stage.host.queue_messages("parked").is_empty());
    stage.check();
}
