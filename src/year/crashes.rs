//! The process is killed before and after every call of a year, and the sweeps alone go on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use azure_sandbox::World;
use time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::app::{App, set_clock_ahead};
use super::calendar::{Timer, is_settled, live, pass};
use super::door::{Moment, Watch};
use super::scene::Scene;
use super::truth::{state, wrong_however_it_ended, wrong_when_settled};
use crate::outcome::Outcome;

/// How long nobody sweeps after a crash.
const DOWNTIMES: [Duration; 4] = [Duration::ZERO, Duration::HOUR, Duration::days(2), Duration::days(45)];

/// The longest that a rotation may take from the first sweep on: the drain, the overlap, and what the clocks are apart.
const LONGEST: Duration = Duration::days(4);

/// Longer than the tests run: the virtual time of a crash lies ahead of the machine's when somebody goes on from it.
pub(super) const HEAD_START: Duration = Duration::days(1);

/// Of the runs that find nothing to do, so that all that a crash can leave is a lease, the first of so many counts.
const IDLE_RUNS: usize = 30;

/// Set, every crash is survived: those of idle runs too, and each with every downtime, and the next rotation as well.
const EVERY_CRASH: &str = "EVERY_CRASH";

/// What a process that was killed left behind.
struct Crash {
    moment: Moment,
    number: usize,
    at: Instant,
    world: World,
}

/// All that a killed process may have left behind in one year.
#[derive(Default)]
struct Crashes {
    /// How many moments there were: two for every call.
    moments: usize,
    /// Of those between which nothing changed, the first.
    different: Vec<Crash>,
    /// How many of those there were before the run that goes on.
    before_this_run: usize,
    idle_runs: usize,
}

impl Crashes {
    fn record(&mut self, moment: Moment, world: &World) {
        self.moments += 1;
        let known = self.different.last().map(|crash| crash.world.revision());
        if known != Some(world.revision()) {
            let (number, at) = (self.moments, Instant::now());
            self.different.push(Crash { moment, number, at, world: world.fork() });
        }
    }

    fn run_ended(&mut self, outcome: &Outcome) {
        if outcome.steps == 0 {
            if !self.idle_runs.is_multiple_of(IDLE_RUNS) && !is_every_crash_wanted() {
                self.different.truncate(self.before_this_run);
            }
            self.idle_runs += 1;
        }
        self.before_this_run = self.different.len();
    }
}

#[expect(clippy::disallowed_methods, reason = "a switch of this test, which the product does not have")]
fn is_every_crash_wanted() -> bool {
    std::env::var_os(EVERY_CRASH).is_some()
}

pub(super) fn paused() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// A year without a crash, and all the crashes that there might have been.
fn lived(scene: impl FnOnce() -> Scene) -> (Scene, Crashes) {
    paused().block_on(async {
        pass(HEAD_START).await;
        let scene = scene();
        let crashes: Arc<Mutex<Crashes>> = Arc::default();
        let watch: Watch = {
            let (crashes, world) = (Arc::clone(&crashes), scene.world.clone());
            Arc::new(move |moment| {
                crashes.lock().unwrap().record(moment, &world);
                true
            })
        };
        set_clock_ahead(scene.clocks[0]);
        let app = App::start(&scene.world, &scene.wanted, watch);
        live(&scene, &app, &|outcome| {
            crashes.lock().unwrap().run_ended(outcome);
            // A run regenerates one key, and the message for the other comes back.
            assert!(outcome.failures.is_empty() || scene.breaks_readers, "{}: {outcome:?}", scene.name);
            let wrong = wrong(&scene, &scene.world, outcome, is_settled(outcome));
            assert!(wrong.is_empty(), "{}: {}\n{}", scene.name, wrong.join("; "), state(&scene.world));
        })
        .await;
        drop(app);
        let crashes = std::mem::take(&mut *crashes.lock().unwrap());
        (scene, crashes)
    })
}

fn wrong(scene: &Scene, world: &World, outcome: &Outcome, is_settled: bool) -> Vec<String> {
    let mut wrong = wrong_however_it_ended(scene, world, outcome);
    if is_settled {
        wrong.extend(wrong_when_settled(scene, world));
    }
    wrong
}

