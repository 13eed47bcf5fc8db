//! One rotation of an account at a time: when the lease is taken, what is done under it, and what is not without it.

mod faults;
mod small_azure;

use std::time::Duration;

use tokio::time::{Instant, sleep};

use self::small_azure::{PROOF, PUBLISH, REGENERATE, SECRET, SmallAzure, WORKSPACES};
use super::*;
use crate::azure::in_process::{LeaseStore, answer, json, lost, silence};

const DUE: i64 = 60;
const NOT_DUE: i64 = 10;

/// What failed, given that the message comes back for it.
fn said(outcome: &Outcome) -> String {
    assert!(outcome.comes_back(), "{outcome}");
    outcome.failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn is_up_to_date(outcome: &Outcome) -> bool {
    matches!(outcome.end, End::Decided(Decision::UpToDate { .. })) && !outcome.comes_back()
}

fn released(leases: &LeaseStore) -> bool {
    leases.calls().iter().any(|call| call == "release stml")
}

/// The account's key2 was regenerated and published once, and by nobody twice.
fn rotated_once(azure: &SmallAzure) {
    assert_eq!((azure.count(REGENERATE), azure.count(PUBLISH)), (1, 1));
    let state = azure.state();
    assert_eq!((state.published, state.version), (1, 2));
}

fn nothing_written(azure: &SmallAzure) {
    assert_eq!((azure.count(REGENERATE), azure.count(PUBLISH)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_rotation_goes_on_under_the_lease_and_gives_it_back() {
    let azure = SmallAzure::published_days_ago(DUE);
    for deed in [WORKSPACES, REGENERATE, PROOF, PUBLISH] {
        let leases = azure.leases.clone();
        azure.when(deed, move |_| {
            assert!(leases.is_lent("stml"), "{deed} without the lease");
            None
        });
    }
    assert!(is_up_to_date(&azure.work().await));
    rotated_once(&azure);
    assert!(released(&azure.leases) && !azure.leases.is_lent("stml"));
}

#[tokio::test(start_paused = true)]
async fn where_there_is_nothing_to_do_no_lease_is_taken() {
    let azure = SmallAzure::published_days_ago(NOT_DUE);
    assert!(is_up_to_date(&azure.work().await));
    let locked = SmallAzure::published_days_ago(DUE);
    locked.when("/listKeys?", |_| {
        Some(json(409, &serde_json::json!({"error": {"code": "ScopeLocked", "message": "locked"}})))
    });
    assert!(matches!(locked.work().await.end, End::Decided(Decision::Blocked(_))));
    assert_eq!((azure.leases.calls(), locked.leases.calls()), (Vec::new(), Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn whoever_only_observes_takes_no_lease_and_writes_nothing() {
    let azure = SmallAzure::in_mode(DUE, Mode::Observe);
    assert!(matches!(azure.work().await.end, End::WouldDo(Decision::Regenerate(_))));
    nothing_written(&azure);
    assert_eq!(azure.leases.calls(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_waits_in_vain_for_the_lease_comes_back_and_is_worked_on_then() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.leases.lend("stml", Duration::from_secs(100));
    let started = Instant::now();
    assert!(said(&azure.work().await).contains("has kept the lease of storage account `stml`"));
    assert_eq!(started.elapsed().as_secs(), 75);
    nothing_written(&azure);
    assert!(azure.leases.is_lent("stml"), "it is another's");
    sleep(Duration::from_secs(120)).await;
    assert!(is_up_to_date(&azure.work().await));
    rotated_once(&azure);
}

#[tokio::test(start_paused = true)]
async fn the_host_is_told_to_bring_a_message_back_that_waited_in_vain() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.leases.lend("stml", Duration::from_secs(100));
    assert_eq!(azure.invoke().await, 500);
    assert_eq!(azure.invoke().await, 200);
    rotated_once(&azure);
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_before_the_lease_was_had_counts_for_nothing() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.leases.lend("stml", Duration::from_secs(20));
    // Whoever has the lease rotates meanwhile, and that is no news when we get it.
    azure.when("/listKeys?", |state| {
        state.regenerate();
        state.publish(1);
        state.age(10);
        None
    });
    assert!(is_up_to_date(&azure.work().await));
    nothing_written(&azure);
    assert_eq!(azure.count(WORKSPACES), 0, "nothing was left to be looked for");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_stands_for_another_account_by_then_is_looked_at_again() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.when("/listKeys?", |state| {
        state.account = "stother";
        None
    });
    let said = said(&azure.work().await);
    assert!(said.contains("`stother` now, and the lease is for `stml`"), "{said}");
    nothing_written(&azure);
    assert!(released(&azure.leases));
}

#[tokio::test(start_paused = true)]
async fn a_regeneration_without_an_answer_is_not_sent_again_in_the_same_run_whatever_became_of_it() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.when(REGENERATE, |state| {
        state.undo_the_regeneration();
        Some(lost())
    });
    said(&azure.work().await);
    assert_eq!((azure.count(REGENERATE), azure.count(PUBLISH)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_version_that_the_vault_returns_late_is_published_once() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.when(PUBLISH, |state| {
        state.stale_reads = 4;
        None
    });
    assert!(is_up_to_date(&azure.work().await));
    rotated_once(&azure);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_published_after_a_regeneration_that_changed_both_keys_and_that_is_said() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.when(REGENERATE, |state| Some(state.change_along()));
    assert!(said(&azure.work().await).contains("`key1` of storage account `stml` changed along with `key2`"));
    assert_eq!((azure.count(REGENERATE), azure.count(PUBLISH)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_publishes_while_a_key_is_proven_is_not_published_over() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.when(PROOF, |state| {
        state.publish(0);
        None
    });
    assert!(said(&azure.work().await).contains("got a new version while we looked or worked"));
    assert_eq!((azure.count(REGENERATE), azure.count(PUBLISH)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_somebody_regenerates_after_it_was_proven_is_not_published() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.when(PROOF, |state| {
        state.regenerate();
        None
    });
    assert!(said(&azure.work().await).contains("`key2` of storage account `stml` changed while we worked"));
    assert_eq!((azure.count(REGENERATE), azure.count(PUBLISH)), (1, 0));
    assert!(is_up_to_date(&azure.work().await));
}

/// Somebody regenerates the same key meanwhile, so that it looks as if the answer alone had been lost.
#[tokio::test(start_paused = true)]
async fn nothing_is_published_while_a_regeneration_may_yet_be_carried_out() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.when(REGENERATE, |_| Some(lost()));
    let carried_out = azure.when_later(Duration::from_secs(25), |state| state.regenerate());
    assert!(said(&azure.work().await).contains("`key2` of storage account `stml` changed while we worked"));
    carried_out.await.unwrap();
    assert_eq!((azure.count(REGENERATE), azure.count(PUBLISH)), (1, 0));
    assert!(is_up_to_date(&azure.work().await));
}

/// A publish over it would take it off, and the key that leaked would live.
#[tokio::test(start_paused = true)]
async fn a_leak_that_somebody_reports_while_a_key_is_proven_is_not_lost() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.when(PROOF, |state| {
        state.report_a_leak("key1");
        None
    });
    assert!(said(&azure.work().await).contains("was changed in place while we looked or worked"));
    assert_eq!((azure.count(REGENERATE), azure.count(PUBLISH)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_was_changed_during_the_look_is_looked_at_again_before_a_key_dies() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.when(WORKSPACES, |state| {
        state.report_a_leak("key2");
        None
    });
    assert!(said(&azure.work().await).contains("was changed in place while we looked or worked"));
    rotated_once(&azure);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_loses_its_lease_stops_before_its_next_write() {
    let azure = SmallAzure::published_days_ago(DUE);
    let leases = azure.leases.clone();
    azure.when(REGENERATE, move |state| {
        // The data plane keeps the run from publishing for long enough to find out.
        state.accepts = false;
        leases.lend("stml", Duration::from_secs(60));
        None
    });
    let accepting = azure.when_later(Duration::from_secs(40), |state| state.accepts = true);
    let outcome = azure.work().await;
    accepting.await.unwrap();
    assert!(said(&outcome).contains("its lease is not ours any more"), "{outcome}");
    assert_eq!((azure.count(REGENERATE), azure.count(PUBLISH)), (1, 0));
    assert!(!released(&azure.leases));
    // The next message goes on where it stopped.
    assert!(is_up_to_date(&azure.work().await));
    rotated_once(&azure);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_regenerated_with_too_little_left_of_the_lease() {
    let azure = SmallAzure::published_days_ago(DUE);
    let leases = azure.leases.clone();
    azure.when(WORKSPACES, move |_| {
        leases.fail(Some(|| answer(503, &[], "")));
        Some(answer(200, &[("x-test-delay", "31")], r#"{"value": []}"#))
    });
    assert!(said(&azure.work().await).contains("s are left of its lease"));
    nothing_written(&azure);
    azure.leases.fail(None);
    assert!(!released(&azure.leases));
    assert!(is_up_to_date(&azure.work().await));
    rotated_once(&azure);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_published_with_too_little_left_of_the_lease() {
    let azure = SmallAzure::published_days_ago(DUE);
    let leases = azure.leases.clone();
    azure.when(REGENERATE, move |_| {
        leases.fail(Some(|| answer(503, &[], "")));
        None
    });
    azure.when(PROOF, |_| Some(answer(200, &[("x-test-delay", "31")], "")));
    assert!(said(&azure.work().await).contains("s are left of its lease"));
    assert_eq!((azure.count(REGENERATE), azure.count(PUBLISH)), (1, 0));
    let [secret, keys] = azure.last_two();
    assert!(
        secret.starts_with(SECRET) && keys.contains("/listKeys?"),
        "there was another look: {secret} {keys}"
    );
    azure.leases.fail(None);
    assert!(is_up_to_date(&azure.work().await));
    rotated_once(&azure);
}

#[tokio::test(start_paused = true)]
async fn after_an_uncertain_regeneration_the_lease_is_left_to_run_out() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.when(REGENERATE, |_| Some(lost()));
    let started = Instant::now();
    said(&azure.work().await);
    // The run itself saw what had happened, and went on when nothing else could happen any more.
    rotated_once(&azure);
    assert!((30..35).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    assert!(!released(&azure.leases) && azure.leases.is_lent("stml"));
    let started = Instant::now();
    assert!(is_up_to_date(&azure.work().await));
    assert!((40..65).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    rotated_once(&azure);
}

#[tokio::test(start_paused = true)]
async fn after_an_uncertain_publish_the_lease_is_left_to_run_out() {
    let azure = SmallAzure::published_days_ago(DUE);
    azure.when(PUBLISH, |_| Some(silence()));
    assert!(said(&azure.work().await).contains("nothing came within 20 s"));
    assert!(!released(&azure.leases) && azure.leases.is_lent("stml"));
    assert!(is_up_to_date(&azure.work().await));
    rotated_once(&azure);
}
