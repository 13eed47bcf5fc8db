//! A local Azure that tells the truth.
//!
//! One in-memory [`World`] stands behind the production names of Azure: storage accounts, Machine Learning
//! workspaces, Key Vault, managed identity. It obeys the published contracts, refuses what it does not know with an
//! explicit error, and checks after every change that nobody was left on a dead key.

mod buckets;
mod calls;
mod certificate_authority;
mod clock;
mod cloud;
pub mod event_grid;
mod faces;
mod faults;
pub mod functions_host;
mod in_process;
mod inspector;
mod passage;
mod percent;
mod proxy;
mod sandbox;
mod vault_events;
mod witness;
mod world;

pub use calls::Call;
pub use certificate_authority::CertificateError;
pub use clock::now;
pub use cloud::Cloud;
pub use faults::{AddedFault, Fault, FaultAnswer, Faults, HeldCall};
pub use in_process::{InProcess, Unanswered};
pub use inspector::{InspectionError, Inspector};
pub use sandbox::{Sandbox, SandboxError, SandboxOptions, TrafficGuard};
pub use vault_events::VaultEvents;
pub use witness::{Place, PlaceKind, Witness};
pub use world::{
    AccountSetup, Behaviour, ConnectionSetup, Credential, DatastoreSetup, Dependent, DependentState,
    Encoding, FunctionAppSetup, Grant, HeldKey, Holding, KeyName, KeyValue, Leak, LeakGuard, Principal,
    SasSetup, SecretSetup, SecretState, StorageService, VaultSetup, Violation, WorkspaceSetup, World,
};

/// Has the examples of `docs/sandbox.md` compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/sandbox.md")]
struct Page;
