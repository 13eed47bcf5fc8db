//! What the system says of a process.

use std::fs;

/// The most memory that a process ever had, in bytes.
pub(crate) fn peak_memory(process_id: u32) -> Option<u64> {
    of_status(process_id, "VmHWM:")
}

/// The memory that a process has now, in bytes.
pub(crate) fn memory(process_id: u32) -> Option<u64> {
    of_status(process_id, "VmRSS:")
}

fn of_status(process_id: u32, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process_id}/status")).ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix(field))?.trim().strip_suffix(" kB")?;
    Some(kibibytes.trim().parse::<u64>().ok()? * 1024)
}
