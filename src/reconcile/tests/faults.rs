//! How long a run waits for a service that is not itself, and that another run goes on where it stopped.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::small_azure::{PROOF, PUBLISH, REGENERATE, SECRET, SmallAzure, WORKSPACES};
use super::{DUE, is_up_to_date, rotated_once, said};
use crate::azure::in_process::{answer, lost, refused};

/// The longest that a run waits in all for a service that answers each of its tries with 429: three times 20 s, or for as
/// long as a proof is asked for.
const LONGEST: Duration = Duration::from_secs(135);

/// What a service may say in `Retry-After`, sensible or not.
const WAITS: [&str; 7] =
    ["3", "0", "-1", "86400", "99999999999999999999999", "Fri, 31 Dec 2100 23:59:59 GMT", "tomorrow"];

/// Everything that a rotation asks for.
const REQUESTS: [&str; 9] = [
    SECRET,
    "/storageAccounts/stml?",
    "/listKeys?",
    "/permissions?",
    WORKSPACES,
    "vault.azure.net/secrets?",
    REGENERATE,
    PROOF,
    PUBLISH,
];

#[tokio::test(start_paused = true)]
async fn no_retry_after_keeps_a_run_for_long_and_the_message_comes_back() {
    for request in REQUESTS {
        for wait in WAITS {
            let azure = SmallAzure::published_days_ago(DUE);
            let started = Instant::now();
            let throttled =
                azure.work_under(request, move || answer(429, &[("retry-after", wait)], "")).await;
            let took = started.elapsed();
            assert!(took < LONGEST, "{request} {wait}: {took:?}");
            assert!(throttled.comes_back(), "{request} {wait}: {throttled}");
            assert!(is_up_to_date(&azure.work().await), "{request} {wait}");
            let state = azure.state();
            assert_eq!((state.published, state.version, state.regenerated), (1, 2, 1), "{request} {wait}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_data_plane_that_does_not_accept_the_key_is_asked_for_two_minutes_and_again_by_the_next_run() {
    let not_yet = || answer(403, &[("x-ms-error-code", "AuthenticationFailed")], "");
    let unavailable = || answer(503, &[], "");
    let proxy = || answer(200, &[], "<html>Sign in</html>");
    for fault in [not_yet, unavailable, proxy, lost] {
        let azure = SmallAzure::published_days_ago(DUE);
        let started = Instant::now();
        let outcome = azure.work_under(PROOF, fault).await;
        assert!((120..135).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
        said(&outcome);
        assert_eq!((azure.count(REGENERATE), azure.count(PUBLISH)), (1, 0));
        assert!(is_up_to_date(&azure.work().await));
        rotated_once(&azure);
    }
}

#[tokio::test(start_paused = true)]
async fn a_data_plane_out_of_reach_is_waited_out_for_longer_than_it_was_ever_seen_to_lag() {
    let firewall = || answer(403, &[("x-ms-error-code", "AuthorizationFailure")], "");
    for fault in [firewall, refused] {
        let azure = SmallAzure::published_days_ago(DUE);
        let started = Instant::now();
        assert!(is_up_to_date(&azure.work_under(PROOF, fault).await));
        assert!((60..70).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
        rotated_once(&azure);
    }
}

#[tokio::test(start_paused = true)]
async fn a_data_plane_that_comes_into_reach_is_asked_instead_of_waited_out() {
    let azure = SmallAzure::published_days_ago(DUE);
    for _ in 0..2 {
        azure.when(PROOF, |_| Some(refused()));
    }
    let started = Instant::now();
    assert!(is_up_to_date(&azure.work().await));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(azure.count(PROOF), 3);
    rotated_once(&azure);
}

/// The key may be on its way still, and whoever was told so does not take silence for a yes.
#[tokio::test(start_paused = true)]
async fn a_key_that_was_turned_away_is_not_published_because_the_data_plane_fell_silent() {
    let azure = SmallAzure::published_days_ago(DUE);
    let asked = AtomicUsize::new(0);
    let outcome = azure.work_under(PROOF, move || match asked.fetch_add(1, Ordering::Relaxed) {
        0 => answer(403, &[("x-ms-error-code", "AuthenticationFailed")], ""),
        _ => refused(),
    });
    said(&outcome.await);
    assert_eq!((azure.count(REGENERATE), azure.count(PUBLISH)), (1, 0));
    assert!(is_up_to_date(&azure.work().await));
    rotated_once(&azure);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_answers_is_given_up_and_taken_up_by_the_next_run() {
    for (request, fault) in REQUESTS.map(|request| (request, lost as fn() -> _)).into_iter().chain(
        // A proof that finds no connection is one that is out of reach.
        REQUESTS
            .into_iter()
            .filter(|request| *request != PROOF)
            .map(|request| (request, refused as fn() -> _)),
    ) {
        let azure = SmallAzure::published_days_ago(DUE);
        let started = Instant::now();
        said(&azure.work_under(request, fault).await);
        assert!(started.elapsed() < LONGEST, "{request}: {:?}", started.elapsed());
        assert!(is_up_to_date(&azure.work().await), "{request}");
        let state = azure.state();
        assert_eq!((state.published, state.version, state.regenerated), (1, 2, 1), "{request}");
    }
}

/// Whoever reads the older version sees a key that is due; the other one was made since, and is not made again.
#[tokio::test(start_paused = true)]
async fn a_message_that_comes_before_the_vault_shows_the_new_version_makes_no_other_key() {
    let azure = SmallAzure::published_days_ago(DUE);
    assert!(is_up_to_date(&azure.work().await));
    azure.state().stale_reads = usize::MAX;
    assert!(azure.work().await.comes_back());
    azure.state().stale_reads = 0;
    assert!(is_up_to_date(&azure.work().await));
    let state = azure.state();
    assert_eq!((state.published, state.regenerated), (1, 1));
}
