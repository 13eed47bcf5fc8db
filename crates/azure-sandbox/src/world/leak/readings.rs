//! How a text reads once its escapes are undone.

use std::borrow::Cow;

use super::encoding::Encoding;
use crate::percent;

/// A proxy or a log may encode what was encoded before.
const NESTED: usize = 3;

/// The bases in which programs print bytes.
const RADICES: [u32; 2] = [10, 16];
/// A list of fewer numbers gives no secret away, which has 16 bytes or more.
const SHORTEST_LIST: usize = 16;

/// The text as it is, then with its percent-encoding undone once and more often, then with its JSON escapes undone too,
/// then the bytes that its lists of numbers stand for; each with the name of what was undone.
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
    for radix in RADICES {
        let bytes = listed_bytes(&last, radix);
        if !bytes.is_empty() {
            readings.push((Some(Encoding::Numbers), bytes.into()));
        }
    }
    readings
}

/// The bytes of every list of numbers, whatever stands between them.
fn listed_bytes(text: &str, radix: u32) -> Vec<u8> {
    // Line breaks in a text that was put into JSON.
    let text = text.replace("\\n", "\n");
    let words =
        text.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for number in words.map(|word| byte(word, radix)).chain([None]) {
        match number {
            Some(number) => list.push(number),
            None if list.len() < SHORTEST_LIST => list.clear(),
            None => bytes.append(&mut list),
        }
    }
    bytes
}

fn byte(word: &str, radix: u32) -> Option<u8> {
    u8::from_str_radix(word.strip_prefix("0x").unwrap_or(word), radix).ok()
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
