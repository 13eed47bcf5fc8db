//! What a command is to print, as files in `expected/`.

use std::fs;
use std::path::Path;

/// Asserts that the file of that name in `expected/` says this. With `WRITE_EXPECTED` set, the file is written instead:
/// look at the difference before it is committed.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "a switch for people who change what is printed")]
pub(crate) fn assert_expected(name: &str, printed: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/commands/expected").join(name);
    if std::env::var_os("WRITE_EXPECTED").is_some() {
        fs::write(&file, printed).unwrap();
        return;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(printed, expected, "{name} differs; WRITE_EXPECTED=1 writes it anew");
}
