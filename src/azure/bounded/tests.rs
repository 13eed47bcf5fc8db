use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures::future::select_all;
use futures::{StreamExt, stream};
use rotation::Name;
use serde_json::json;

use super::*;
use crate::azure::AzureError;
use crate::azure::in_process::{Served, answer, json, silence};

const PAGE: &str = "https://management.azure.com/page?skip=";
const SECRETS: &str = "https://kv-ml.vault.azure.net/secrets?skip=";

async fn list(served: &Served) -> Result<usize, AzureError> {
    let scope = "/subscriptions/0b1f".parse().unwrap();
    served.azure.machine_learning.list_workspaces(&scope).await.map(|found| found.len())
}

async fn list_secrets(served: &Served) -> Result<usize, AzureError> {
    served.azure.key_vaults.list(&Name::new("kv-ml")).await.map(|found| found.len())
}

fn said(error: &AzureError) -> String {
    error.cause().to_string()
}

/// An answer that never ends, in parts of 64 KiB.
fn endless() -> Response {
    let parts = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 1 << 16])));
    Body::from_stream(parts).into_response()
}

#[tokio::test(start_paused = true)]
async fn an_endless_answer_is_read_no_further_than_it_may_be_long() {
    for list_error in [
        list(&Served::by(|_, _| endless())).await.unwrap_err(),
        list_secrets(&Served::by(|_, _| endless())).await.unwrap_err(),
    ] {
        assert!(said(&list_error).contains("is longer than 8388608 bytes"), "{}", said(&list_error));
        assert!(!list_error.is_passing());
    }
    let served = Served::by(|_, _| endless());
    list(&served).await.unwrap_err();
    assert_eq!(served.lines().len(), 1, "it is not asked for again");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_just_short_enough_is_read() {
    let padded = |length: usize| {
        move |_: usize, _: &_| {
            let body = r#"{"value":[]}"#;
            answer(200, &[], &format!("{body}{}", " ".repeat(length - body.len())))
        }
    };
    assert_eq!(list(&Served::by(padded(LARGEST_ANSWER))).await.unwrap(), 0);
    list(&Served::by(padded(LARGEST_ANSWER + 1))).await.unwrap_err();
}

/// Lists of which each alone is short enough, all at once and held until they are that long together.
#[tokio::test(start_paused = true)]
async fn all_answers_together_are_read_no_further_than_they_may_be_long() {
    let long = "x".repeat(LARGEST_ANSWER - 1);
    let served = Served::by(move |_, _| {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from(long.clone()))]);
        Body::from_stream(first.chain(stream::pending())).into_response()
    });
    let lists = (0..=LARGEST_TOGETHER / LARGEST_ANSWER).map(|_| list(&served));
    let (error, ..) = select_all(lists.map(Box::pin)).await;
    let error = error.unwrap_err();
    assert!(said(&error).contains("longer than 67108864 bytes") && error.is_passing(), "{error:?}");
}

#[test]
fn what_was_read_counts_no_longer() {
    let together = Arc::default();
    let mut read = Portion { bytes: 0, together: Arc::clone(&together) };
    read.grow(LARGEST_ANSWER).unwrap();
    assert_eq!(together.load(Ordering::Relaxed), LARGEST_ANSWER);
    assert!(read.grow(1).is_err());
    drop(read);
    assert_eq!(together.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_link_without_end_is_not_followed() {
    for length in [LONGEST_ADDRESS + 1, 1 << 20] {
        let to = |base: &str| json!({ "value": [], "nextLink": format!("{base}{}", "0".repeat(length - base.len())) });
        let (page, secrets) = (to(PAGE), to(SECRETS));
        let served =
            Served::by(move |_, one| json(200, if one.line.contains("vault") { &secrets } else { &page }));
        for error in [list(&served).await.unwrap_err(), list_secrets(&served).await.unwrap_err()] {
            assert!(
                said(&error).contains("a link is longer than 16384 bytes") && !error.is_passing(),
                "{error:?}"
            );
        }
        assert_eq!(served.lines().len(), 2, "it is not tried again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_goes_in_circles_or_on_for_ever_ends_with_an_error() {
    for (base, of_vault) in [(PAGE, false), (SECRETS, true)] {
        let read = async |served: &Served| {
            if of_vault { list_secrets(served).await } else { list(served).await }.unwrap_err()
        };
        let circle = Served::by(move |number, _| {
            json(200, &json!({"value": [], "nextLink": format!("{base}{}", number % 3)}))
        });
        assert!(said(&read(&circle).await).contains("a list goes in circles"));
        assert!(circle.lines().len() < 8, "{}", circle.lines().len());

        let chain = Served::by(move |number, _| {
            json(200, &json!({"value": [], "nextLink": format!("{base}{number}")}))
        });
        let error = read(&chain).await;
        assert!(said(&error).contains("does not end within 10000 pages"), "{}", said(&error));
        assert!(!error.is_passing());

        let filler = " ".repeat(4 << 20);
        let large = Served::by(move |number, _| {
            let page = json!({"value": [], "nextLink": format!("{base}{number}")});
            answer(200, &[], &format!("{page}{filler}"))
        });
        let error = read(&large).await;
        assert!(said(&error).contains("does not end within 67108864 bytes"), "{}", said(&error));
        assert!(large.lines().len() < 20, "{}", large.lines().len());
    }
}

/// The clock is paused: what is waited for takes no time.
#[tokio::test(start_paused = true)]
async fn a_list_is_not_waited_for_for_ever() {
    for of_vault in [false, true] {
        let served = Served::by(|_, _| silence());
        let start = tokio::time::Instant::now();
        let error = if of_vault { list_secrets(&served).await } else { list(&served).await }.unwrap_err();
        assert!(error.is_passing(), "{}", said(&error));
        assert_eq!(start.elapsed(), LIST_LIMIT);
    }
}
