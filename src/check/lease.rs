//! Whether the leases can be reached that let one rotation of an account go on at a time.

use rotation::Mode;

use super::finding::Finding;
use crate::lock;
use crate::rights::LEASE_BLOBS;
use crate::rotator::Rotator;

/// Checks the host's storage. No lease is taken.
pub(super) async fn check(rotator: &Rotator, mode: Mode) -> Finding {
    let leases = &rotator.azure.leases;
    let subject = format!("leases in {leases}");
    let finding = match leases.find_container().await {
        Ok(true) => Finding::ok(subject, "they can be taken"),
        Ok(false) => Finding::ok(subject, "they can be taken; the first rotation makes the container"),
        Err(error) => Finding::of_failure(subject, &lock::refused(leases, &error, LEASE_BLOBS)),
    };
    finding.needed_to_write(mode)
}
