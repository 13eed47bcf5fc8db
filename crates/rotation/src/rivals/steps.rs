//! What can happen next: one outgoing call, one effect, or one mishap.

use std::fmt;

use super::calls::Caller;
use super::mind::Mind;
use super::rules::{Bounds, Lease, Mutant, Pause, Rules};
use super::runner::{AfterResync, At};
use super::state::{HeldLease, LEASE, Request, State, Write};
use super::violation::Violation;
use crate::KeyName;

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A message, or a sweep, begins a run of that runner.
    Begin(u8),
    /// A runner makes its next call.
    Call(u8),
    /// A request has its effect.
    Arrive(usize),
    /// A request that nobody waits for any more never has one.
    Vanish(usize),
    /// The answer that a runner waits for is lost, or comes too late.
    LoseTheAnswer(u8),
    /// The resync of a runner fails, for all that it knows.
    LoseTheResync(u8),
    Crash(u8),
    /// 15 s pass; the leases are renewed that are in this set.
    Seconds {
        renewed: u8,
    },
    /// 13 h pass.
    HalfADay,
    /// A person regenerates a key.
    Hand(KeyName),
}

/// Takes down what happens, in words.
pub(super) type Notes<'a> = &'a mut dyn FnMut(fmt::Arguments<'_>);

/// What a runner is called.
pub(super) struct Named(pub(super) u8);

impl fmt::Display for Named {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", char::from(b'A' + self.0))
    }
}

impl State {
    /// Everything that can happen next.
    pub(super) fn steps(&self, rules: &Rules, bounds: &Bounds) -> Vec<Step> {
        let Self { runners, requests, spent, .. } = self;
        let mut steps = Vec::new();
        for (index, runner) in (0_u8..).zip(runners) {
            match runner.at {
                At::Idle => {
                    if spent.runs < bounds.runs {
                        steps.push(Step::Begin(index));
                    }
                    continue;
                }
                At::Await(_) => {
                    if spent.lost_answers < bounds.lost_answers {
                        steps.push(Step::LoseTheAnswer(index));
                    }
                }
                At::TakeTheLease if !self.may_take_the_lease(rules, runner.deployment) => {}
                At::Settle { .. } | At::ReadTheSecretAgain(_) if runner.memory.is_resyncing => {}
                At::Resync(AfterResync::Prove(_)) | At::Prove(_) if self.outlasts(index, rules) => {}
                _ => steps.push(Step::Call(index)),
            }
            if runner.memory.is_resyncing && spent.lost_answers < bounds.lost_answers {
                steps.push(Step::LoseTheResync(index));
            }
            if spent.crashes < bounds.crashes {
                steps.push(Step::Crash(index));
            }
        }
        for (index, request) in requests.iter().enumerate() {
            steps.push(Step::Arrive(index));
            if !request.is_awaited {
                steps.push(Step::Vanish(index));
            }
        }
        self.passing(rules, bounds, &mut steps);
        if spent.hands < bounds.hands {
            steps.extend(KeyName::BOTH.map(Step::Hand));
        }
        steps
    }

    fn passing(&self, rules: &Rules, bounds: &Bounds, steps: &mut Vec<Step>) {
        let nothing_is_late = self.requests.iter().all(|request| request.left != 1);
        let is_timed = |lease: &HeldLease| {
            0 < lease.left
                && (lease.owner.is_none()
                    || lease.left < LEASE
                    || matches!(rules.lease, Lease::LostByPause(_)))
        };
        let is_on_its_way = self.requests.iter().any(|request| 0 < request.left);
        if nothing_is_late && (is_on_its_way || self.leases.iter().any(is_timed)) {
            match rules.lease {
                Lease::LostByPause(_) => {
                    let owned = self.leases.iter().enumerate().filter(|(_, lease)| lease.owner.is_some());
                    let owned = owned.fold(0_u8, |set, (index, _)| set | 1 << index);
                    let sets = (0..=owned).filter(|set| set & !owned == 0);
                    steps.extend(sets.map(|renewed| Step::Seconds { renewed }));
                }
                Lease::None | Lease::Perfect => steps.push(Step::Seconds { renewed: u8::MAX }),
            }
        }
        if self.requests.is_empty() && self.spent.half_days < bounds.half_days {
            steps.push(Step::HalfADay);
        }
    }

    /// Whether that runner waits until what got no certain answer can have no effect any more.
    fn outlasts(&self, index: u8, rules: &Rules) -> bool {
        let is_on_its_way =
            |request: &Request| request.from == Some(index) && !request.is_awaited && 0 < request.left;
        rules.mutant != Some(Mutant::DoesNotOutlastWhatIsOnItsWay) && self.requests.iter().any(is_on_its_way)
    }

    fn may_take_the_lease(&self, rules: &Rules, deployment: u8) -> bool {
        rules.lease == Lease::None || self.leases[usize::from(deployment)].left == 0
    }

