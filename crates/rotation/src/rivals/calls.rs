//! The outgoing calls of a runner, in the order in which the program makes them: the order of `src/observe.rs`,
//! `src/reconcile.rs` and `src/apply`.

use super::mind::{Choice, Mind, seen_key};
use super::rules::{Lease, Mutant, Pause, Rules};
use super::runner::{AfterResync, At, Deed, Memory, Runner, Seen, SurveySeen};
use super::state::{EXCLUSIVE_WRITE, HeldLease, LEASE, LONGEST_WAY, Request, State, Write};
use super::steps::{Named, Notes};
use super::world::{NewVersion, Version};

/// Whether a look lists the keys first.
pub(super) fn is_turned_round(rules: &Rules) -> bool {
    rules.mutant == Some(Mutant::KeysBeforeTheSecret)
}

/// One runner that makes a call, or gets an answer.
pub(super) struct Caller<'a, 'b, 'c> {
    pub(super) state: &'a mut State,
    pub(super) rules: &'a Rules,
    pub(super) mind: &'a mut Mind<'b>,
    pub(super) index: u8,
    pub(super) notes: Notes<'c>,
}

impl Caller<'_, '_, '_> {
    fn runner(&mut self) -> &mut Runner {
        &mut self.state.runners[usize::from(self.index)]
    }

    fn memory(&mut self) -> &mut Memory {
        &mut self.runner().memory
    }

    fn seen(&mut self) -> &mut Seen {
        &mut self.runner().seen
    }

    fn go_to(&mut self, at: At) {
        self.runner().at = at;
    }

    /// Makes the next call.
    pub(super) fn call(&mut self) {
        match self.runner().at {
            At::Idle | At::Await(_) => {}
            At::ReadTheSecret => self.read_the_secret(),
            At::Survey => self.survey(),
            At::ListTheKeys => self.list_the_keys(),
            At::TakeTheLease => self.take_the_lease(),
            At::Resync(next) => self.start_the_resync(next),
            At::Prove(deed) => self.prove(deed),
            At::ListTheKeysToMove => self.list_the_keys_to_move(),
            At::ReadTheSecretAgain(deed) => self.read_the_secret_again(deed),
            At::ListTheKeysAgain(deed) => self.list_the_keys_again(deed),
            At::Send(deed) => self.check_and_send(deed),
            At::SendAtLast(deed) => self.send(deed),
            At::Settle { decides: true } => self.decide(),
            At::Settle { decides: false } => self.look(true),
        }
    }

    fn look(&mut self, is_whole: bool) {
        let keys_first = is_turned_round(self.rules);
        self.runner().look(is_whole, keys_first);
    }

    fn read_the_secret(&mut self) {
        if !self.has_left(1) {
            return self.give_up();
        }
        let version = self.state.world.version;
        let was_dead = !self.state.world.is_live(version.value);
        let Version { number, value, .. } = version;
        (self.notes)(format_args!("{} reads the secret: version {number}, {value}", Named(self.index)));
        let seen = self.seen();
        (seen.version, seen.was_dead) = (Some(version), was_dead);
        let is_whole = seen.is_whole;
        match (is_whole, is_turned_round(self.rules)) {
            (true, _) => self.go_to(At::Survey),
            (false, false) => self.go_to(At::ListTheKeys),
            (false, true) => self.decide(),
        }
    }

    fn survey(&mut self) {
        let world = &self.state.world;
        let cache = world.cache_is_readable.then_some(world.cache);
        let survey = SurveySeen { datastore: world.datastore, cache, is_unproven: world.hidden.is_some() };
        (self.notes)(format_args!(
            "{} looks for holders: the datastore holds {}",
            Named(self.index),
            survey.datastore.holds
        ));
        self.seen().survey = Some(survey);
        if is_turned_round(self.rules) { self.decide() } else { self.go_to(At::ListTheKeys) }
    }

    fn list_the_keys(&mut self) {
        if is_turned_round(self.rules) && !self.has_left(1) {
            return self.give_up();
        }
        let keys = self.state.world.keys;
        let [one, two] = keys.map(|key| key.value);
        (self.notes)(format_args!("{} lists the keys: `key1` is {one}, `key2` is {two}", Named(self.index)));
        self.seen().keys = Some(keys);
        if is_turned_round(self.rules) { self.go_to(At::ReadTheSecret) } else { self.decide() }
    }

    fn decide(&mut self) {
        self.see_the_cache_again();
        let State { world, runners, .. } = &mut *self.state;
        let runner = &mut runners[usize::from(self.index)];
        let Runner { seen, memory, forced, .. } = runner;
        let (choice, memory, words) = self.mind.decide(world.hour, seen, memory, *forced, &world.earlier);
        runner.memory = memory;
        (self.notes)(format_args!("{} decides to {words}", Named(self.index)));
        match choice {
            Choice::End if memory.is_resyncing => self.go_to(At::Settle { decides: true }),
            Choice::End => self.end(),
            Choice::LookWhole { settles } if settles && memory.is_resyncing => {
                self.go_to(At::Settle { decides: false });
            }
            Choice::LookWhole { .. } => self.look(true),
            Choice::LookAgain => self.look(false),
            _ if !self.has_left(1) => self.give_up(),
            Choice::Resync => self.go_to(At::Resync(AfterResync::SettleAndLook)),
            Choice::ResyncAndPublish(deed) => self.go_to(At::Resync(AfterResync::Prove(deed))),
            Choice::Do(deed @ Deed::Publish { .. }) => self.go_to(At::Prove(deed)),
            Choice::Do(Deed::Move) => {
                self.memory().moved = true;
                self.go_to(At::ListTheKeysToMove);
            }
            Choice::Do(deed) => self.go_to(At::ReadTheSecretAgain(deed)),
        }
    }

    /// A narrow look reads again what a resync of this run has changed.
    fn see_the_cache_again(&mut self) {
        if !std::mem::take(&mut self.memory().wrote_the_cache) {
            return;
        }
        let world = &self.state.world;
        let cache = world.cache_is_readable.then_some(world.cache);
        let survey = &mut self.seen().survey;
        survey.iter_mut().for_each(|survey| survey.cache = cache);
    }

    fn take_the_lease(&mut self) {
        let deployment = usize::from(self.runner().deployment);
        if self.rules.lease != Lease::None {
            self.state.leases[deployment] = HeldLease { owner: Some(self.index), left: LEASE };
            (self.notes)(format_args!("{} takes the lease", Named(self.index)));
        }
        self.runner().left = LEASE;
        self.look(false);
    }

    fn start_the_resync(&mut self, next: AfterResync) {
        if self.has_left(1) {
            let request = Request { from: Some(self.index), is_awaited: true, left: 0, what: Write::Resync };
            self.state.requests.push(request);
            (self.notes)(format_args!("{} starts a resync", Named(self.index)));
            let counts_once = self.rules.mutant == Some(Mutant::ResyncsOnce);
            let memory = self.memory();
            // What came before the key changed is not the last.
            let is_the_last = next != AfterResync::Look || !memory.leaves_the_lease || counts_once;
            (memory.is_resyncing, memory.resynced) = (true, is_the_last);
        } else {
            self.memory().failed = true;
        }
        match next {
            AfterResync::Look => self.look(false),
            // What it changed is read again by a narrow look, once it is over.
            AfterResync::SettleAndLook => {
                self.memory().wrote_the_cache = true;
                self.go_to(At::Settle { decides: false });
            }
            AfterResync::Prove(deed) => self.go_to(At::Prove(deed)),
        }
    }

    fn prove(&mut self, deed: Deed) {
        let Deed::Publish { key, .. } = deed else { return };
        if self.state.world.key(key).value == seen_key(self.seen(), key) {
            (self.notes)(format_args!("{} proves `{key}`", Named(self.index)));
            self.go_to(At::ReadTheSecretAgain(deed));
        } else {
            self.fail(deed);
        }
    }

    fn list_the_keys_to_move(&mut self) {
        let version = self.seen().version.expect("the secret was read");
        let published = self.state.world.keys.iter().any(|key| key.value == version.value);
        if published { self.go_to(At::Send(Deed::Move)) } else { self.fail(Deed::Move) }
    }

    fn read_the_secret_again(&mut self, deed: Deed) {
        let current = self.state.world.version;
        let seen = self.seen().version.expect("the secret was read");
        if (current.number, current.changes) != (seen.number, seen.changes) {
            (self.notes)(format_args!("{} reads the secret again: it changed", Named(self.index)));
            return self.fail(deed);
        }
        (self.notes)(format_args!("{} reads the secret again: it is the same", Named(self.index)));
        let Deed::Publish { key, .. } = deed else { return self.go_to(At::Send(deed)) };
        if self.rules.mutant == Some(Mutant::KeyNotReadAgain) {
            let value = seen_key(self.seen(), key);
            let was_dead = !self.state.world.is_live(value);
            self.send_publish(deed, was_dead);
        } else {
            self.go_to(At::ListTheKeysAgain(deed));
        }
    }

    fn list_the_keys_again(&mut self, deed: Deed) {
        let Deed::Publish { key, .. } = deed else { return };
        if self.state.world.key(key).value == seen_key(self.seen(), key) {
            (self.notes)(format_args!("{} reads `{key}` again: it is the same", Named(self.index)));
            self.send_publish(deed, false);
        } else {
            (self.notes)(format_args!("{} reads `{key}` again: it changed", Named(self.index)));
            self.fail(deed);
        }
    }

    fn send_publish(&mut self, deed: Deed, is_dead: bool) {
        if let Deed::Publish { key, rotates, expires, .. } = deed {
            self.go_to(At::Send(Deed::Publish { key, rotates, expires, was_dead: is_dead }));
        }
    }

    fn check_and_send(&mut self, deed: Deed) {
        let least = match (deed, self.rules.lease) {
            (Deed::Amend { .. } | Deed::Move, _) | (_, Lease::LostByPause(Pause::WithoutTheSendRule)) => 1,
            (Deed::Regenerate { .. } | Deed::Publish { .. }, _) => EXCLUSIVE_WRITE,
        };
        if !self.has_left(least) {
            self.give_up();
        } else if self.rules.lease == Lease::LostByPause(Pause::BetweenTheCheckAndTheSend) {
            (self.notes)(format_args!("{} finds enough left of its lease", Named(self.index)));
            self.go_to(At::SendAtLast(deed));
        } else {
            self.send(deed);
        }
    }

    fn send(&mut self, deed: Deed) {
        let seen = *self.seen();
        let version = seen.version.expect("the secret was read");
        let what = match deed {
            Deed::Regenerate { key, .. } => {
                self.memory().regeneration_sent = Some(key);
                (self.notes)(format_args!("{} sends: regenerate `{key}`", Named(self.index)));
                Write::Regenerate { key, on_a_dead_one: seen.was_dead }
            }
            Deed::Publish { key, rotates, expires, was_dead } => {
                let value = seen_key(&seen, key);
                (self.notes)(format_args!("{} sends: publish `{key}`, {value}", Named(self.index)));
                Write::Publish(NewVersion { key, value, expires, rotates, was_dead })
            }
            Deed::Amend { expires } => {
                (self.notes)(format_args!(
                    "{} sends: make version {} due",
                    Named(self.index),
                    version.number
                ));
                Write::Amend { number: version.number, expires }
            }
            Deed::Move => {
                (self.notes)(format_args!(
                    "{} sends: give the datastore {}",
                    Named(self.index),
                    version.value
                ));
                Write::Move(version.value)
            }
        };
        let request = Request { from: Some(self.index), is_awaited: true, left: LONGEST_WAY, what };
        self.state.requests.push(request);
        self.go_to(At::Await(deed));
    }

    /// What was waited for was done.
    pub(super) fn answered(&mut self, what: &Write) {
        if *what == Write::Resync {
            let index = self.index;
            let is_its = |request: &Request| request.from == Some(index) && request.is_awaited;
            let mut others = self.state.requests.iter().filter(|request| request.what == Write::Resync);
            let is_resyncing = others.any(is_its);
            self.memory().is_resyncing = is_resyncing;
            return;
        }
        let At::Await(deed) = self.runner().at else { return };
        match deed {
            Deed::Regenerate { key, resyncs } => {
                let other = key.alternate();
                if self.state.world.key(other).value == seen_key(self.seen(), other) {
                    self.memory().regenerated = Some(key);
                } else {
                    self.memory().failed = true;
                }
                self.after_a_regeneration(resyncs);
            }
            Deed::Publish { .. } => {
                let memory = self.memory();
                (memory.regenerated, memory.moved) = (None, false);
                memory.wrote_the_cache = memory.resynced;
                self.look(false);
            }
            Deed::Amend { .. } => self.look(false),
            Deed::Move => self.look(true),
        }
    }

    /// What became of what was waited for is not known.
    pub(super) fn unanswered(&mut self) {
        let At::Await(deed) = self.runner().at else { return };
        match deed {
            Deed::Regenerate { resyncs, .. } => {
                let memory = self.memory();
                (memory.failed, memory.leaves_the_lease) = (true, true);
                self.after_a_regeneration(resyncs);
            }
            Deed::Publish { .. } => {
                self.memory().leaves_the_lease = true;
                self.fail(deed);
            }
            Deed::Amend { .. } => self.fail(deed),
            Deed::Move => {
                self.memory().move_failed = true;
                self.look(true);
            }
        }
    }

    fn after_a_regeneration(&mut self, resyncs: bool) {
        if resyncs { self.go_to(At::Resync(AfterResync::Look)) } else { self.look(false) }
    }

    /// The step failed; the rest of the run goes on.
    fn fail(&mut self, deed: Deed) {
        let memory = self.memory();
        memory.failed = true;
        match deed {
            Deed::Publish { .. } => {
                memory.publish_failed = true;
                memory.wrote_the_cache = memory.resynced;
                self.look(false);
            }
            Deed::Amend { .. } => {
                memory.amend_failed = true;
                self.look(false);
            }
            Deed::Regenerate { .. } => self.look(false),
            Deed::Move => self.look(true),
        }
    }

    /// Whether so much is left of the lease, by the runner's own clock.
    fn has_left(&mut self, least: u8) -> bool {
        self.rules.lease == Lease::None || least <= self.runner().left
    }

    /// The lease is lost, or too little of it is left: the run ends, and does not give it back.
    fn give_up(&mut self) {
        (self.notes)(format_args!("{} gives up: its lease is lost", Named(self.index)));
        self.memory().leaves_the_lease = true;
        self.end();
    }

    /// The run ends, and gives its lease back unless a write may be on its way under it.
    fn end(&mut self) {
        let index = self.index;
        self.state.end_of_a_run(index);
        let runner = self.runner();
        let (leaves, deployment) = (runner.memory.leaves_the_lease, usize::from(runner.deployment));
        let has_it = 0 < runner.left;
        runner.forget();
        let lease = &mut self.state.leases[deployment];
        if lease.owner == Some(index) {
            lease.owner = None;
            if has_it && !leaves {
                lease.left = 0;
            }
        }
    }
}
