//! A local Azure that tells the truth.
//!
//! One in-memory [`World`] stands behind the production names of Azure: storage accounts, Machine Learning
//! workspaces, Key Vault, managed identity. It obeys the published contracts, refuses what it does not know with an
//! explicit error, and checks after every change that nobody was left on a dead key.

mod clock;
mod percent;
mod world;

pub use world::*;
