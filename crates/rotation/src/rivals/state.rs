//! Where a search is: the world, the runners, and what is on its way between them.

use std::cmp::Ordering;

use super::runner::{At, Runner};
use super::world::{Names, NewVersion, Value, World};
use crate::KeyName;

/// Everything that what can happen next depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct State {
    pub(super) world: World,
    pub(super) runners: Vec<Runner>,
    pub(super) requests: Vec<Request>,
    /// One for each deployment.
    pub(super) leases: Vec<HeldLease>,
    pub(super) spent: Spent,
}

/// How often what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Spent {
    pub(super) runs: u8,
    pub(super) crashes: u8,
    pub(super) lost_answers: u8,
    pub(super) hands: u8,
    pub(super) half_days: u8,
}

/// The lease of one deployment, as its service knows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct HeldLease {
    /// Whose, unless that run is over or dead.
    pub(super) owner: Option<u8>,
    /// For how many times 15 s.
    pub(super) left: u8,
}

/// A lease lasts for a minute.
pub(super) const LEASE: u8 = 4;
/// With the send rule, this much of it is left for an exclusive write: 30 s.
pub(super) const EXCLUSIVE_WRITE: u8 = 2;
/// A request that was sent has its effect within 30 s, or never.
pub(super) const LONGEST_WAY: u8 = 2;

/// A write on its way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Request {
    /// Whose run sent it, if that still goes on.
    pub(super) from: Option<u8>,
    /// Whether that run waits for the answer.
    pub(super) is_awaited: bool,
    /// For how many times 15 s it may still have its effect; 0: for as long as it likes.
    pub(super) left: u8,
    pub(super) what: Write,
}

/// A write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Write {
    /// Makes a new value for a key. `on_a_dead_one`: the published value was dead when the look read it.
    Regenerate { key: KeyName, on_a_dead_one: bool },
    /// Puts a version in the vault.
    Publish(NewVersion),
    /// Changes the end of a version in place.
    Amend { number: u8, expires: i16 },
    /// Gives the datastore a key.
    Move(Value),
    /// Has the workspace take a key.
    Resync,
}

impl State {
    pub(super) fn new(world: World, runners: Vec<Runner>) -> Self {
        let deployments = runners.iter().map(|runner| runner.deployment).max().unwrap_or_default() + 1;
        let leases = vec![HeldLease::default(); usize::from(deployments)];
        Self { world, runners, requests: Vec::new(), leases, spent: Spent::default() }
    }

    /// The same for all that can happen, whoever of two like runners is called by which name, and whichever value by which.
    pub(super) fn canonical(&self) -> Self {
        let mut this = self.clone();
        if let [one, two] = &*self.runners {
            let order = Self::without_names(one).cmp(&Self::without_names(two));
            if order == Ordering::Greater {
                this.swap();
            } else if order == Ordering::Equal {
                let mut swapped = self.clone();
                swapped.swap();
                swapped.name_anew();
                this.name_anew();
                return this.min(swapped);
            }
        }
        this.name_anew();
        this
    }

    /// What tells most runners from each other already, whatever they and values are called.
    const fn without_names(runner: &Runner) -> (At, u8, Option<u8>, bool) {
        (runner.at, runner.left, runner.forced, runner.seen.is_whole)
    }

    /// Calls each runner by the other's name, and so their deployments.
    fn swap(&mut self) {
        self.runners.swap(0, 1);
        let are_two = self.leases.len() == 2;
        if are_two {
            self.leases.swap(0, 1);
            self.runners.iter_mut().for_each(|runner| runner.deployment = 1 - runner.deployment);
        }
        let waiting = self.requests.iter_mut().map(|request| &mut request.from);
        let names = waiting.chain(self.leases.iter_mut().map(|lease| &mut lease.owner));
        names.flatten().for_each(|name| *name = 1 - *name);
    }

    fn name_anew(&mut self) {
        let mut names = Names::default();
        self.world.rename(&mut names);
        self.runners.iter_mut().for_each(|runner| runner.rename(&mut names));
        for request in &mut self.requests {
            match &mut request.what {
                Write::Publish(NewVersion { value, .. }) | Write::Move(value) => names.rename(value),
                Write::Regenerate { .. } | Write::Amend { .. } | Write::Resync => {}
            }
        }
        self.world.rename_fates(&names);
        self.requests.sort_unstable();
    }
}
