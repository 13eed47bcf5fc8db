//! How a text reads once its escapes are undone.

use std::borrow::Cow;

use super::encoding::Encoding;
use crate::percent;

/// A proxy or a log may encode what was encoded before.
const NESTED: usize = 3;

/// The text as it is, then with its percent-encoding undone once and more often, then with its JSON escapes undone too;
/// each with the name of what was undone.
pub(super) fn readings(text: &[u8]) -> Vec<(Option<Encoding>, Cow<'_, [u8]>)> {
    let mut readings = vec![(None, Cow::Borrowed(text))];
    let mut last = String::from_utf8_lossy(text);
    for _ in 0..NESTED {
        if !last.contains('%') {
            break;
        }
        last = percent::decode(&last).into();
        readings.push((Some(Encoding::Percent), last.clone().into_owned().into_bytes().into()));
    }
    if last.contains('\\') {
        readings.push((Some(Encoding::Json), json_unescaped(&last).into_bytes().into()));
    }
    readings
}

/// Undoes `\/`, `\\` and `\uXXXX`, however often they were escaped again.
fn json_unescaped(text: &str) -> String {
    let mut unescaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        unescaped.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let code = rest.strip_prefix(['u', 'U']).and_then(|code| code.get(..4));
        let character = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        if let Some(character) = character {
            unescaped.push(character);
            rest = &rest[5..];
        }
    }
    unescaped + rest
}
