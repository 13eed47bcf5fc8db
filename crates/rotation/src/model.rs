//! A world for tests of the decision: one account, its vault and its holders in true time, each date in it written by
//! the clock of whoever wrote it.
//!
//! [`World::run`] is the corridor in miniature: look, decide, do, look again. Each write is checked against the truth
//! before it happens ([`truth`]), which no clock can hide.

mod clocks;
mod clocks_apart;
mod hands;
mod look;
mod mishaps;
mod run;
mod timeline;
mod truth;
mod world;
mod years;

pub(crate) use clocks::Clocks;
pub(crate) use run::{End, Fault};
pub(crate) use world::World;
