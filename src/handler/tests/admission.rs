//! How much is taken in at a time.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::*;
use crate::azure::in_process::silence;
use crate::handler::admission::share_of;

const BUSY: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_body_that_is_too_long_is_not_taken_in() {
    let handler = handler(nothing());
    for (function, body) in [(SECRET_NEAR_EXPIRY, EVENT), (ROTATE, MESSAGE)] {
        let fill = share_of(function).largest_body - body.len();
        for (more, expected) in [(0, StatusCode::OK), (1, StatusCode::INTERNAL_SERVER_ERROR)] {
            let body = format!("{body}{}", " ".repeat(fill + more));
            let (status, _) = answer(&handler, "POST", &format!("/{function}"), &body).await;
            assert_eq!(status, expected, "{function} {more}");
        }
    }
}

/// The clock is paused, so whoever waits gets through the wait as soon as nobody has anything else to do.
#[tokio::test(start_paused = true)]
async fn a_flood_of_one_function_waits_and_fails_and_shuts_no_other_one() {
    let handler = handler(Served::by(|_, _| silence()));
    let invocations = |count: usize| {
        let ask = |_| {
            tokio::spawn({
                let handler = handler.clone();
                async move { answer(&handler, "POST", "/Rotate", MESSAGE).await.0 }
            })
        };
        (0..count).map(ask).collect::<Vec<_>>()
    };
    let at_work = invocations(share_of(ROTATE).at_once);
    tokio::task::yield_now().await;
    let start = Instant::now();
    let (status, _) = answer(&handler, "POST", "/Rotate", MESSAGE).await;
    assert_eq!((status, start.elapsed()), (StatusCode::INTERNAL_SERVER_ERROR, BUSY));
    let start = Instant::now();
    for (method, path, body) in [("GET", "/", ""), ("POST", "/SecretNearExpiry", EVENT)] {
        assert_eq!(answer(&handler, method, path, body).await.0, StatusCode::OK, "{path}");
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(at_work.iter().all(|task| !task.is_finished()));
}

#[tokio::test(start_paused = true)]
async fn whoever_hangs_up_does_not_make_room_before_the_work_is_done() {
    let handler = handler(Served::by(|_, _| silence()));
    for _ in 0..share_of(ROTATE).at_once {
        let left = timeout(Duration::from_millis(1), answer(&handler, "POST", "/Rotate", MESSAGE)).await;
        assert!(left.is_err(), "it hangs up");
    }
    assert_eq!(answer(&handler, "POST", "/Rotate", MESSAGE).await.0, StatusCode::INTERNAL_SERVER_ERROR);
}
