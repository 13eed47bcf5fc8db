//! Rotates the access keys of Azure Storage accounts and leaves Azure Machine Learning on the new key.
//!
//! An Azure Functions custom handler. A door (in `handler`) takes an event and enqueues a target; the corridor
//! (`reconcile`) looks (`observe`), decides (the crate [`rotation`]), does that one thing (`apply`) and looks again,
//! until nothing is left to do. `ARCHITECTURE.md` has the map and the invariants.

mod activation;
mod apply;
mod azure;
mod check;
mod clock;
pub mod commands;
pub mod configuration;
mod env_vars;
mod environment;
mod event;
mod failure;
mod handler;
#[cfg(test)]
mod hostile;
mod inventory;
mod json;
#[cfg(feature = "demo")]
pub mod local_app;
mod lock;
pub mod log_reference;
mod observe;
mod outcome;
pub mod package;
mod reconcile;
mod report;
mod resyncs;
mod rights;
mod rotator;
#[cfg(test)]
mod seeded;
mod settings;
mod targets;
mod telemetry;
#[cfg(test)]
mod year;
