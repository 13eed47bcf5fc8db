//! The deployment in `infra/`: what it makes and for whom, with which rights and in which order.
//!
//! Each check looks at the templates as they are committed, compiled and evaluated (`infra/compiled`, and the snapshots
//! in `infra/tests`). What needs the Bicep compiler is ignored unless asked for:
//! `BICEP=path/to/bicep cargo test --test infra -- --ignored`. Then the committed files are compared with what the
//! compiler makes of the sources, and each check sees something broken on purpose.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alerts;
mod app;
mod azd;
mod checks;
mod clouds;
mod compiler;
mod current;
mod deployment;
mod events;
mod first_look;
mod idempotence;
mod mutants;
mod names;
mod network;
mod order;
mod refusals;
mod rights;
mod scripts;
mod secrets;
mod settings;
mod storage;
