use futures::future::join_all;

use super::*;

const MACHINE_LEARNING: &str =
    "https://management.azure.com/subscriptions/s/providers/Microsoft.MachineLearningServices/workspaces/w";
const STORAGE: &str =
    "https://management.azure.com/subscriptions/S/resourceGroups/g/providers/Microsoft.Storage/x";

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn headers(told: &[(&'static str, &str)]) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in told {
        headers.insert(*name, (*value).to_owned());
    }
    headers
}

/// A write that is answered so, once there was room for it.
async fn write(allowance: &Allowance, address: &str, status: StatusCode, told: &[(&'static str, &str)]) {
    let room = allowance.take(Method::Put, &url(address), 1).await;
    room.answered(&url(address), status, &headers(told));
}

/// How long so many writes at once wait in all.
async fn waited(allowance: &Allowance, address: &str, calls: usize) -> Duration {
    let (started, url) = (Instant::now(), url(address));
    let rooms = join_all((0..calls).map(|_| allowance.take(Method::Post, &url, 1))).await;
    let waited = started.elapsed();
    // They are made, and their answers tell of nothing.
    rooms.into_iter().for_each(|room| room.answered(&url, StatusCode::Ok, &Headers::new()));
    waited
}

fn about(seconds: f64, waited: Duration) -> bool {
    (waited.as_secs_f64() - seconds).abs() < 0.05
}

const WRITES: &str = "x-ms-ratelimit-remaining-subscription-writes";

#[tokio::test(start_paused = true)]
async fn what_no_answer_has_told_of_is_not_held_back() {
    let allowance = Allowance::default();
    write(&allowance, STORAGE, StatusCode::Ok, &[]).await;
    assert_eq!(waited(&allowance, STORAGE, 1_000).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_goes_at_once_and_the_rest_as_the_bucket_fills() {
    let allowance = Allowance::default();
    write(&allowance, STORAGE, StatusCode::Ok, &[(WRITES, "20")]).await;
    // Of the same subscription, whatever provider it is for.
    let taken = waited(&allowance, MACHINE_LEARNING, 50).await;
    assert!(about(3.0, taken), "{taken:?}");
    // Reads have a bucket of their own.
    let (started, url) = (Instant::now(), url(STORAGE));
    drop(allowance.take(Method::Get, &url, 1).await);
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_answer_counts_for_those_that_are_under_way() {
    let allowance = Allowance::default();
    let first = allowance.take(Method::Put, &url(STORAGE), 1).await;
    let address = url(MACHINE_LEARNING);
    let under_way = join_all((0..4).map(|_| allowance.take(Method::Put, &address, 1))).await;
    first.answered(&url(STORAGE), StatusCode::Ok, &headers(&[(WRITES, "5")]));
    // Four of the five may be theirs.
    let taken = waited(&allowance, STORAGE, 2).await;
    assert!(about(0.1, taken), "{taken:?}");
    drop(under_way);
    let taken = waited(&allowance, STORAGE, 4).await;
    assert_eq!(taken, Duration::ZERO);
}

/// The first that was counted may be the last that is answered.
#[tokio::test(start_paused = true)]
async fn an_answer_that_was_overtaken_raises_nothing() {
    let allowance = Allowance::default();
    write(&allowance, STORAGE, StatusCode::Ok, &[(WRITES, "10")]).await;
    let address = url(STORAGE);
    let rooms = join_all((0..10).map(|_| allowance.take(Method::Put, &address, 1))).await;
    for (room, told) in rooms.into_iter().zip(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]) {
        room.answered(&address, StatusCode::Ok, &headers(&[(WRITES, told)]));
    }
    let taken = waited(&allowance, STORAGE, 1).await;
    assert!(about(0.1, taken), "{taken:?}");
}

/// Another program of the same identity draws on it, or a bucket holds more than those that we know.
#[tokio::test(start_paused = true)]
async fn what_an_answer_tells_is_believed_when_nothing_else_was_under_way() {
    let allowance = Allowance::default();
    write(&allowance, STORAGE, StatusCode::Ok, &[(WRITES, "10")]).await;
    write(&allowance, STORAGE, StatusCode::Ok, &[(WRITES, "2")]).await;
    let taken = waited(&allowance, STORAGE, 3).await;
    assert!(about(0.1, taken), "{taken:?}");
    write(&allowance, STORAGE, StatusCode::Ok, &[(WRITES, "900")]).await;
    assert_eq!(waited(&allowance, STORAGE, 900).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn room_that_is_put_by_is_nobody_elses_until_it_is_given_back() {
    let allowance = Allowance::default();
    write(&allowance, STORAGE, StatusCode::Ok, &[(WRITES, "10")]).await;
    let mut room = allowance.take(Method::Post, &url(STORAGE), 10).await;
    let taken = waited(&allowance, MACHINE_LEARNING, 1).await;
    assert!(about(0.1, taken), "{taken:?}");
    let one = room.one();
    one.answered(&url(STORAGE), StatusCode::Ok, &headers(&[(WRITES, "9")]));
    drop(room);
    assert_eq!(waited(&allowance, STORAGE, 9).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_empty_bucket_is_left_alone_for_as_long_as_it_says() {
    let allowance = Allowance::default();
    let told = [(WRITES, "0"), ("retry-after", "7")];
    write(&allowance, STORAGE, StatusCode::TooManyRequests, &told).await;
    let taken = waited(&allowance, MACHINE_LEARNING, 1).await;
    assert!(about(7.0, taken), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_provider_with_a_limit_of_its_own_is_left_alone_and_no_other() {
    let allowance = Allowance::default();
    let told = [(WRITES, "150"), ("retry-after", "7")];
    write(&allowance, STORAGE, StatusCode::TooManyRequests, &told).await;
    assert_eq!(waited(&allowance, MACHINE_LEARNING, 1).await, Duration::ZERO);
    let taken = waited(&allowance, STORAGE, 1).await;
    assert!(about(7.0, taken), "{taken:?}");
    // What it may ask for is capped, as between two tries.
    write(&allowance, STORAGE, StatusCode::TooManyRequests, &[("retry-after", "3600")]).await;
    let taken = waited(&allowance, STORAGE, 1).await;
    assert!(about(20.0, taken), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_for_no_subscription_waits_for_nothing() {
    let allowance = Allowance::default();
    write(&allowance, STORAGE, StatusCode::TooManyRequests, &[(WRITES, "0"), ("retry-after", "7")]).await;
    assert_eq!(waited(&allowance, "https://management.azure.com/tenants", 3).await, Duration::ZERO);
}
