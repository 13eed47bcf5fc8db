//! Random lives: worlds, policies, people and crashes that nobody thought of.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use azure_sandbox::{KeyName, World};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rotation::{Decision, Forced};
use time::Duration;

use super::app::{App, Wanted, set_clock_ahead};
use super::calendar::{Timer, is_settled, pass, target};
use super::crashes::paused;
use super::furnished::{Furniture, declaration, world};
use super::hands::Deed;
use super::scene::{APART, Scene, rotating};
use super::truth::{state, wrong_however_it_ended, wrong_when_settled};
use crate::activation::Activation;
use crate::outcome::{End, Outcome};
use crate::seeded::{Seed, count};

/// Lives in a run of the test, unless [`LIVES`] says otherwise.
const USUAL_LIVES: u32 = 8;

/// How many lives are lived.
const LIVES: &str = "YEAR_LIVES";

/// The seed of the lives, in 64 hexadecimal digits; a random one otherwise, which is printed.
const SEED: &str = "YEAR_SEED";

/// Long enough for two rotations.
const LENGTH: Duration = Duration::days(70);

/// After the last deed and crash, what can be done was done: the drain and the overlap, twice, and the clocks.
const PEACE: Duration = Duration::days(10);

/// One random life.
#[derive(Debug, Clone)]
struct Life {
    furniture: Furniture,
    declared: bool,
    retires: bool,
    /// In hours.
    overlap: i64,
    /// In hours.
    drain: i64,
    /// In seconds.
    resync: u64,
    /// In seconds.
    data_plane_lag: u64,
    resyncs_rewrite: bool,
    /// What happens when, in hours from the beginning.
    deeds: Vec<(i64, Deed)>,
    /// Each process dies after so many moments, and the next one comes so many hours later, with a clock that is so many
    /// seconds ahead.
    deaths: Vec<(usize, i64, i64)>,
}

fn any_life() -> impl Strategy<Value = Life> {
    let slot = || prop_oneof![Just(KeyName::Key1), Just(KeyName::Key2)];
    let furniture =
        (slot(), proptest::option::of(slot()), 40..75_i64, any::<bool>(), slot(), any::<[bool; 2]>());
    let furniture = furniture.prop_map(|(one, two, age, records_key_ages, last_holder, unusual)| {
        let two = two.map(|slot| ("ws-two", slot));
        Furniture {
            workspaces: [("ws-one", one)].into_iter().chain(two).collect(),
            age,
            records_key_ages,
            has_secret: unusual != [true, true],
            last_holder,
        }
    });
    let policy = (any::<bool>(), any::<bool>(), 1..48_i64, 0..48_i64);
    let azure = (0..200_u64, 0..90_u64, any::<bool>());
    let deeds = vec((0..LENGTH.whole_hours(), Deed::any()), 0..5);
    let skew = -APART.whole_seconds()..APART.whole_seconds();
    let deaths = vec((0..900_usize, 0..200_i64, skew), 0..5);
    (furniture, policy, azure, deeds, deaths).prop_map(|(furniture, policy, azure, deeds, deaths)| Life {
        // What is not there cannot be tagged.
        declared: policy.0 || !furniture.has_secret,
        furniture,
        retires: policy.1,
        overlap: policy.2,
        drain: policy.3,
        resync: azure.0,
        data_plane_lag: azure.1,
        resyncs_rewrite: azure.2,
        deeds,
        deaths,
    })
}

impl Life {
    fn wanted(&self) -> Wanted {
        let mut wanted = rotating();
        wanted.policy.overlap = Duration::hours(self.overlap);
        wanted.policy.drain = Duration::hours(self.drain);
        wanted.policy.retire_after = Some(Duration::days(7)).filter(|_| self.retires);
        wanted.declared.extend(Some(declaration()).filter(|_| self.declared));
        wanted
    }

