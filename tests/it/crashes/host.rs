//! The host is killed, alone or with its handler, and the next one gets the message: what an orphan was doing goes on.

use azure_sandbox::Fault;
use azure_sandbox::functions_host::InvocationOutcome;

use super::redelivery::RUNNING_VISIBILITY;
use super::{Halted, assert_rotated_once, halt};
use crate::stage::{ACCOUNT, HOST_STORAGE, Stage};

const WAITS: &str = "another run has the lease of storage account `stml`: waiting for it";

/// Who comes to the end of its part first.
#[derive(Clone, Copy)]
enum Order {
    /// The orphan is done when the next host gets the message.
    OrphanFirst,
    /// The orphan is in the middle of a call while the next handler waits for its lease.
    NextWaits,
}

/// Moments at which the host dies: the handler is in the middle of this call.
fn moments() -> [(&'static str, Fault); 5] {
    let regenerate = || Fault::on("StorageAccounts_RegenerateKey").times(1);
    [
        ("before the regenerate", regenerate().hold()),
        ("after the regenerate", regenerate().after().hold()),
        ("before the publish", Fault::on("SetSecret").times(1).hold()),
        ("after the publish", Fault::on("SetSecret").times(1).after().hold()),
        ("in the middle of the moves", Fault::on("Datastores_CreateOrUpdate").nth(5).hold()),
    ]
}

async fn orphan_and_next_rotate_once(fault: Fault, order: Order) {
    let Halted { mut stage, fault, call } = halt(fault).await;
    let handler = stage.host.handler_process_id();
    let orphan = stage.replace_host().await.abandon().await.unwrap();
    assert!(orphan.process_id() == handler && stage.host.handler_process_id() != handler);
    match order {
        Order::OrphanFirst => {
            call.release();
            stage.until("the end of the orphan's rotation", |stage| !is_leased(stage)).await;
            stage.host.queues().age(RUNNING_VISIBILITY);
        }
        Order::NextWaits => {
            stage.host.queues().age(RUNNING_VISIBILITY);
            stage.until("the next one waiting", |stage| stage.log().contains(WAITS)).await;
            assert!(is_leased(&stage));
            call.release();
        }
    }
    stage.settle().await;
    assert_eq!(fault.remove(), 1);
    assert!(orphan.process_id().is_some(), "it lives");
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded], "{}", stage.masked_log());
    for step in ["regenerate", "publish", "move"] {
        assert!(stage.lines("INFO", step).is_empty(), "the orphan did it all:\n{}", stage.masked_log());
    }
    assert_rotated_once(&stage);
}

async fn next_rotates_alone(fault: Fault) {
    let Halted { mut stage, fault, call } = halt(fault).await;
    stage.replace_host().await.kill().await;
    drop(call);
    assert_eq!(fault.remove(), 1);
    stage.world().age(RUNNING_VISIBILITY.try_into().unwrap());
    stage.host.queues().age(RUNNING_VISIBILITY);
    stage.settle().await;
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded], "{}", stage.masked_log());
    assert_rotated_once(&stage);
}

fn is_leased(stage: &Stage) -> bool {
    stage.world().is_leased(HOST_STORAGE, "aml-key-rotator-leases", ACCOUNT)
}

#[tokio::test]
async fn a_host_that_dies_with_its_handler_leaves_a_rotation_that_the_next_one_does() {
    for (when, fault) in moments() {
        println!("the host is killed with its handler {when}");
        next_rotates_alone(fault).await;
    }
}

#[tokio::test]
async fn an_orphan_that_comes_to_its_end_leaves_nothing_to_do() {
    for (when, fault) in moments() {
        println!("the host is killed {when}, and the orphan comes to its end");
        orphan_and_next_rotate_once(fault, Order::OrphanFirst).await;
    }
}

#[tokio::test]
async fn whoever_waits_for_an_orphan_finds_its_rotation_done() {
    for (when, fault) in moments() {
        println!("the host is killed {when}, and the next handler waits for the orphan");
        orphan_and_next_rotate_once(fault, Order::NextWaits).await;
    }
}
