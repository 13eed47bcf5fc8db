//! The file that the test reads.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;

pub(crate) fn path() -> PathBuf {
    crate::variable("RECORDING").expect("a file for the recording").into()
}

/// Adds one line.
pub(crate) fn record(request: &Value) {
    let mut file = OpenOptions::new().append(true).create(true).open(path()).expect("the recording opens");
    // In one write: requests are recorded at the same time, and `writeln!` would mix their lines.
    file.write_all(format!("{request}\n").as_bytes()).expect("the recording is written");
}