    /// Takes a step.
    pub(super) fn take(
        &mut self,
        step: Step,
        rules: &Rules,
        mind: &mut Mind<'_>,
        notes: Notes<'_>,
    ) -> Result<(), Violation> {
        match step {
            Step::Begin(index) => {
                self.spent.runs += 1;
                notes(format_args!("{} begins a run", Named(index)));
                self.runners[usize::from(index)].at = At::TakeTheLease;
                Ok(())
            }
            Step::Call(index) => {
                Caller { state: self, rules, mind, index, notes }.call();
                Ok(())
            }
            Step::Arrive(index) => {
                let request = self.requests.remove(index);
                self.arrive(request, rules, mind, notes)
            }
            Step::Vanish(index) => {
                self.requests.remove(index);
                notes(format_args!("a request that nobody waits for is lost"));
                Ok(())
            }
            Step::LoseTheAnswer(index) => {
                self.spent.lost_answers += 1;
                self.give_up_waiting(index, |what| *what != Write::Resync);
                notes(format_args!("{} gets no answer", Named(index)));
                Caller { state: self, rules, mind, index, notes }.unanswered();
                Ok(())
            }
            Step::LoseTheResync(index) => {
                self.spent.lost_answers += 1;
                self.give_up_waiting(index, |what| *what == Write::Resync);
                self.world.resync_failed = true;
                notes(format_args!("the resync of {} fails", Named(index)));
                let memory = &mut self.runners[usize::from(index)].memory;
                (memory.is_resyncing, memory.resync_failed) = (false, true);
                Ok(())
            }
            Step::Crash(index) => {
                self.spent.crashes += 1;
                self.give_up_waiting(index, |_| true);
                self.end_of_a_run(index);
                let runner = &mut self.runners[usize::from(index)];
                let deployment = usize::from(runner.deployment);
                runner.forget();
                self.leases[deployment].owner.take_if(|owner| *owner == index);
                notes(format_args!("{} is killed", Named(index)));
                Ok(())
            }
            Step::Seconds { renewed } => {
                self.pass_seconds(renewed, rules, notes);
                Ok(())
            }
            Step::HalfADay => {
                self.pass_half_a_day(rules);
                notes(format_args!("13 hours pass"));
                Ok(())
            }
            Step::Hand(key) => {
                self.spent.hands += 1;
                self.world.regenerate_by_hand(key);
                notes(format_args!("somebody regenerates `{key}`: {}", self.world.key(key).value));
                Ok(())
            }
        }
    }

    /// Nobody waits any more for such writes of that runner.
    fn give_up_waiting(&mut self, index: u8, which: impl Fn(&Write) -> bool) {
        let of_its = self.requests.iter_mut().filter(|request| request.from == Some(index));
        of_its.filter(|request| which(&request.what)).for_each(|request| request.is_awaited = false);
    }

    /// What that runner sent belongs to no run any more.
    pub(super) fn end_of_a_run(&mut self, index: u8) {
        for request in self.requests.iter_mut().filter(|request| request.from == Some(index)) {
            (request.from, request.is_awaited) = (None, false);
        }
    }

    fn pass_seconds(&mut self, renewed: u8, rules: &Rules, notes: Notes<'_>) {
        self.requests.iter_mut().for_each(|request| request.left = request.left.saturating_sub(1));
        for (index, lease) in self.leases.iter_mut().enumerate() {
            let HeldLease { owner, left } = lease;
            let runner = owner.map(|owner| &mut self.runners[usize::from(owner)]);
            // A run that found too little of it left does not write any more, renewed or not.
            if renewed & 1 << index != 0 && runner.as_ref().is_some_and(|runner| 0 < runner.left) {
                *left = LEASE;
                runner.unwrap().left = LEASE;
                continue;
            }
            *left = left.saturating_sub(1);
            if let Some(runner) = runner {
                let its_clock_stands_still = rules.lease == Lease::LostByPause(Pause::WithItsClock);
                if !its_clock_stands_still {
                    runner.left = runner.left.saturating_sub(1);
                }
                notes(format_args!("15 s pass, and the lease of {} is not renewed", Named(owner.unwrap())));
            } else if 0 < *left {
                notes(format_args!("15 s pass"));
            }
            if *left == 0 {
                *owner = None;
            }
        }
    }

    fn pass_half_a_day(&mut self, rules: &Rules) {
        self.spent.half_days += 1;
        self.world.hour += 13;
        for HeldLease { owner, left } in &mut self.leases {
            let lives = match (rules.lease, *owner) {
                (Lease::Perfect, owner) => owner.is_some(),
                (Lease::None | Lease::LostByPause(_), _) => false,
            };
            if !lives {
                if let Some(owner) = owner.take()
                    && rules.lease != Lease::LostByPause(Pause::WithItsClock)
                {
                    self.runners[usize::from(owner)].left = 0;
                }
                *left = 0;
            }
        }
    }

    fn arrive(
        &mut self,
        request: Request,
        rules: &Rules,
        mind: &mut Mind<'_>,
        notes: Notes<'_>,
    ) -> Result<(), Violation> {
        let Request { from, is_awaited, what, .. } = request;
        let world = &mut self.world;
        let done = match &what {
            Write::Regenerate { key, on_a_dead_one } => {
                let before = world.key(*key).value;
                let done = world.regenerate(*key, *on_a_dead_one);
                let after = world.key(*key).value;
                notes(format_args!("`{key}` is regenerated: {before} is dead, {after} takes its place"));
                done
            }
            Write::Publish(new) => {
                let done = world.publish(*new);
                notes(format_args!(
                    "version {} is published: `{}`, {}",
                    world.version.number, new.key, new.value
                ));
                if done.is_ok() && 1 < world.rotations { Err(Violation::RotatedTwice) } else { done }
            }
            Write::Amend { number, expires } => {
                world.amend(*number, *expires);
                notes(format_args!("version {number} is made due"));
                Ok(())
            }
            Write::Move(value) => {
                notes(format_args!("the datastore is given {value}"));
                world.move_datastore(*value)
            }
            Write::Resync => {
                world.resync();
                notes(format_args!("the workspace takes {}", world.cache));
                Ok(())
            }
        };
        if let Some(index) = from.filter(|_| is_awaited) {
            Caller { state: self, rules, mind, index, notes }.answered(&what);
        }
        done
    }
}
