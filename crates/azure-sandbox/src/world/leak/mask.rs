//! Texts without secret values, of the same length.

use std::ops::Range;

use crate::percent;

/// The text with other letters at the places that `find` gives for what it decodes to. Padding stays as it is.
pub(super) fn masked(text: &str, find: impl FnOnce(&[u8]) -> Vec<Range<usize>>) -> String {
    let (decoded, written): (Vec<u8>, Vec<Range<usize>>) = percent::bytes(text).unzip();
    let mut masked = text.as_bytes().to_owned();
    for place in find(&decoded).into_iter().flatten() {
        if decoded[place] != b'=' {
            let written = written[place].clone();
            let other: &[u8] = if written.len() == 1 { b"A" } else { b"%41" };
            masked[written].copy_from_slice(other);
        }
    }
    String::from_utf8_lossy(&masked).into_owned()
}