    fn world(&self) -> World {
        let world = world(&self.furniture, std::time::Duration::from_secs(self.resync));
        world.adjust(|azure| {
            azure.data_plane_lag = std::time::Duration::from_secs(self.data_plane_lag);
            azure.resync_rewrites_system_datastores = self.resyncs_rewrite;
            azure.overlap = Duration::hours(self.overlap);
            azure.drain = Duration::hours(self.drain);
        });
        world
    }

    fn scene(&self) -> Scene {
        Scene {
            name: "a random life",
            world: self.world(),
            wanted: self.wanted(),
            length: LENGTH,
            events: Vec::new(),
            clocks: [Duration::ZERO; 2],
            follows: self.resyncs_rewrite,
            tokens_may_be_lost: self.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Regenerate(_))),
            breaks_readers: self.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Compromise(_))),
            regenerations: |_| 0..=usize::MAX,
        }
    }

    /// Lives it.
    ///
    /// # Errors
    ///
    /// What went wrong.
    async fn live(&self) -> Result<(), String> {
        let scene = self.scene();
        let world = &scene.world;
        let mut deaths = self.deaths.iter().copied();
        let mut deeds: Vec<(Duration, Deed)> =
            self.deeds.iter().map(|(hours, deed)| (Duration::hours(*hours), *deed)).collect();
        let (began, mut timer) = (azure_sandbox::now(), Timer::default());
        let mut death = deaths.next();
        let mut app = start(&scene, death);
        loop {
            let age = azure_sandbox::now() - began;
            let mut forced: Option<Forced> = None;
            while let Some(at) = deeds.iter().position(|(due, _)| *due <= age) {
                let (due, deed) = deeds.remove(at);
                deed.happen(world);
                forced = deed.forced(world).or(forced);
                deeds.extend(deed.next().map(|(later, deed)| (due + later, deed)));
            }
            let message = match forced {
                Some(forced) => Activation::new(target(), "somebody").forced(Some(forced)),
                None => timer.message(),
            };
            let Some(outcome) = app.work(&message).await else {
                let (_, hours, _) = death.take().ok_or("killed by nobody")?;
                pass(Duration::hours(hours)).await;
                death = deaths.next();
                app = start(&scene, death);
                continue;
            };
            let wrong = wrong_however_it_ended(&scene, world, &outcome);
            if !wrong.is_empty() {
                return Err(format!("after {age}: {}\n{}", wrong.join("; "), state(world)));
            }
            if LENGTH + PEACE < age {
                return self.rests(&scene, &outcome);
            }
            timer.next_after(&outcome).await;
        }
    }

    /// Whether it came to rest: nothing is left to do, or a person is told what to mend.
    fn rests(&self, scene: &Scene, outcome: &Outcome) -> Result<(), String> {
        let wrong = match &outcome.end {
            _ if is_settled(outcome) => wrong_when_settled(scene, &scene.world),
            End::Decided(Decision::Blocked(_) | Decision::Ignore(_)) => Vec::new(),
            _ => vec![format!("not at rest: {outcome:?}")],
        };
        if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n{}", wrong.join("; "), state(&scene.world))) }
    }
}

/// A process that dies after so many moments, if it does.
fn start(scene: &Scene, death: Option<(usize, i64, i64)>) -> App {
    let (moments, _, ahead) = death.unwrap_or((usize::MAX, 0, 0));
    set_clock_ahead(Duration::seconds(ahead));
    let left = AtomicUsize::new(moments);
    let lives_on =
        move |_| left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
    App::start(&scene.world, &scene.wanted, Arc::new(lives_on))
}

#[test]
fn no_life_leaves_anybody_on_a_dead_key() {
    let seed = Seed::of_variable(SEED);
    let digits = seed.digits();
    let lives = count(LIVES).unwrap_or(USUAL_LIVES);
    println!("{lives} lives, {SEED}={digits}");
    let config =
        Config { cases: lives, failure_persistence: None, max_shrink_iters: 30, ..Config::default() };
    let ended = TestRunner::new_with_rng(config, seed.random())
        .run(&any_life(), |life| paused().block_on(life.live()).map_err(TestCaseError::fail));
    if let Err(wrong) = ended {
        panic!("{SEED}={digits}: {wrong}");
    }
}
