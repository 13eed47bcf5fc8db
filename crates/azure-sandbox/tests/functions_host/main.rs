//! The Functions host with a real handler process under it, against what the real host did.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod app;
mod event_grid;
mod failures;
mod leaks;
mod lifecycle;
mod log;
mod payloads;
mod queues;
mod webhook;
