//! Renews a lease while its run goes on.

use std::sync::Arc;
use std::time::Duration;

use rotation::Name;
use tokio::time::{Instant, sleep_until};
use tracing::warn;
use uuid::Uuid;

use super::term::Term;
use crate::azure::{BlobLeases, Renewal};
use crate::failure::chain;

/// From one renewal to the next: one that fails can be tried again before too little is left for any write.
const RENEW_EVERY: Duration = Duration::from_secs(15);
/// From a renewal that failed to the next.
const RENEW_AGAIN: Duration = Duration::from_secs(5);

/// Renews a lease that was asked for at `sent`, until it is not ours any more.
pub(super) async fn keep(leases: BlobLeases, account: Name, id: Uuid, term: Arc<Term>, sent: Instant) {
    let mut next = sent + RENEW_EVERY;
    loop {
        sleep_until(next).await;
        if term.has_ended() {
            return;
        }
        let sent = Instant::now();
        match leases.renew(&account, id).await {
            Ok(Renewal::Renewed) => {
                term.renew(sent);
                next = sent + RENEW_EVERY;
            }
            Ok(Renewal::Lost { why }) => {
                warn!(step = "lease", "the lease of storage account `{account}` is not ours any more: {why}");
                term.end(format!("its lease is not ours any more: {why}"));
                return;
            }
            Err(error) => {
                let why = chain(&error);
                warn!(step = "lease", "{why}; trying again");
                term.not_renewed(why);
                next = Instant::now() + RENEW_AGAIN;
            }
        }
    }
}
