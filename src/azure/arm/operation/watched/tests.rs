use super::*;

/// How long one waits for its next look.
async fn waited(watching: &mut Watching) -> Duration {
    let from = Instant::now();
    watching.wait().await;
    from.elapsed()
}

/// One ends after so many seconds.
async fn ends(watching: Watching, seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
    watching.ended();
}

fn many(watched: &Watched, number: usize) -> Vec<Watching> {
    (0..number).map(|_| watched.one_more()).collect()
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
    let mut all = many(&watched, 200);
    assert_eq!(waited(&mut all[0]).await, SHARE * 200);
    all.truncate(2);
    assert!(
        waited(&mut all[1]).await < Duration::from_secs(2),
        "those that are no longer watched are not counted"
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_that_ends_has_the_others_looked_at_once() {
    let watched = Watched::default();
    let mut all = many(&watched, 50);
    let first = all.remove(0);
    let (waited_for, ()) = tokio::join!(waited(&mut all[0]), ends(first, 2));
    assert_eq!(waited_for, Duration::from_secs(2));
    assert_eq!(waited(&mut all[0]).await, SHARE * 49, "once");
}

#[tokio::test(start_paused = true)]
async fn what_is_started_later_is_looked_at_when_it_is_as_old() {
    let watched = Watched::default();
    let first = watched.one_more();
    ends(first, 2).await;
    sleep(Duration::from_secs(60)).await;
    let mut later = many(&watched, 50);
    assert_eq!(waited(&mut later[0]).await, Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_looked_at_twice_in_a_moment() {
    let watched = Watched::default();
    let first = watched.one_more();
    let mut all = many(&watched, 50);
    ends(first, 2).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(waited(&mut all[0]).await, SHORTEST_WAIT);
}

#[tokio::test(start_paused = true)]
async fn one_that_took_less_long_ago_does_not_hide_the_first_of_these() {
    let watched = Watched::default();
    let quick = watched.one_more();
    ends(quick, 2).await;
    let mut all = many(&watched, 50);
    let first = all.remove(0);
    let looks = async {
        let started = Instant::now();
        let mut ages = Vec::new();
        while started.elapsed() < Duration::from_secs(6) {
            all[0].wait().await;
            ages.push(started.elapsed().as_millis());
        }
        ages
    };
    let (ages, ()) = tokio::join!(looks, ends(first, 6));
    assert_eq!(ages, [2_000, 4_500, 6_000]);
}

#[tokio::test(start_paused = true)]
async fn however_many_end_the_others_are_looked_at_early_a_few_times() {
    let watched = Watched::default();
    let mut last = watched.one_more();
    let others = async {
        for other in many(&watched, 49) {
            sleep(Duration::from_millis(500)).await;
            other.ended();
        }
    };
    let looks = async {
        let (started, mut looks) = (Instant::now(), 0);
        while started.elapsed() < Duration::from_secs(20) {
            last.wait().await;
            looks += 1;
        }
        looks
    };
    let (looks, ()) = tokio::join!(looks, others);
    assert!((9..=20).contains(&looks), "{looks}");
}
