//! Rivals: everything that can happen when two runners work on one account, searched call by call, shortest first.
//!
//! A [`state`] is the [`world`], the [`runner`]s, and the writes on their way between them. A step ([`steps`]) is one outgoing
//! call of a runner ([`calls`], in the order in which the program makes them), one effect of a write, one mishap, or time
//! that passes. Between the calls the real `decide` decides ([`mind`]). What must never be is a [`violation`]; which lease
//! there is, and what is left out of the program or turned round, are the [`rules`].
//!
//! Where the search lets more happen than can, what it finds to hold holds all the more: the look before the lease, which
//! writes nothing, is taken to have found something to do; the half minute before a second look may take no time at all.
//! Time passes in 15 s for leases and writes on their way, and in 13 h for everything else. Clocks are right here;
//! [`super::model`] is about those that are not.

mod calls;
mod mind;
mod rules;
mod runner;
mod search;
mod state;
mod steps;
mod tests;
mod violation;
mod world;
