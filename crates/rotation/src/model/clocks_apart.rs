//! Whatever the clocks say: what must hold in true time, in worlds whose clocks are apart and whose ages may be unknown.

use proptest::prelude::{Strategy, any, proptest};
use time::{Duration, OffsetDateTime};

use super::mishaps::{
    a_key_that_somebody_made_by_hand_is_healed_in_one_run_and_then_rests_for_a_week,
    a_pair_without_a_secret_is_enrolled_once_and_then_rests_for_a_week,
};
use super::world::{START, complete_tags};
use super::{Clocks, End, Fault, World};
use crate::fixtures::SECOND;
use crate::{Breadth, Decision, KeyName, Policy, Run, decide};

/// How long after the truth the clocks may have us wait: ours behind by 15 minutes, and 15 more for the safe side.
const LATEST: Duration = Duration::minutes(30);

/// Every combination of clocks, and of what the account knows of the ages of its keys.
fn in_every_world(property: fn(&World)) {
    for clocks in Clocks::every() {
        for [key1, key2] in [[true, true], [true, false], [false, true], [false, false]] {
            let mut world = World::new(clocks);
            (world.key1.dated, world.key2.dated) = (key1, key2);
            property(&world);
        }
    }
}

/// Any clocks, ages, rests and validity; the shortest is refused by a second.
pub(super) fn any_world() -> impl Strategy<Value = World> {
    let ages = (any::<bool>(), any::<bool>(), any::<bool>());
    let rests = (3_600..=200_000_i64, 3_600..=200_000_i64, 0..=400_i64);
    (Clocks::any(), ages, rests).prop_map(|(clocks, ages, (overlap, drain, longer))| {
        let mut world = World::new(clocks);
        (world.key1.dated, world.key2.dated, world.dates_new_keys) = ages;
        let [overlap, drain] = [overlap, drain].map(Duration::seconds);
        world.policy = Policy { overlap, drain, ..world.policy };
        world.validity = Duration::days(37 + overlap.whole_days() + 1 + longer);
        world.version.tags = complete_tags(KeyName::Key1, world.validity);
        world.version.expires = Some(START + clocks.ours[0] + world.validity);
        world
    })
}

/// Tests each property in every world, and all of them in any world.
macro_rules! properties {
    ($($property:ident)*) => {
        mod every_world {
            $(
                #[test]
                fn $property() {
                    super::in_every_world(super::$property);
                }
            )*
        }

        const PROPERTIES: &[fn(&World)] = &[$($property),*];
    };
}
properties! {
    both_keys_work_for_the_whole_overlap
    a_key_rests_for_the_whole_drain
    a_key_rests_for_the_whole_drain_where_holders_have_no_date
    what_was_made_for_this_rotation_is_not_made_again
    what_is_older_than_the_version_is_not_published
    the_event_finds_the_target_due
    nothing_is_due_for_a_week_after_a_publish
    looks_are_whole_for_two_days_after_a_change
    who_cannot_be_read_is_moved_after_each_publish
    a_pair_without_a_secret_is_enrolled_once_and_then_rests_for_a_week
    a_key_that_somebody_made_by_hand_is_healed_in_one_run_and_then_rests_for_a_week
}

proptest! {
    #[test]
    fn every_property_holds_in_any_world(world in any_world()) {
        for property in PROPERTIES {
            property(&world);
        }
    }
}

fn both_keys_work_for_the_whole_overlap(world: &World) {
    let mut world = world.clone();
    world.move_expiry(START + Duration::days(29));
    let over = START + world.policy.overlap;
    for instance in [0, 1] {
        assert!(!regenerates(&world, over - SECOND, instance), "{world:?}");
        assert!(regenerates(&world, over + LATEST, instance), "{world:?}");
    }
}

fn a_key_rests_for_the_whole_drain(world: &World) {
    let mut world = world.clone();
    become_due(&mut world);
    world.write_by_hand(0, world.published().value);
    let rested = world.now + world.policy.drain;
    for instance in [0, 1] {
        assert!(!regenerates(&world, rested - SECOND, instance), "{world:?}");
        assert!(regenerates(&world, rested + LATEST, instance), "{world:?}");
    }
}

fn a_key_rests_for_the_whole_drain_where_holders_have_no_date(world: &World) {
    let mut world = world.clone();
    become_due(&mut world);
    world.holders[0].dated = false;
    world.write_by_hand(0, world.alternate().value);
    assert!(matches!(world.run(0, Fault::Nothing), End::Decided(Decision::Wait { .. })), "{world:?}");
    let rested = world.now + world.policy.drain;
    for instance in [0, 1] {
        assert!(!regenerates(&world, rested - SECOND, instance), "{world:?}");
        assert!(regenerates(&world, rested + LATEST * 2, instance), "{world:?}");
    }
}

