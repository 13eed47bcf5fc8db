//! One process of the app, from its start until it is killed.

use std::cell::Cell;
use std::sync::Arc;

use azure_core::http::Transport;
use azure_sandbox::{Call, InProcess, World};
use rotation::{Declaration, Name, Policy};
use time::{Duration, OffsetDateTime};

use super::door::{Door, Identity, Watch};
use super::furnished::{HOST_STORAGE, VAULT};
use crate::activation::Activation;
use crate::azure::{Azure, BlobLeases, Cloud, CloudSettings, HostStorage, StorageIdentity};
use crate::clock::Clock;
use crate::outcome::Outcome;
use crate::reconcile::reconcile;
use crate::rotator::Rotator;
use crate::settings::Settings;

thread_local! {
    /// By how much the app's clock is ahead of Azure's, on this thread.
    static AHEAD: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Sets the clock of the app, on this thread.
pub(super) fn set_clock_ahead(by: Duration) {
    AHEAD.set(by);
}

/// What time it is by the app's clock.
pub(super) fn now() -> OffsetDateTime {
    azure_sandbox::now() + AHEAD.get()
}

/// What an operator sets.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) policy: Policy,
    pub(super) declared: Vec<Declaration>,
}

/// A process, which may be killed.
pub(super) struct App {
    rotator: Rotator,
    door: Door,
}

impl App {
    /// Starts a process.
    pub(super) fn start(world: &World, wanted: &Wanted, watch: Watch) -> Self {
        Self::start_on(InProcess::over(world.clone()), wanted, watch)
    }

    /// The same on this Azure.
    pub(super) fn start_on(azure: InProcess, wanted: &Wanted, watch: Watch) -> Self {
        let door = Door::new(azure, watch);
        let (http, credential) = (Arc::new(door.clone()), Arc::new(Identity(door.clone())));
        let host_storage = HostStorage::of_account(HOST_STORAGE, StorageIdentity::SameAsApp).unwrap();
        let cloud = Cloud::public();
        let transport = Transport::new(http.clone());
        let leases = BlobLeases::new(&cloud, &host_storage, transport, credential.clone(), now).unwrap();
        let azure = Azure::over(cloud.clone(), http, credential, leases).unwrap();
        let settings = Settings {
            cloud: CloudSettings::Known(cloud),
            policy: wanted.policy.clone(),
            vaults: vec![Name::new(VAULT)],
            declared: wanted.declared.clone(),
            scopes: Vec::new(),
            host_storage,
        };
        Self { rotator: Rotator::new(azure, &settings, Clock::of(now)), door }
    }

    /// Every call that it made.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.door.calls()
    }

    /// Works on one message; none when the process was killed over it.
    pub(super) async fn work(&self, activation: &Activation) -> Option<Outcome> {
        tokio::select! {
            biased;
            () = self.door.death() => None,
            outcome = reconcile(&self.rotator, activation) => Some(outcome),
        }
    }
}
