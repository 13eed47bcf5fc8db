use super::*;

/// How long one waits for its next look.
async fn waited(watching: &mut Watching) -> Duration {
    let from = Instant::now();
    watching.wait().await;
    from.elapsed()
}

fn many(watched: &Watched) -> Vec<Watching> {
    (0..50).map(|_| watched.one_more()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_wait_grows_with_the_time_taken() {
    let mut watching = Watched::default().one_more();
    assert_eq!(waited(&mut watching).await, FIRST_WAIT);
    sleep(Duration::from_secs(16)).await;
    assert!(Duration::from_secs(2) < waited(&mut watching).await);
    sleep(Duration::from_secs(300)).await;
    assert_eq!(waited(&mut watching).await, USUAL_WAIT);
}

#[tokio::test(start_paused = true)]
async fn many_together_ask_for_less_than_the_bucket_gets_back() {
    let watched = Watched::default();
    let mut all = many(&watched);
    assert_eq!(waited(&mut all[0]).await, SHARE * 50);
    all.truncate(2);
    assert!(
        waited(&mut all[1]).await < Duration::from_secs(1),
        "those that are no longer watched are not counted"
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_that_ends_has_the_others_looked_at_once() {
    let watched = Watched::default();
    let mut all = many(&watched);
    let first = all.remove(0);
    let at_the_end = async {
        sleep(Duration::from_secs(2)).await;
        first.ended();
    };
    let (waited_for, ()) = tokio::join!(waited(&mut all[0]), at_the_end);
    assert_eq!(waited_for, Duration::from_secs(2));
    assert_eq!(waited(&mut all[0]).await, SHARE * 49, "once");
}

#[tokio::test(start_paused = true)]
async fn what_is_started_later_is_looked_at_when_it_is_as_old() {
    let watched = Watched::default();
    let first = watched.one_more();
    sleep(Duration::from_secs(2)).await;
    first.ended();
    sleep(Duration::from_secs(60)).await;
    let mut later = many(&watched);
    assert_eq!(waited(&mut later[0]).await, Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_looked_at_twice_in_a_moment() {
    let watched = Watched::default();
    let first = watched.one_more();
    let mut all = many(&watched);
    sleep(Duration::from_secs(2)).await;
    first.ended();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(waited(&mut all[0]).await, SHORTEST_WAIT);
}
