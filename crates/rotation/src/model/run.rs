//! The corridor in miniature: look, decide one thing, do it, look again.

use time::{Duration, OffsetDateTime};

use super::world::complete_tags;
use super::{World, truth};
use crate::fixtures::workspace;
use crate::{
    Amendment, AmendmentReason, Breadth, COMPROMISED, CREDENTIAL_ID, Decision, Failure, HolderId, KeyName,
    LeakedKeys, Move, Obstacle, PROVIDER_ADDRESS, Publication, PublicationReason, Regeneration,
    RegenerationReason, Run, VALIDITY_PERIOD_DAYS, decide, expiry,
};

/// More looks than any run takes.
const MOST_LOOKS: usize = 30;

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
    /// The vault lets nothing be changed in place.
    AmendRefused,
}

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Killed,
    Decided(Decision),
}

impl End {
    /// Whether the message comes back.
    pub(crate) const fn comes_back(&self) -> bool {
        matches!(self, Self::Killed | Self::Decided(Decision::Unfinished(_)))
    }

    /// Whether time alone mends what keeps a key from being regenerated, overdue or not.
    pub(crate) fn waits(&self) -> bool {
        let passes = |obstacle: &Obstacle| {
            matches!(
                obstacle,
                Obstacle::OverlapNotOver { .. }
                    | Obstacle::HolderJustWritten { .. }
                    | Obstacle::HoldersJustMoved { .. }
            )
        };
        match self {
            Self::Decided(Decision::Wait { .. }) => true,
            Self::Decided(Decision::Blocked(obstacles)) => obstacles.iter().all(passes),
            _ => false,
        }
    }
}

impl World {
    /// One run, by the clock of that instance.
    pub(crate) fn run(&mut self, instance: usize, fault: Fault) -> End {
        self.run_from(Breadth::Narrow, instance, fault)
    }

    /// One run whose first look is asked to be that broad.
    pub(crate) fn run_from(&mut self, breadth: Breadth, instance: usize, fault: Fault) -> End {
        let end = self.walk(breadth, instance, fault);
        if !end.comes_back() {
            self.asked = None;
        }
        end
    }

    fn walk(&mut self, mut breadth: Breadth, instance: usize, fault: Fault) -> End {
        let (mut run, mut writes) = (Run::default(), 0);
        for _ in 0..MOST_LOOKS {
            run.looked_whole |= breadth == Breadth::Whole;
            let observation = self.observe(breadth, instance, &mut run);
            let decision = decide(&observation, &self.policy, self.our_time(instance));
            breadth = match decision {
                Decision::LookWhole(_) | Decision::Move(_) => Breadth::Whole,
                _ => Breadth::Narrow,
            };
            if decision.writes() && fault == Fault::KilledAfter(writes) {
                return End::Killed;
            }
            writes += usize::from(decision.writes());
            match decision {
                Decision::LookWhole(_) => {}
                Decision::LookAgain { at } => self.now += (at - self.our_time(instance)).max(Duration::ZERO),
                Decision::Amend(_) if fault == Fault::AmendRefused => {
                    run.amend_failed = true;
                    run.fail(Failure::look_again("the vault is down"));
                }
                Decision::Amend(amendment) => self.amend(&amendment),
                Decision::Resync(workspaces) => {
                    self.resync();
                    run.resynced.extend(workspaces);
                }
                Decision::Regenerate(regeneration) => {
                    let name = regeneration.key.name();
                    self.regenerate(&regeneration);
                    run.regeneration_sent = Some(name);
                    run.regenerated = (fault != Fault::AnswerLost).then_some(name);
                    run.resynced.extend(regeneration.resync);
                }
                Decision::Publish(_) if fault == Fault::PublishRefused => {
                    run.publish_failed = true;
                    run.fail(Failure::look_again("the vault is down"));
                }
                Decision::Publish(publication) => {
                    self.publish(instance, &publication);
                    run.resynced.extend(publication.resync);
                    run.remember_the_publish();
                }
                Decision::Move(moving) => self.move_holders(instance, moving, &mut run),
                end => return End::Decided(end),
            }
        }
        panic!("no end after {MOST_LOOKS} looks: {self:?}");
    }

    fn amend(&mut self, Amendment { reason, tags, expires }: &Amendment) {
        truth::assert_may_be_amended(self, *reason);
        let version = &mut self.version;
        for (tag, text) in tags {
            match *tag {
                CREDENTIAL_ID => version.tags.credential_id.clone_from(text),
                PROVIDER_ADDRESS => version.tags.provider_address.clone_from(text),
                VALIDITY_PERIOD_DAYS => version.tags.validity_period_days.clone_from(text),
                COMPROMISED => {
                    version.compromised =
                        text.as_ref().map_or(LeakedKeys::NONE, |text| text.parse().unwrap());
                }
                other => panic!("nobody puts right the tag {other}"),
            }
        }
        version.updated = self.now;
        if let Some(expires) = expires {
            version.expires = Some(*expires);
            version.expiry_was_moved |= *reason != AmendmentReason::PutRight;
            version.made_for_the_next.clear();
        }
        if let AmendmentReason::Compromised(key) = reason {
            let value = self.key(*key).value;
            self.leaked.push(value);
        }
    }

    fn regenerate(&mut self, regeneration: &Regeneration) {
        let name = regeneration.key.name();
        for holder in &regeneration.followers {
            self.move_holder(holder);
        }
        truth::assert_may_die(self, name, regeneration.reason);
        self.make_key(name);
        if regeneration.reason == RegenerationReason::Due {
            self.version.made_for_the_next.push(self.key(name).value);
        }
        self.resync();
    }

    fn publish(&mut self, instance: usize, publication: &Publication) {
        truth::assert_may_be_published(self, publication);
        let Publication { reason, key, created, compromised, .. } = publication;
        let now = self.our_time(instance);
        let expires = expiry(created.unwrap_or(now), now, self.validity, &self.policy);
        self.put_version(*key, self.key(*key).value, complete_tags(*key, self.validity));
        self.version.compromised = *compromised;
        self.version.expires = Some(expires);
        self.publications += u8::from(*reason == PublicationReason::Rotation);
    }

    fn move_holders(&mut self, instance: usize, moving: Move, run: &mut Run) {
        let Move { default_datastores, others, undated, .. } = moving;
        if !undated.is_empty() {
            self.holders_moved_at = Some(self.our_time(instance));
            self.version.updated = self.now;
        }
        for holder in default_datastores.iter().chain(&others) {
            self.move_holder(holder);
            run.moved.insert(holder.clone());
        }
        if !default_datastores.is_empty() {
            self.resync();
            run.resynced.insert(workspace("ws"));
        }
    }

    fn move_holder(&mut self, holder: &HolderId) {
        let index = (0..self.holders.len()).find(|index| self.holder_name(*index) == holder.name);
        self.write(index.unwrap(), self.version.value, true);
    }

    /// A workspace takes a key of its own choice; it is always `key1` here.
    fn resync(&mut self) {
        self.cache = self.key1.value;
        for index in 0..self.holders.len() {
            if self.resyncs_write && self.holders[index].is_system {
                self.write(index, self.cache, false);
            }
        }
    }

    /// When Key Vault says that the version is near its expiry.
    pub(super) fn event(&self) -> OffsetDateTime {
        self.version.expires.unwrap() - Duration::days(30) - self.clocks.vault
    }

    /// Somebody asks for the version to be replaced that is current now, because that key leaked or for no such reason.
    pub(super) fn ask(&mut self, compromised: Option<KeyName>) {
        self.asked = Some(crate::Forced { version: self.version.name(), compromised });
    }
}
