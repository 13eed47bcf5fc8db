//! The Functions host with a real handler process under it, against what the real host did.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod admin;
mod app;
mod ending;
mod event_grid;
mod failures;
mod functions;
mod http;
mod launching;
mod leaks;
mod lifecycle;
mod log;
mod payloads;
mod queues;
mod raw_http;
mod timeouts;
mod timers;
mod webhook;
mod wire;
