//! One rotation of a storage account at a time, over all instances of the app: a lease on a blob in the host's storage.
//!
//! Whoever has the lease may write. It is renewed while the run goes on and given back at its orderly end; a run that
//! dies leaves it to run out. No write is sent without it, and those that must not meet a rival are sent only with
//! enough of it left.

mod renewal;
mod term;

use std::sync::Arc;
use std::time::Duration;

use rotation::{Disposition, Failure, Heading, StorageAccountId};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{Instrument, info, warn};
use uuid::Uuid;

use self::term::Term;
use crate::azure::{Acquisition, AzureError, BlobLeases};
use crate::failure::{chain, failure};
use crate::rights::{LEASE_BLOBS, MAKE_CONTAINERS, Right};

/// How long a lease lasts unless it is renewed: as long as Azure gives one that ends at all.
const LEASE_TIME: Duration = Duration::from_secs(60);
/// How long a lease that somebody else has is waited for. Whoever died with it, it has run out by then.
const LONGEST_WAIT: Duration = Duration::from_secs(75);
/// The first pause between two attempts to get a lease; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause: most rotations that are waited for have seconds to go.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// What must be left of a lease when a write is sent that must not meet a rival: the longest that its answer is waited
/// for (20 s), and half as much again for what was on its way then.
pub(crate) const EXCLUSIVE_WRITE: Duration = Duration::from_secs(30);

/// The lease on one storage account, for the length of one run. Dropped without [`Self::release`], it runs out.
pub(crate) struct Lease {
    leases: BlobLeases,
    account: StorageAccountId,
    id: Uuid,
    term: Arc<Term>,
    renewal: AbortHandle,
}

impl Lease {
    /// Takes the lease on an account, and renews it from then on. One that somebody else has is waited for.
    ///
    /// # Errors
    ///
    /// When somebody else keeps it, or the host's storage does not give it.
    pub(crate) async fn take(leases: &BlobLeases, account: &StorageAccountId) -> Result<Self, Failure> {
        let id = Uuid::new_v4();
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let sent = Instant::now();
            if acquire(leases, account, id).await? {
                return Ok(Self::begin(leases.clone(), account.clone(), id, sent));
            }
            let name = account.name();
            let left = LONGEST_WAIT.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Err(Failure::new(
                    format!(
                        "another run has kept the lease of storage account `{name}` (`{}`) for {} s; it ends with \
                         that run, or a minute after it died",
                        leases.address(name),
                        LONGEST_WAIT.as_secs()
                    ),
                    Disposition::Retry,
                ));
            }
            if pause == FIRST_PAUSE {
                info!(
                    step = "lease",
                    "another run has the lease of storage account `{name}`: waiting for it"
                );
            }
            sleep(pause.min(left)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn begin(leases: BlobLeases, account: StorageAccountId, id: Uuid, sent: Instant) -> Self {
        info!(step = "lease", "took the lease of storage account `{}`", account.name());
        let term = Arc::new(Term::new(sent));
        let keep = renewal::keep(leases.clone(), account.name().clone(), id, Arc::clone(&term), sent);
        let renewal = tokio::spawn(keep.in_current_span()).abort_handle();
        Self { leases, account, id, term, renewal }
    }

    /// The account that it stands for.
    pub(crate) const fn account(&self) -> &StorageAccountId {
        &self.account
    }

    /// Whether the lease is still ours, for any write.
    ///
    /// # Errors
    ///
    /// When it is not: the run must not write any more.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.check_for(Duration::ZERO)
    }

    /// Whether enough is left of the lease for a write that takes so long. Once it was not, no write is sent under it any
    /// more.
    ///
    /// # Errors
    ///
    /// When less is left.
    pub(crate) fn check_for(&self, least: Duration) -> Result<(), Failure> {
        self.term.demand(least).map_err(|why| {
            let name = self.account.name();
            Failure::look_again(format!("stopped before the next write to storage account `{name}`: {why}"))
        })
    }

    /// Keeps the lease from being released, because a write, sent then, was answered so that it may yet be carried out:
    /// nobody else is to look before it was, or cannot be any more.
    pub(crate) fn leave_to_run_out(&self, sent: Instant) {
        self.term.leave_to_run_out(sent);
    }

    /// Waits until such a write was carried out, or cannot be any more: what this run itself has seen may not last.
    pub(crate) async fn outlast_what_is_on_its_way(&self) {
        if let Some(until) = self.term.on_its_way_until() {
            info!(step = "lease", "waiting until what got no certain answer can have no effect any more");
            sleep_until(until).await;
        }
    }

    /// Gives the lease back, if it is ours and nothing may be on its way under it.
    pub(crate) async fn release(self) {
        self.renewal.abort();
        let name = self.account.name();
        if let Err(why) = self.term.may_release() {
            info!(step = "lease", "left the lease of storage account `{name}` to run out: {why}");
            return;
        }
        match self.leases.release(name, self.id).await {
            Ok(()) => info!(step = "lease", "released the lease of storage account `{name}`"),
            Err(error) => warn!(step = "lease", "{}; it runs out within a minute", chain(&error)),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Asks for the lease once, and makes what it takes; whether it is ours now.
async fn acquire(leases: &BlobLeases, account: &StorageAccountId, id: Uuid) -> Result<bool, Failure> {
    let name = account.name();
    let ask = async || {
        let answer = leases.acquire(name, id, LEASE_TIME).await;
        answer.map_err(|error| refused(leases, &error, LEASE_BLOBS))
    };
    let missing = match ask().await? {
        Acquisition::Acquired => return Ok(true),
        Acquisition::Taken => return Ok(false),
        missing @ (Acquisition::NoBlob | Acquisition::NoContainer) => missing,
    };
    if missing == Acquisition::NoContainer {
        leases.create_container().await.map_err(|error| refused(leases, &error, MAKE_CONTAINERS))?;
    }
    leases.create_blob(name).await.map_err(|error| refused(leases, &error, LEASE_BLOBS))?;
    match ask().await? {
        Acquisition::Acquired => Ok(true),
        Acquisition::Taken => Ok(false),
        Acquisition::NoBlob | Acquisition::NoContainer => {
            Err(Failure::look_again(format!("`{}` was deleted as soon as it was made", leases.address(name))))
        }
    }
}

/// What to do about a lease that the host's storage does not give.
pub(crate) fn refused(leases: &BlobLeases, error: &AzureError, right: Right) -> Failure {
    let (hint, heading) = if error.is_behind_firewall() {
        let hint = format!("let the app through the firewall of the function app's own storage, `{leases}`");
        (hint, Heading::Firewall)
    } else if error.is_not_found() {
        let hint = format!(
            "there is no storage account behind `{leases}`: correct `AzureWebJobsStorage__accountName` (or \
             `AzureWebJobsStorage`)"
        );
        (hint, Heading::OwnStorage)
    } else if error.is_without_token() && !error.is_passing() {
        let hint = "give the app a managed identity that may enter its own storage, and name it in \
         `AzureWebJobsStorage__clientId` if it is a user-assigned one and another than that of `AZURE_CLIENT_ID`";
        (hint.to_owned(), Heading::Identity)
    } else if error.is_forbidden() && leases.entered_by_key() {
        let hint = "let the app reach its own storage by identity (`AzureWebJobsStorage__accountName`), or put a live key of that \
         account into the connection string `AzureWebJobsStorage`";
        (hint.to_owned(), Heading::OwnStorage)
    } else {
        return failure(error, right, leases);
    };
    Failure::new(chain(error), Disposition::needs_operator(hint, heading))
}

#[cfg(test)]
mod tests;
