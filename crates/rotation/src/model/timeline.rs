//! Random months: time passes, runs go wrong, people meddle. What [`truth`](super::truth) says holds at each write, and
//! a world that is left alone comes to rest.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::sample::select;
use time::{Duration, OffsetDateTime};

use super::clocks_apart::any_world;
use super::world::TrueHolder;
use super::{Clocks, End, Fault, World};
use crate::fixtures::DEAD;
use crate::{Breadth, Decision};

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Pause(Duration),
    /// Time passes until so long after that instant, if it is not over.
    PauseUntil(Instant, Duration),
    Run(usize, Fault),
    /// Somebody registers a key with that holder.
    WriteByHand(usize, Which),
    MakeAlternateByHand,
    PublishByHand(Which),
    /// Somebody moves the expiry to so long from now.
    MoveExpiry(Duration),
    RemoveExpiry,
}

/// An instant on which a decision turns, in true time, but for the clocks.
#[derive(Debug, Clone, Copy)]
enum Instant {
    Due,
    OverlapOver,
    Drained,
}

#[derive(Debug, Clone, Copy)]
enum Which {
    Published,
    Alternate,
    Dead,
}

fn happening() -> impl Strategy<Value = Happening> {
    let around = || prop_oneof![-1..=1_i64, -2_700..=2_700_i64].prop_map(Duration::seconds);
    let instant = select(vec![Instant::Due, Instant::OverlapOver, Instant::Drained]);
    let pause = prop_oneof![0..=1_800_i64, 0..=200_000_i64, 0..=2_000_000_i64].prop_map(Duration::seconds);
    let fault = prop_oneof![
        3 => Just(Fault::Nothing),
        2 => (0..4_usize).prop_map(Fault::KilledAfter),
        1 => Just(Fault::AnswerLost),
        1 => Just(Fault::PublishRefused),
    ];
    let which = select(vec![Which::Published, Which::Alternate, Which::Dead]);
    let live = select(vec![Which::Published, Which::Alternate]);
    prop_oneof![
        2 => pause.prop_map(Happening::Pause),
        4 => (instant, around()).prop_map(|(instant, by)| Happening::PauseUntil(instant, by)),
        6 => (0..2_usize, fault).prop_map(|(instance, fault)| Happening::Run(instance, fault)),
        2 => (0..3_usize, which).prop_map(|(holder, which)| Happening::WriteByHand(holder, which)),
        1 => Just(Happening::MakeAlternateByHand),
        1 => live.prop_map(Happening::PublishByHand),
        1 => (-100..=4_000_i64).prop_map(|hours| Happening::MoveExpiry(Duration::hours(hours))),
        1 => Just(Happening::RemoveExpiry),
    ]
}

proptest! {
    #[test]
    fn no_months_make_a_key_die_too_early(mut world in any_world(), happenings in vec(happening(), 0..40)) {
        add_holders(&mut world);
        for happening in happenings {
            world.suffer(happening);
        }
        world.come_to_rest();
    }

    #[test]
    fn no_months_make_what_is_dated_twice(clocks in Clocks::any(), runs in vec(any::<(bool, u8)>(), 0..40)) {
        let mut world = World::new(clocks);
        for (instance, kill_after) in runs {
            world.suffer(Happening::PauseUntil(Instant::Due, Duration::ZERO));
            world.suffer(Happening::Run(usize::from(instance), Fault::KilledAfter(usize::from(kill_after % 4))));
            world.now += Duration::minutes(40);
        }
        assert!(world.keys_made - 2 <= world.publications + 1, "{world:?}");
    }
}

/// Beside the first: one without a date, and one that cannot be read.
fn add_holders(world: &mut World) {
    let first = world.holders[0];
    world.holders.push(TrueHolder { dated: false, ..first });
    world.holders.push(TrueHolder { readable: false, ..first });
}

impl World {
    fn suffer(&mut self, happening: Happening) {
        match happening {
            Happening::Pause(pause) => self.now += pause,
            Happening::PauseUntil(instant, by) => self.now = self.now.max(self.when(instant) + by),
            Happening::Run(instance, fault) => drop(self.run(instance, fault)),
            Happening::WriteByHand(holder, which) => {
                let value = match which {
                    Which::Published => self.published().value,
                    Which::Alternate => self.alternate().value,
                    Which::Dead => DEAD,
                };
                self.write_by_hand(holder, value);
            }
            Happening::MakeAlternateByHand => self.make_key(self.version.key.alternate()),
            Happening::PublishByHand(Which::Alternate) => self.publish_by_hand(self.version.key.alternate()),
            Happening::PublishByHand(_) => self.publish_by_hand(self.version.key),
            Happening::MoveExpiry(from_now) => self.move_expiry(self.now + from_now),
            Happening::RemoveExpiry => self.version.expires = None,
        }
    }

    fn when(&self, instant: Instant) -> OffsetDateTime {
        let skew = Duration::minutes(15);
        match instant {
            Instant::Due => match self.version.expires {
                Some(expires) => expires - Duration::days(30) - Duration::hours(1),
                None => self.now,
            },
            Instant::OverlapOver => self.version.published + self.policy.overlap + skew,
            Instant::Drained => {
                let last_written = self.holders.iter().map(|holder| holder.written).max();
                last_written.unwrap() + self.policy.drain + skew
            }
        }
    }

    /// Nobody meddles any more, and every hour there is a run; a daily one looks at everything.
    fn come_to_rest(&mut self) {
        self.version.expires.get_or_insert(self.now + self.validity);
        let mut end = End::Killed;
        // A holder that cannot be read may be moved once more within 11 hours; then the longest drain of any world, 56.
        for hour in 0..70 {
            let breadth = if hour % 24 == 11 { Breadth::Whole } else { Breadth::Narrow };
            end = self.run_from(breadth, hour % 2, Fault::Nothing);
            self.now += Duration::hours(1);
        }
        assert!(matches!(end, End::Decided(Decision::UpToDate { .. })), "{end:?} {self:?}");
        for holder in &self.holders {
            assert_eq!(holder.holds, self.published().value, "left behind: {self:?}");
        }
    }
}
