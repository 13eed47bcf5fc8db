//! For tests: years of a deployment in seconds, through the production corridor and adapters.
//!
//! The local Azure stands behind the same HTTP client interface as the real one, without sockets, and time is tokio's,
//! paused: it jumps from one thing that is waited for to the next. So a process can be killed before and after each call
//! that it makes in a year, by taking the world as it is at that moment and going on with another process.

mod app;
mod calendar;
mod calls;
mod crashes;
pub(crate) mod door;
#[expect(dead_code, reason = "the end-to-end tests read what this test does not")]
#[path = "../tests/it/due_target.rs"]
pub(crate) mod due_target;
mod furnished;
mod hands;
mod hanging;
mod lives;
mod scene;
mod throttled;
mod truth;
