//! A year of events, for every combination of ages that are missing: how often keys are made and published.

use time::Duration;

use super::world::{START, TrueHolder};
use super::{Clocks, End, Fault, World};
use crate::{Breadth, Decision};

const YEAR: Duration = Duration::days(365);
/// A sweep a day, and for each rotation the event and a run that goes wrong.
const MOST_RUNS: u32 = 400;

/// Clocks that are right, and those that are farthest off.
fn clocks() -> [Clocks; 3] {
    let [ahead, right, behind] = [15, 0, -15].map(Duration::minutes);
    [
        Clocks::TRUE,
        Clocks { ours: [right, right], vault: ahead, arm: behind },
        Clocks { ours: [ahead, behind], vault: right, arm: right },
    ]
}

/// Every combination of ages that an account may know: of `key1`, of `key2`, and of the keys that it will make; and
/// whether Azure dates the holder.
pub(super) fn worlds() -> impl Iterator<Item = World> {
    let flags = |bits: u8| [0, 1, 2, 3].map(|bit| bits >> bit & 1 == 1);
    clocks().into_iter().flat_map(move |clocks| {
        (0..16).map(flags).map(move |[key1, key2, new_keys, holder]| {
            let mut world = World::new(clocks);
            (world.key1.dated, world.key2.dated, world.dates_new_keys) = (key1, key2, new_keys);
            world.holders[0].dated = holder;
            world
        })
    })
}

impl World {
    /// A year in which the event comes, a sweep every day, and what failed after two minutes. The first run of each
    /// rotation goes wrong in that way.
    fn live_a_year(&mut self, fault: Fault) {
        let mut sweep = START;
        let mut instance = 0;
        let mut went_wrong = None;
        for runs in 0.. {
            if START + YEAR <= self.now {
                return;
            }
            assert!(runs < MOST_RUNS, "does not come to rest: {self:?}");
            let is_due = self.event() + self.clocks.vault - Duration::HOUR <= self.our_time(instance);
            let version = Some(self.version.published);
            let goes_wrong = is_due && went_wrong != version;
            // What a sweep asks for is a whole look.
            let breadth = if sweep <= self.now { Breadth::Whole } else { Breadth::Narrow };
            let end = self.run_from(breadth, instance, if goes_wrong { fault } else { Fault::Nothing });
            if goes_wrong {
                went_wrong = version;
            }
            instance = 1 - instance;
            while sweep <= self.now {
                sweep += Duration::DAY;
            }
            let event = Some(self.event()).filter(|event| self.now < *event);
            let again = match end {
                End::Killed | End::Decided(Decision::Unfinished(_)) => Some(self.now + Duration::minutes(2)),
                End::Decided(Decision::UpToDate { .. } | Decision::Wait { .. }) => None,
                End::Decided(other) => panic!("{other:?} {self:?}"),
            };
            self.now = [Some(sweep), event, again].into_iter().flatten().min().unwrap();
        }
    }

    fn keys_made_by_us(&self) -> u8 {
        self.keys_made - 2
    }
}

/// 90 days less the 30 of the window: six times a year.
const ROTATIONS: u8 = 6;

#[test]
fn a_year_has_as_many_keys_as_rotations_whatever_ages_are_missing() {
    for mut world in worlds() {
        world.live_a_year(Fault::Nothing);
        assert_eq!((world.publications, world.keys_made_by_us()), (ROTATIONS, ROTATIONS), "{world:?}");
    }
}

/// Killed before the publish, after an answer that was lost, or with a vault that takes no version: the key is found by
/// its age, and is not made again.
#[test]
fn a_key_whose_age_is_known_is_made_once_a_rotation_whatever_goes_wrong() {
    for fault in [Fault::KilledAfter(0), Fault::KilledAfter(1), Fault::AnswerLost, Fault::PublishRefused] {
        for mut world in worlds().filter(|world| world.dates_new_keys) {
            world.live_a_year(fault);
            assert_eq!((world.publications, world.keys_made_by_us()), (ROTATIONS, ROTATIONS), "{world:?}");
        }
    }
}

/// Where no age is known the next run makes the key again, which harms nobody: nobody has it before it is published. It
/// is made once a run, and with the run that publishes it that is over.
#[test]
fn a_key_whose_age_is_not_known_is_made_once_a_run() {
    for fault in [Fault::KilledAfter(1), Fault::AnswerLost, Fault::PublishRefused] {
        for mut world in worlds().filter(|world| !world.dates_new_keys) {
            world.live_a_year(fault);
            assert_eq!(
                (world.publications, world.keys_made_by_us()),
                (ROTATIONS, 2 * ROTATIONS),
                "{world:?}"
            );
        }
    }
}

/// Each rotation finds somebody on the key that is to be made, moves them, and waits a day.
#[test]
fn a_rotation_waits_once_for_whoever_had_to_be_moved_first() {
    for mut world in worlds() {
        for _ in 0..5 {
            world.now = world.event();
            world.write_by_hand(0, world.alternate().value);
            let end = world.run(0, Fault::Nothing);
            assert!(matches!(end, End::Decided(Decision::Wait { .. })), "{end:?} {world:?}");
            world.now += Duration::hours(25);
            let end = world.run(1, Fault::Nothing);
            assert!(matches!(end, End::Decided(Decision::UpToDate { .. })), "{end:?} {world:?}");
        }
        assert_eq!((world.publications, world.keys_made_by_us()), (5, 5), "{world:?}");
        assert!(world.now < START + YEAR);
    }
}

/// A key that was retired is younger than the published one, and yet was not made for the next rotation.
#[test]
fn a_year_with_retirement_has_no_more_rotations() {
    for mut world in worlds() {
        let known = [world.key1.dated, world.key2.dated, world.dates_new_keys];
        world.policy.retire_after = Some(Duration::days(7));
        world.live_a_year(Fault::Nothing);
        assert_eq!(world.publications, ROTATIONS, "{world:?}");
        // The alternate of the beginning, and the one before each rotation but the last, which is too late in the year.
        match known {
            [true, true, true] => assert_eq!(world.keys_made_by_us(), 2 * ROTATIONS, "{world:?}"),
            [.., false] => assert!(world.keys_made_by_us() <= ROTATIONS + 1, "{world:?}"),
            _ => assert!((2 * ROTATIONS - 2..2 * ROTATIONS).contains(&world.keys_made_by_us()), "{world:?}"),
        }
    }
}

/// The workspace takes `key1` at each resync, and its system datastores with it. Without a date nobody can tell that from
/// somebody who registers the alternate key again and again, and a person is asked.
#[test]
fn a_year_in_which_a_resync_writes_system_datastores_has_as_many_rotations() {
    for mut world in worlds().filter(|world| world.holders[0].dated) {
        world.resyncs_write = true;
        let first = world.holders[0];
        world.holders[0] = TrueHolder { is_default: true, is_system: true, ..first };
        world.holders.extend([TrueHolder { is_system: true, ..first }, first]);
        world.live_a_year(Fault::Nothing);
        assert_eq!((world.publications, world.keys_made_by_us()), (ROTATIONS, ROTATIONS), "{world:?}");
    }
}
