//! Blob containers, and blobs as far as a lease needs them: a name and a lease, without content.

mod lease;

use std::collections::BTreeMap;

pub(crate) use self::lease::{Lease, LeaseRefusal};

use super::{State, World};
use crate::clock;

/// A Data Lake filesystem is a blob container under another name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Container {
    /// By name, in which case counts.
    pub(crate) blobs: BTreeMap<String, Blob>,
}

/// A block blob of no length.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blob {
    pub(crate) lease: Lease,
}

impl World {
    /// Somebody else takes the lease of a blob for a minute, and never renews it. The blob is there afterwards.
    pub fn lease_blob_outside(&self, account: &str, container: &str, blob: &str) {
        self.change(|state| {
            let lease = Lease::Held {
                id: uuid::Uuid::new_v4(),
                length: time::Duration::minutes(1),
                until: clock::now() + time::Duration::minutes(1),
            };
            let container = state.account_mut(account)?.containers.entry(container.to_owned()).or_default();
            container.blobs.insert(blob.to_owned(), Blob { lease });
            Some(())
        });
    }

    /// Somebody breaks the lease of a blob, with no time left to its holder.
    pub fn break_lease_outside(&self, account: &str, container: &str, blob: &str) {
        self.change(|state| {
            state.blob_mut(account, container, blob)?.lease.break_now();
            Some(())
        });
    }

    /// Whether somebody has the lease of a blob at this moment.
    pub fn is_leased(&self, account: &str, container: &str, blob: &str) -> bool {
        self.read(|state| {
            let container = state.account(account).and_then(|account| account.containers.get(container));
            let blob = container.and_then(|container| container.blobs.get(blob));
            blob.is_some_and(|blob| blob.lease.is_held(clock::now()))
        })
    }
}

impl State {
    fn blob_mut(&mut self, account: &str, container: &str, blob: &str) -> Option<&mut Blob> {
        self.account_mut(account)?.containers.get_mut(container)?.blobs.get_mut(blob)
    }
}
