//! Random months: time passes, runs go wrong, people meddle. What [`truth`](super::truth) says holds at each write, and
//! a world that is left alone comes to rest.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::sample::select;
use time::{Duration, OffsetDateTime};

use super::clocks_apart::any_world;
use super::world::TrueHolder;
use super::{Clocks, End, Fault, World};
use crate::fixtures::{DEAD, FORMLESS};
use crate::{Breadth, Decision, Fingerprint, KeyName, Obstacle, Tags};

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Pause(Duration),
    /// Time passes until so long after that instant, if it is not over.
    PauseUntil(Instant, Duration),
    Run(usize, Fault),
    /// Somebody registers a key with that holder.
    WriteByHand(usize, Which),
    /// Somebody makes a new value for the key that was published, or for the other one.
    MakeByHand(Which),
    PublishByHand(Which),
    /// Somebody makes a version of any value; whether it keeps the tags.
    EditByHand(Which, bool),
    /// Somebody changes the tag that names the key, or takes it off.
    RenameKey(Option<&'static str>),
    /// Somebody wants the current version replaced before its time, for this reason.
    Ask(Option<KeyName>),
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
    Formless,
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
        1 => Just(Fault::AmendRefused),
    ];
    let which = select(vec![Which::Published, Which::Alternate, Which::Dead]);
    let live = || select(vec![Which::Published, Which::Alternate]);
    let whatever = select(vec![Which::Published, Which::Alternate, Which::Dead, Which::Formless]);
    let named = select(vec![None, Some("key1"), Some("key2"), Some("key3")]);
    let leaked = select(vec![None, Some(KeyName::Key1), Some(KeyName::Key2)]);
    prop_oneof![
        2 => pause.prop_map(Happening::Pause),
        4 => (instant, around()).prop_map(|(instant, by)| Happening::PauseUntil(instant, by)),
        6 => (0..2_usize, fault).prop_map(|(instance, fault)| Happening::Run(instance, fault)),
        2 => (0..4_usize, which).prop_map(|(holder, which)| Happening::WriteByHand(holder, which)),
        1 => live().prop_map(Happening::MakeByHand),
        1 => live().prop_map(Happening::PublishByHand),
        1 => (whatever, any::<bool>()).prop_map(|(value, keeps_tags)| Happening::EditByHand(value, keeps_tags)),
        1 => named.prop_map(Happening::RenameKey),
        2 => leaked.prop_map(Happening::Ask),
        1 => (-100..=4_000_i64).prop_map(|hours| Happening::MoveExpiry(Duration::hours(hours))),
        1 => Just(Happening::RemoveExpiry),
    ]
}

proptest! {
    #[test]
    fn no_months_make_a_key_die_too_early(mut world in any_enrolment(), happenings in vec(happening(), 0..40)) {
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

/// Any world, declared or not, with or without a secret and retirement, and with any first holder.
fn any_enrolment() -> impl Strategy<Value = World> {
    let retire_after = proptest::option::of((7..=20_i64).prop_map(Duration::days));
    let enrolled = select(vec![(false, true), (true, true), (true, false)]);
    (any_world(), enrolled, retire_after, any::<(bool, bool)>()).prop_map(
        |(mut world, (declared, has_secret), retire_after, (is_default, resyncs_write))| {
            (world.declared, world.has_secret, world.resyncs_write) = (declared, has_secret, resyncs_write);
            world.policy.retire_after = retire_after;
            (world.holders[0].is_default, world.holders[0].is_system) = (is_default, is_default);
            world
        },
    )
}

/// Beside the first: one without a date, one that cannot be read, and one that a resync may write.
fn add_holders(world: &mut World) {
    let first = TrueHolder { is_default: false, is_system: false, ..world.holders[0] };
    world.holders.push(TrueHolder { dated: false, ..first });
    world.holders.push(TrueHolder { readable: false, ..first });
    world.holders.push(TrueHolder { is_system: true, ..first });
}

impl World {
    fn suffer(&mut self, happening: Happening) {
        match happening {
            Happening::Pause(pause) => self.now += pause,
            Happening::PauseUntil(instant, by) => self.now = self.now.max(self.when(instant) + by),
            Happening::Run(instance, fault) => drop(self.run(instance, fault)),
            Happening::WriteByHand(holder, which) => {
                let value = self.value(which);
                self.write_by_hand(holder, value);
            }
            Happening::MakeByHand(which) => {
                // What leaked is dead by that, whoever knows it.
                self.make_key(self.name(which));
            }
            Happening::PublishByHand(which) => self.publish_by_hand(self.name(which)),
            Happening::EditByHand(which, keeps_tags) => self.edit_by_hand(self.value(which), keeps_tags),
            Happening::RenameKey(name) => self.version.tags.credential_id = name.map(str::to_owned),
            Happening::Ask(leaked) => self.ask(leaked),
            Happening::MoveExpiry(from_now) => self.change_expiry(Some(self.now + from_now)),
            Happening::RemoveExpiry => self.change_expiry(None),
        }
    }

    fn name(&self, which: Which) -> KeyName {
        match which {
            Which::Alternate => self.version.key.alternate(),
            Which::Published | Which::Dead | Which::Formless => self.version.key,
        }
    }

    fn value(&self, which: Which) -> Fingerprint {
        match which {
            Which::Published | Which::Alternate => self.key(self.name(which)).value,
            Which::Dead => DEAD,
            Which::Formless => FORMLESS,
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
        let mut end = End::Killed;
        // A holder that cannot be read may be moved once more within 11 hours; then the longest drain of any world, 56.
        // A default datastore that seemed to stay with its workspace is moved when the others have rested, and rests then.
        for hour in 0..140 {
            let breadth = if hour % 24 == 11 { Breadth::Whole } else { Breadth::Narrow };
            end = self.run_from(breadth, hour % 2, Fault::Nothing);
            self.now += Duration::hours(1);
            if 70 <= hour && !end.waits() {
                break;
            }
        }
        let End::Decided(decision) = end else { panic!("{end:?} {self:?}") };
        match &decision {
            Decision::UpToDate { .. } => self.assert_at_rest(),
            Decision::Blocked(obstacles) => match obstacles[..] {
                [Obstacle::NeitherKey(_) | Obstacle::NotAKey(_)] => {
                    assert!(self.held().is_none() && !self.may_be_healed(), "{decision:?} {self:?}");
                }
                [Obstacle::BothKeysLeaked(_)] => {
                    assert!(self.held().is_none() && self.version.compromised.to_string() == "key1,key2");
                }
                [Obstacle::TagsIncomplete { .. }] => {
                    let tags = &self.version.tags;
                    let is_complete = tags.credential_id.is_some() && tags.provider_address.is_some();
                    assert!(!self.declared && !is_complete, "{self:?}");
                }
                _ => panic!("{decision:?} {self:?}"),
            },
            Decision::Ignore(_) => assert!(!self.declared && self.version.tags == Tags::default()),
            _ => panic!("{decision:?} {self:?}"),
        }
    }

    /// Nothing is left to do: everybody is on the key that the secret holds, and what leaked is dead.
    fn assert_at_rest(&self) {
        assert!(self.held().is_some(), "a dead key is published: {self:?}");
        for holder in &self.holders {
            let stays = holder.is_system && [self.key1.value, self.key2.value].contains(&holder.holds);
            assert!(stays || holder.holds == self.version.value, "left behind: {self:?}");
        }
        for value in &self.leaked {
            assert!(![self.key1.value, self.key2.value].contains(value), "what leaked is alive: {self:?}");
        }
    }
}
