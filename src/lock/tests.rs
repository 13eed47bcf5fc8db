//! The lease against a store whose time is the paused clock's.

use axum::response::Response;

use super::*;
use crate::azure::in_process::{LeaseStore, answer};

const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stML";

fn down() -> Response {
    answer(503, &[("x-ms-error-code", "ServerBusy")], "")
}

async fn take(store: &LeaseStore) -> Result<Lease, Failure> {
    Lease::take(&store.leases(), &ACCOUNT.parse().unwrap()).await
}

async fn seconds(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
}

fn count(store: &LeaseStore, call: &str) -> usize {
    store.calls().iter().filter(|made| *made == call).count()
}

/// What the failure says, given that the message comes back.
fn passing(outcome: Result<impl Sized, Failure>) -> String {
    let Err(failure) = outcome else { panic!("that was no failure") };
    assert!(failure.disposition.may_pass(), "{failure}");
    failure.what
}

#[tokio::test(start_paused = true)]
async fn container_and_blob_are_made_when_they_are_missing() {
    let store = LeaseStore::default();
    let lease = take(&store).await.unwrap();
    assert_eq!(store.calls(), ["acquire stml", "create container", "create stml", "acquire stml"]);
    lease.release().await;
    take(&store).await.unwrap();
    assert_eq!(store.calls()[4..], ["release stml", "acquire stml"]);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_taken_is_waited_for_until_its_holder_is_gone() {
    let store = LeaseStore::default();
    store.lend("stml", LEASE_TIME);
    let started = Instant::now();
    take(&store).await.unwrap();
    let waited = started.elapsed();
    assert!((LEASE_TIME..LEASE_TIME + LONGEST_PAUSE).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_released_is_taken_soon() {
    let store = LeaseStore::default();
    let first = take(&store).await.unwrap();
    let second = tokio::spawn({
        let store = store.clone();
        async move { take(&store).await }
    });
    seconds(1).await;
    assert!(!second.is_finished());
    first.release().await;
    let released = Instant::now();
    second.await.unwrap().unwrap();
    assert!(released.elapsed() <= Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_stays_taken_brings_the_message_back() {
    let store = LeaseStore::default();
    store.lend("stml", Duration::from_secs(600));
    let started = Instant::now();
    let said = passing(take(&store).await);
    assert_eq!(started.elapsed().as_secs(), 75);
    let blob = "https://sthost.blob.core.windows.net/aml-key-rotator-leases/stml";
    assert!(said.contains("stML") && said.contains(blob) && said.contains("75 s"), "{said}");
    assert!(count(&store, "acquire stml") < 25, "that is too often");
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_for_as_long_as_it_is_kept() {
    let store = LeaseStore::default();
    let lease = take(&store).await.unwrap();
    for _ in 0..60 {
        seconds(10).await;
        assert_eq!(lease.check_for(EXCLUSIVE_WRITE), Ok(()));
    }
    assert_eq!(count(&store, "renew stml"), 39);
    drop(lease);
    seconds(61).await;
    assert!(!store.is_lent("stml"), "whoever dies must not keep it");
    assert_eq!(count(&store, "release stml"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_not_ours_any_more_ends_the_writing_for_good() {
    let store = LeaseStore::default();
    let lease = take(&store).await.unwrap();
    store.lend("stml", Duration::from_secs(1));
    assert_eq!(lease.check(), Ok(()), "nobody can know yet");
    seconds(16).await;
    let said = passing(lease.check());
    assert!(said.contains("not ours any more") && said.contains("LeaseIdMismatch"), "{said}");
    seconds(60).await;
    passing(lease.check());
    lease.release().await;
    assert_eq!((count(&store, "renew stml"), count(&store, "release stml")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn with_too_little_left_no_exclusive_write_is_sent_and_then_none_at_all() {
    let store = LeaseStore::default();
    let lease = take(&store).await.unwrap();
    store.fail(Some(down));
    seconds(30).await;
    assert_eq!(lease.check_for(EXCLUSIVE_WRITE), Ok(()));
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(lease.check(), Ok(()));
    let said = passing(lease.check_for(EXCLUSIVE_WRITE));
    assert!(said.contains("only 29 s are left") && said.contains("ServerBusy"), "{said}");
    store.fail(None);
    seconds(15).await;
    passing(lease.check());
    lease.release().await;
    assert_eq!(count(&store, "release stml"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_for_a_while_does_no_harm() {
    let store = LeaseStore::default();
    let lease = take(&store).await.unwrap();
    store.fail(Some(down));
    seconds(50).await;
    assert_eq!(lease.check(), Ok(()));
    store.fail(None);
    seconds(8).await;
    assert_eq!(lease.check_for(EXCLUSIVE_WRITE), Ok(()));
    lease.release().await;
    assert_eq!(count(&store, "release stml"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_ran_out_is_not_taken_for_ours_again() {
    let store = LeaseStore::default();
    let lease = take(&store).await.unwrap();
    store.fail(Some(down));
    seconds(60).await;
    store.fail(None);
    seconds(30).await;
    let said = passing(lease.check());
    assert!(said.contains("ran out") && said.contains("ServerBusy"), "{said}");
    lease.release().await;
    assert_eq!(count(&store, "release stml"), 0);
}

/// The service counts from when it got the request, which may be long before we get its answer.
#[tokio::test(start_paused = true)]
async fn the_time_of_a_lease_counts_from_when_it_was_asked_for() {
    let store = LeaseStore::default();
    store.lend("stml", Duration::ZERO);
    store.delay(9);
    let lease = take(&store).await.unwrap();
    let is_left = |lease: &Lease, seconds| lease.term.left() == Duration::from_secs(seconds);
    assert!(is_left(&lease, 51));
    // The renewal is sent 15 s after the first request, and answered 9 s later.
    seconds(14).await;
    assert!(is_left(&lease, 37));
    seconds(1).await;
    tokio::task::yield_now().await;
    assert!(is_left(&lease, 51));
}

#[tokio::test(start_paused = true)]
async fn a_lease_under_which_something_may_be_on_its_way_is_left_to_run_out() {
    let store = LeaseStore::default();
    let lease = take(&store).await.unwrap();
    lease.leave_to_run_out(Instant::now());
    seconds(100).await;
    assert_eq!(lease.check_for(EXCLUSIVE_WRITE), Ok(()), "the run itself goes on");
    lease.release().await;
    assert_eq!(count(&store, "release stml"), 0);
    assert!(store.is_lent("stml"));
    seconds(60).await;
    assert!(!store.is_lent("stml"));
}

#[tokio::test(start_paused = true)]
async fn whatever_keeps_the_lease_from_us_is_said_with_its_mend() {
    let store = LeaseStore::default();
    type Case = (fn() -> Response, [&'static str; 2]);
    let by_token: [Case; 3] = [
        (
            || answer(403, &[("x-ms-error-code", "AuthorizationPermissionMismatch")], ""),
            ["\"Storage Blob Data Owner\" at `https://sthost.blob", "containers/blobs/write"],
        ),
        (
            || answer(403, &[("x-ms-error-code", "AuthorizationFailure")], ""),
            ["firewall", "https://sthost.blob"],
        ),
        (
            || answer(404, &[("x-ms-error-code", "ResourceNotFound")], ""),
            ["no storage account", "accountName"],
        ),
    ];
    let by_key: [Case; 2] = [
        (|| answer(403, &[("x-ms-error-code", "AuthenticationFailed")], ""), ["live key", "by identity"]),
        (
            || answer(403, &[("x-ms-error-code", "KeyBasedAuthenticationNotPermitted")], ""),
            ["by identity", "AzureWebJobsStorage__accountName"],
        ),
    ];
    let account: StorageAccountId = ACCOUNT.parse().unwrap();
    for (leases, cases) in [(store.leases(), &by_token[..]), (store.leases_by_key(), &by_key[..])] {
        for (fault, texts) in cases {
            store.fail(Some(*fault));
            let Err(failure) = Lease::take(&leases, &account).await else { panic!("{texts:?}") };
            let Disposition::NeedsOperator { hint } = failure.disposition else { panic!("{failure}") };
            assert!(texts.iter().all(|text| hint.to_string().contains(text)), "{hint}");
        }
    }
    store.fail(Some(down));
    assert!(passing(take(&store).await).contains("take the lease `https://sthost.blob.core.windows.net/"));
}
