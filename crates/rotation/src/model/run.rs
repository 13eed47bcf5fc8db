//! The corridor in miniature: look, decide one thing, do it, look again.

use super::{World, truth};
use crate::{
    Breadth, Decision, Failure, HolderId, KeyName, Move, Publication, Regeneration, Run, decide, expiry,
};

/// More looks than any run takes.
const MOST_LOOKS: usize = 20;

/// What goes wrong in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    /// The process is killed after so many writes.
    KilledAfter(usize),
    /// The regeneration happens, and its answer is lost.
    AnswerLost,
    /// The vault takes no new version.
    PublishRefused,
}

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Killed,
    Decided(Decision),
}

impl World {
    /// One run, by the clock of that instance.
    pub(crate) fn run(&mut self, instance: usize, fault: Fault) -> End {
        self.run_from(Breadth::Narrow, instance, fault)
    }

    /// One run whose first look is asked to be that broad.
    pub(crate) fn run_from(&mut self, mut breadth: Breadth, instance: usize, fault: Fault) -> End {
        let (mut run, mut writes) = (Run::default(), 0);
        for _ in 0..MOST_LOOKS {
            run.looked_whole |= breadth == Breadth::Whole;
            let observation = self.observe(breadth, &run);
            let decision = decide(&observation, &self.policy, self.our_time(instance));
            breadth = match decision {
                Decision::LookWhole(_) | Decision::Move(_) => Breadth::Whole,
                _ => Breadth::Narrow,
            };
            if decision.writes() && fault == Fault::KilledAfter(writes) {
                return End::Killed;
            }
            writes += 1;
            match decision {
                Decision::LookWhole(_) => writes -= 1,
                Decision::Resync(workspaces) => {
                    self.resync();
                    run.resynced.extend(workspaces);
                }
                Decision::Regenerate(Regeneration { key, resync }) => {
                    self.regenerate(key.name());
                    run.regeneration_sent = Some(key.name());
                    run.regenerated = (fault != Fault::AnswerLost).then_some(key.name());
                    run.resynced.extend(resync);
                }
                Decision::Publish(_) if fault == Fault::PublishRefused => {
                    run.publish_failed = true;
                    run.fail(Failure::look_again("the vault is down"));
                }
                Decision::Publish(publication) => {
                    self.publish(instance, &publication);
                    run.resynced.extend(publication.resync);
                    run.regenerated = None;
                    run.moved.clear();
                }
                Decision::Move(Move { default_datastores, others, undated, .. }) => {
                    if !undated.is_empty() {
                        self.holders_moved_at = Some(self.our_time(instance));
                    }
                    for holder in default_datastores.into_iter().chain(others) {
                        self.move_holder(&holder);
                        run.moved.insert(holder);
                    }
                }
                end => return End::Decided(end),
            }
        }
        panic!("no end after {MOST_LOOKS} looks: {self:?}");
    }

    fn regenerate(&mut self, name: KeyName) {
        truth::assert_may_die(self, name);
        self.make_key(name);
        self.version.made_for_the_next.push(self.key(name).value);
        self.resync();
    }

    fn publish(&mut self, instance: usize, publication: &Publication) {
        truth::assert_made_for_this_rotation(self, publication.key);
        let now = self.our_time(instance);
        let age_start = publication.created.unwrap_or(now);
        let expires = expiry(age_start, now, self.validity, &self.policy);
        self.publish_by_hand(publication.key);
        self.version.expires = Some(expires);
        self.publications += 1;
    }

    fn move_holder(&mut self, holder: &HolderId) {
        self.write(holder.name.parse().unwrap(), self.published().value, true);
    }

    /// A workspace takes a key of its own choice; it is always `key1` here.
    fn resync(&mut self) {
        self.cache = self.key1.value;
    }
}
