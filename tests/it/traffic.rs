//! What the tests' Azure was called and what it answered, written down where a variable says so, for Azure's own
//! specifications to be held against.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use azure_sandbox::{Sandbox, TrafficGuard};

/// A directory that gets one file for each local Azure that a test starts. Secret values in it are replaced by others.
const RECORD_TRAFFIC: &str = "RECORD_TRAFFIC";

/// Has the calls written when the guard is dropped, if they are wanted.
pub(crate) fn recording(sandbox: &Sandbox) -> Option<TrafficGuard> {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let directory = directory()?;
    fs::create_dir_all(&directory).unwrap();
    let test = std::thread::current().name().unwrap_or("unnamed").replace("::", "-");
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    Some(sandbox.traffic_goes_to(directory.join(format!("{test}-{number}.jsonl"))))
}

#[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the product does not have")]
fn directory() -> Option<PathBuf> {
    Some(std::env::var_os(RECORD_TRAFFIC)?.into())
}
