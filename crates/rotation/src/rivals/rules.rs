//! What a search lets happen, and what the runners do otherwise than the program does.

use crate::Policy;

/// How the lease of an account keeps runs apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lease {
    /// There is none.
    None,
    /// Whoever has it keeps it as long as its run lives; it runs out a minute after a crash.
    Perfect,
    /// Renewals may stop at any time, as in a process or on a machine that stands still.
    LostByPause(Pause),
}

/// What a run does about a lease that it may have lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// It sends a regeneration or a publish only with 30 s left, as the program does.
    WithTheSendRule,
    /// It sends as long as anything is left.
    WithoutTheSendRule,
    /// With the rule, but it may stand still between asking how much is left and sending.
    BetweenTheCheckAndTheSend,
    /// With the rule, but by a clock that stands still with it.
    WithItsClock,
}

/// What the runners do, and what they do otherwise than the program.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) lease: Lease,
    /// What is given to `decide`.
    pub(super) policy: Policy,
    pub(super) mutant: Option<Mutant>,
}

/// One thing that is left out or turned round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mutant {
    /// Whatever was decided about a target that is due, its alternate key is regenerated.
    NoSafetyCheck,
    /// Whoever may be hidden is said to be nobody.
    NoProofOfReach,
    /// A look lists the keys before it reads the secret.
    KeysBeforeTheSecret,
    /// A publish resyncs no workspace.
    NoResyncBeforeThePublish,
    /// A forced run replaces whatever version it finds.
    ForcedByTheClock,
    /// A publish trusts the key that it proved, however long ago that was.
    KeyNotReadAgain,
    /// A publish does not wait for a regeneration of its own run that got no certain answer.
    DoesNotOutlastWhatIsOnItsWay,
    /// A resync beside a regeneration that got no certain answer counts like any other.
    ResyncsOnce,
}

/// How often what may happen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Runs that begin: the two messages, what comes back, and sweeps.
    pub(super) runs: u8,
    pub(super) crashes: u8,
    pub(super) lost_answers: u8,
    /// Keys that a person regenerates.
    pub(super) hands: u8,
    /// Times of 13 hours that pass.
    pub(super) half_days: u8,
}
