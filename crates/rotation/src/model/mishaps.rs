//! What happens beside rotations, whatever the clocks say: a pair without a secret, a key made by hand, a key that leaked.

use time::Duration;

use super::world::START;
use super::years::worlds;
use super::{End, Fault, World};
use crate::fixtures::SECOND;
use crate::{Decision, KeyName};

/// Ten days in, when everything has rested.
fn rested(world: &World) -> World {
    World { now: START + Duration::days(10), ..world.clone() }
}

fn assert_up_to_date(end: &End, world: &World) {
    assert!(matches!(end, End::Decided(Decision::UpToDate { .. })), "{end:?} {world:?}");
    for holder in &world.holders {
        assert_eq!(holder.holds, world.version.value, "left behind: {world:?}");
    }
}

/// For a week after it was published by us no key dies.
fn assert_a_week_of_rest(world: &World) {
    let made = world.keys_made;
    for pause in [Duration::ZERO, Duration::hours(25), Duration::days(7) - SECOND] {
        for instance in [0, 1] {
            let mut later = World { now: world.version.published + pause, ..world.clone() };
            let end = later.run(instance, Fault::Nothing);
            assert_up_to_date(&end, &later);
            assert_eq!(later.keys_made, made, "{later:?}");
        }
    }
}

pub(super) fn a_pair_without_a_secret_is_enrolled_once_and_then_rests_for_a_week(world: &World) {
    for holds in KeyName::BOTH {
        let mut world = World { declared: true, has_secret: false, ..rested(world) };
        world.holders[0].holds = world.key(holds).value;
        let end = world.run(0, Fault::Nothing);
        assert_up_to_date(&end, &world);
        assert_eq!((world.held(), world.version.number), (Some(holds), 2), "{world:?}");
        assert_a_week_of_rest(&world);
    }
}

pub(super) fn a_key_that_somebody_made_by_hand_is_healed_in_one_run_and_then_rests_for_a_week(world: &World) {
    for (declared, was_another) in [(true, false), (false, true)] {
        let mut world = World { declared, ..rested(world) };
        if was_another {
            world.earlier.push(world.key2.value);
        }
        world.make_key(KeyName::Key1);
        let end = world.run(0, Fault::Nothing);
        assert_up_to_date(&end, &world);
        assert_a_week_of_rest(&world);
    }
    let mut not_ours = rested(world);
    not_ours.make_key(KeyName::Key1);
    let end = not_ours.run(0, Fault::Nothing);
    assert!(matches!(end, End::Decided(Decision::Blocked(_))), "{end:?} {not_ours:?}");
}

/// Killed after any write; the message comes back, and again when it was done with; then it is as if it had been sent
/// once. If it was lost a later run goes on with it all the same, once it was written down.
#[test]
fn a_forced_run_rotates_once() {
    for (kill_after, is_lost) in (0..5).flat_map(|writes| [(writes, false), (writes, true)]) {
        for world in worlds() {
            let mut world = rested(&world);
            world.dates_new_keys = true;
            world.ask(None);
            let asked = world.asked.clone();
            world.run(0, Fault::KilledAfter(kill_after));
            if is_lost && 1 <= kill_after {
                world.asked = None;
            }
            world.now += Duration::minutes(2);
            let end = world.run(1, Fault::Nothing);
            assert_up_to_date(&end, &world);
            world.asked = asked;
            let end = world.run(0, Fault::Nothing);
            assert_up_to_date(&end, &world);
            assert_eq!((world.publications, world.keys_made), (1, 3), "{kill_after}: {world:?}");
        }
    }
}

#[test]
fn a_key_that_leaked_is_dead_after_two_runs() {
    for (leaked, kill_after) in
        KeyName::BOTH.into_iter().flat_map(|key| (0..7).map(move |writes| (key, writes)))
    {
        for world in worlds() {
            let mut world = rested(&world);
            world.ask(Some(leaked));
            let value = world.key(leaked).value;
            world.run(0, Fault::KilledAfter(kill_after));
            for instance in [1, 0, 1] {
                world.now += Duration::minutes(2);
                let end = world.run(instance, Fault::Nothing);
                if !end.comes_back() {
                    assert_up_to_date(&end, &world);
                }
            }
            let alive = KeyName::BOTH.into_iter().any(|name| world.key(name).value == value);
            assert!(!alive, "what leaked is alive: {kill_after} {world:?}");
            assert_eq!(world.version.compromised.to_tag(), None, "{kill_after} {world:?}");
        }
    }
}