/// Another process goes on from a crash, woken by nothing but the sweeps.
///
/// # Errors
///
/// What is wrong with that.
fn survive(scene: &Scene, crash: &Crash, downtime: Duration) -> Result<(), String> {
    let world = crash.world.fork();
    let survived = paused().block_on(async {
        tokio::time::sleep_until(crash.at).await;
        pass(downtime).await;
        set_clock_ahead(scene.clocks[1]);
        let app = App::start(&world, &scene.wanted, Arc::new(|_| true));
        settle(scene, &world, &app).await?;
        if is_every_crash_wanted() {
            // The next rotation, to its end.
            pass(Duration::days(62)).await;
            settle(scene, &world, &app).await?;
        }
        Ok(())
    });
    survived.map_err(|wrong: String| {
        let Crash { moment, number, .. } = crash;
        let name = scene.name;
        format!(
            "{name}: killed at moment {number}, {moment:?}, down for {downtime}: {wrong}\n{}",
            state(&world)
        )
    })
}

/// Sweeps until nothing is left to do.
async fn settle(scene: &Scene, world: &World, app: &App) -> Result<(), String> {
    let began = azure_sandbox::now();
    // What the process that died took for due may not be due by the clock of this one, which finishes it once it is.
    let [before, now] = scene.clocks;
    let clocks_agree = began + (before - now).max(Duration::ZERO);
    let mut timer = Timer::default();
    loop {
        let outcome = app.work(&timer.message()).await.unwrap();
        let is_settled = is_settled(&outcome) && clocks_agree <= azure_sandbox::now();
        let wrong = wrong(scene, world, &outcome, is_settled);
        if !wrong.is_empty() {
            return Err(wrong.join("; "));
        }
        if is_settled {
            return Ok(());
        }
        if LONGEST < azure_sandbox::now() - began {
            return Err(format!("not settled after {LONGEST}: {outcome:?}"));
        }
        timer.next_after(&outcome).await;
    }
}

/// Goes on from every crash, on two threads; what was wrong, as soon as each has found something.
fn survive_all(scene: &Scene, crashes: &Crashes) -> (usize, Vec<String>) {
    let downtimes = |index: usize| {
        let chosen = index % DOWNTIMES.len();
        if is_every_crash_wanted() { &DOWNTIMES[..] } else { &DOWNTIMES[chosen..=chosen] }
    };
    let jobs = crashes.different.iter().enumerate();
    let jobs: VecDeque<_> = jobs
        .flat_map(|(index, crash)| downtimes(index).iter().map(move |downtime| (crash, *downtime)))
        .collect();
    let count = jobs.len();
    let jobs = Mutex::new(jobs);
    let next = || jobs.lock().unwrap().pop_front();
    let first_wrong =
        || std::iter::from_fn(next).find_map(|(crash, downtime)| survive(scene, crash, downtime).err());
    let wrong = std::thread::scope(|threads| {
        let workers: Vec<_> = (0..2).map(|_| threads.spawn(first_wrong)).collect();
        workers.into_iter().filter_map(|worker| worker.join().unwrap()).collect()
    });
    (count, wrong)
}

#[track_caller]
fn survives_every_crash(scene: impl FnOnce() -> Scene) {
    let (scene, crashes) = lived(scene);
    let (survived, wrong) = survive_all(&scene, &crashes);
    let Crashes { moments, different, .. } = &crashes;
    println!(
        "{}: {moments} moments at which the process may be killed, {} of which leave something of their own; \
         survived {survived} crashes",
        scene.name,
        different.len(),
    );
    for crash in different {
        println!("  {:>5} {}", crash.number, crash.moment);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

macro_rules! survives_every_crash {
    ($($year:ident)*) => {$(
        #[test]
        fn $year() {
            survives_every_crash(Scene::$year);
        }
    )*};
}

survives_every_crash! {
    a_plain_year
    a_year_with_retirement
    a_year_with_a_forced_rotation
    a_year_with_leaked_keys
    a_year_that_begins_with_the_enrolment
    a_year_that_begins_with_an_untagged_secret
    a_year_in_which_resyncs_write_system_datastores
    a_year_without_ages_of_keys
    a_year_with_clocks_apart
    a_year_with_holders_on_the_alternate_key
    a_year_with_a_key_that_somebody_regenerates
}