fn what_was_made_for_this_rotation_is_not_made_again(world: &World) {
    for instance in [0, 1] {
        let Clocks { ours, vault, .. } = world.clocks;
        // The first second at which it is due, and the first at which the overlap is over.
        let mut when_due = World { now: START + Duration::days(10), ..world.clone() };
        when_due.move_expiry(when_due.our_time(instance) + Duration::days(30) + Duration::hours(1));
        let mut when_rested = world.clone();
        when_rested.now += vault + world.policy.overlap + Duration::minutes(15) - ours[instance];
        when_rested.move_expiry(START + Duration::days(29));
        for mut world in [when_due, when_rested] {
            world.run(instance, Fault::KilledAfter(1));
            let made = world.alternate().value;
            assert!(world.version.made_for_the_next.contains(&made), "nothing was regenerated: {world:?}");
            if !world.alternate().dated {
                continue;
            }
            let later = [(Duration::ZERO, 0), (Duration::ZERO, 1), (LATEST, 1), (Duration::days(20), 0)];
            for (pause, next) in later {
                let mut later = World { now: world.now + pause, ..world.clone() };
                later.run(next, Fault::Nothing);
                assert_eq!(later.keys_made, world.keys_made, "made again: {later:?}");
                // By the other clock it may not be due yet.
                assert!(later.published().value == made || pause < LATEST, "not published: {later:?}");
            }
        }
    }
}

fn what_is_older_than_the_version_is_not_published(world: &World) {
    let mut world = world.clone();
    become_due(&mut world);
    world.make_key(KeyName::Key2);
    for gap in [Duration::ZERO, SECOND, LATEST] {
        let mut world = world.clone();
        world.now += gap;
        world.publish_by_hand(KeyName::Key1);
        world.move_expiry(world.now + Duration::days(29));
        for pause in [Duration::ZERO, SECOND, LATEST] {
            for instance in [0, 1] {
                let mut later = World { now: world.now + pause, ..world.clone() };
                later.run(instance, Fault::Nothing);
                assert_eq!(later.version.key, KeyName::Key1);
            }
        }
    }
}

fn the_event_finds_the_target_due(world: &World) {
    let mut world = world.clone();
    let clocks = world.clocks;
    for _ in 0..2 {
        let expires = world.version.expires.unwrap();
        world.now = expires - Duration::days(30) - clocks.vault;
        for instance in [0, 1] {
            let end = world.clone().run(instance, Fault::KilledAfter(0));
            assert!(!matches!(end, End::Decided(Decision::UpToDate { .. })), "{world:?}");
        }
        let before = world.version.published;
        world.run(1, Fault::Nothing);
        assert!(before < world.version.published, "not rotated: {world:?}");
    }
}

fn nothing_is_due_for_a_week_after_a_publish(world: &World) {
    for by in [0, 1] {
        // For so long no run published the key that was made for it; its own age would have it replaced at once.
        for late in [Duration::ZERO, Duration::days(500)] {
            let mut world = world.clone();
            become_due(&mut world);
            world.run(by, Fault::KilledAfter(1));
            world.now += late;
            world.run(by, Fault::Nothing);
            assert_eq!(world.version.published, world.now, "not rotated: {world:?}");
            world.now += Duration::days(7) - SECOND;
            for instance in [0, 1] {
                let end = world.clone().run(instance, Fault::Nothing);
                assert!(matches!(end, End::Decided(Decision::UpToDate { .. })), "{end:?} {world:?}");
            }
        }
    }
}

fn looks_are_whole_for_two_days_after_a_change(world: &World) {
    let mut world = world.clone();
    let check = |world: &mut World| {
        world.now += Duration::hours(48) - SECOND;
        for instance in [0, 1] {
            let observation = world.observe(Breadth::Narrow, instance, &mut Run::default());
            let decision = decide(&observation, &world.policy, world.our_time(instance));
            assert!(matches!(decision, Decision::LookWhole(_)), "{decision:?} {world:?}");
        }
    };
    check(&mut world);
    world.now += Duration::days(4);
    world.make_key(KeyName::Key2);
    if world.key2.dated {
        check(&mut world);
    }
}

fn who_cannot_be_read_is_moved_after_each_publish(world: &World) {
    let mut world = world.clone();
    become_due(&mut world);
    world.holders[0].readable = false;
    world.run(0, Fault::Nothing);
    assert!(world.holders[0].by_us, "not moved: {world:?}");
    for pause in [Duration::ZERO, SECOND, LATEST - SECOND] {
        let mut world = world.clone();
        world.dates_new_keys = true;
        world.now += pause;
        world.make_key(KeyName::Key2);
        let end = world.run(1, Fault::Nothing);
        assert_eq!(world.version.key, KeyName::Key2, "not published: {world:?}");
        assert_eq!(world.holders[0].holds, world.published().value, "left behind: {world:?}");
        assert!(matches!(end, End::Decided(Decision::UpToDate { .. })), "{end:?} {world:?}");
        let published = world.now;
        for _ in 0..6 {
            world.now += Duration::hours(1);
            world.run(0, Fault::Nothing);
        }
        let last_written = world.holders[0].written;
        assert!(last_written <= published + Duration::hours(2), "written for ever: {world:?}");
    }
}

/// Ten days on, the expiry is moved to where the target is due.
fn become_due(world: &mut World) {
    world.now += Duration::days(10);
    world.move_expiry(world.now + Duration::days(29));
}

/// Whether a run by that instance at that time regenerates a key; this world stays as it is.
fn regenerates(world: &World, now: OffsetDateTime, instance: usize) -> bool {
    let mut then = World { now, ..world.clone() };
    then.run(instance, Fault::KilledAfter(1));
    world.keys_made < then.keys_made
}
