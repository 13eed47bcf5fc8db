//! End to end: the real process under a Functions host, real HTTP and TLS, and a local Azure that checks itself.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod blocked;
mod burst;
mod calls;
mod clouds;
mod commands;
mod connections;
mod contract;
mod crashes;
mod demo;
mod documents;
mod doors;
mod due_target;
mod enrolment;
mod entitlement;
mod faults;
mod following;
mod forced;
mod hazards;
mod healing;
mod http_doors;
mod lease;
mod least_privilege;
mod left_alone;
mod log_lines;
mod operations;
mod package;
mod queries;
mod reach;
mod retirement;
mod rotation;
mod signatures;
mod stage;
mod sweep;
mod traffic;
