//! Whether a text gives away a key value, in any of the forms in which text travels.

use std::fmt::{self, Write as _};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::State;
use super::access_key::{KeyName, KeyValue};
use crate::percent;

/// How a leaked value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is, with or without its padding.
    Raw,
    /// In percent-encoding, once or several times.
    Percent,
    /// With JSON escapes.
    Json,
    /// In the alphabet of base64url.
    Base64Url,
    /// The decoded bytes in hexadecimal.
    Hex,
    /// In base64 once more, by itself or within a longer text.
    Base64,
}

/// A key value was found. Which one and how, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The storage account.
    pub account: String,
    /// Which of its keys.
    pub key: KeyName,
    /// How it was written.
    pub encoding: Encoding,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of `{}` of storage account `{}`, {:?}", self.key, self.account, self.encoding)
    }
}

impl State {
    /// The first value, of all that ever existed, that stands in the text.
    pub(crate) fn leak_in(&self, text: &[u8]) -> Option<Leak> {
        let haystack = Haystack::new(&String::from_utf8_lossy(text));
        self.accounts.values().find_map(|account| {
            account.every_value().find_map(|(key, value)| {
                let encoding = haystack.find(value)?;
                Some(Leak { account: account.name.clone(), key, encoding })
            })
        })
    }

    /// The text with every key value replaced by one of the same length that opens nothing.
    pub(crate) fn masked(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for (_, value) in self.accounts.values().flat_map(|account| account.every_value()) {
            if masked.contains(value.expose()) {
                let fake: String = value.expose().chars().map(|c| if c == '=' { '=' } else { 'A' }).collect();
                masked = masked.replace(value.expose(), &fake);
            }
        }
        masked
    }
}

/// A text in the forms that are searched, each made once.
struct Haystack {
    raw: String,
    percent_decoded: String,
    unescaped: String,
    lowercase: String,
}

impl Haystack {
    fn new(text: &str) -> Self {
        // A proxy or a log may encode what was encoded before.
        let percent_decoded = (0..3).fold(text.to_owned(), |text, _| percent::decode(&text));
        Self {
            raw: text.to_owned(),
            percent_decoded,
            unescaped: json_unescaped(text),
            lowercase: text.to_ascii_lowercase(),
        }
    }

    fn find(&self, value: &KeyValue) -> Option<Encoding> {
        let needle = value.expose().trim_end_matches('=');
        if self.raw.contains(needle) {
            return Some(Encoding::Raw);
        }
        if self.percent_decoded.contains(needle) {
            return Some(Encoding::Percent);
        }
        if self.unescaped.contains(needle) {
            return Some(Encoding::Json);
        }
        if self.raw.contains(&needle.replace('+', "-").replace('/', "_")) {
            return Some(Encoding::Base64Url);
        }
        if value.decoded().is_some_and(|bytes| self.lowercase.contains(&hexadecimal(&bytes))) {
            return Some(Encoding::Hex);
        }
        base64_alignments(needle).iter().any(|form| self.raw.contains(form)).then_some(Encoding::Base64)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The part of the base64 of a longer text that is the same wherever the value stands in it.
fn base64_alignments(value: &str) -> [String; 3] {
    [0, 1, 2].map(|before| {
        let padded = format!("{}{value}", &"xx"[..before]);
        let whole = padded.len() / 3 * 3;
        // The first group is mixed with what stands before, unless nothing does.
        let first = if before == 0 { 0 } else { 4 };
        STANDARD_NO_PAD.encode(&padded[..whole])[first..].to_owned()
    })
}

/// Undoes `\/`, `\\` and `\uXXXX`.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use crate::world::setup::AccountSetup;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    /// Has `+`, `/` and padding, so that every encoding changes it.
    const VALUE: &str =
        "+/ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

    fn world() -> World {
        let world = World::new();
        let keys = (KeyValue::random(), KeyValue::from_text(VALUE));
        world.add_storage_account(AccountSetup::new("s", "g", "acct").keys(keys.0, keys.1));
        world
    }

    #[test]
    fn every_form_of_a_planted_value_is_found() {
        let escaped = VALUE.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D");
        let cases = [
            (VALUE.to_owned(), Encoding::Raw),
            (VALUE.trim_end_matches('=').to_owned(), Encoding::Raw),
            (escaped.clone(), Encoding::Percent),
            (escaped.replace('%', "%25"), Encoding::Percent),
            (VALUE.replace('/', "\\/"), Encoding::Json),
            (VALUE.replace('+', "\\u002b").replace('/', "\\u002F"), Encoding::Json),
            (VALUE.replace('+', "-").replace('/', "_"), Encoding::Base64Url),
            (hexadecimal(&STANDARD.decode(VALUE).unwrap()), Encoding::Hex),
            (hexadecimal(&STANDARD.decode(VALUE).unwrap()).to_uppercase(), Encoding::Hex),
            (STANDARD.encode(VALUE), Encoding::Base64),
            (STANDARD.encode(format!("a{VALUE}b")), Encoding::Base64),
            (STANDARD.encode(format!("ab{VALUE}b")), Encoding::Base64),
        ];
        let world = world();
        for (text, encoding) in cases {
            let leak = world.leak_in(format!("{{\"before\":1}} {text} after"));
            let expected = Leak { account: "acct".to_owned(), key: KeyName::Key2, encoding };
            assert_eq!(leak, Some(expected), "{encoding:?}");
        }
        assert_eq!(world.leak_in("nothing here"), None);
        assert_eq!(world.leak_in(URL_SAFE_NO_PAD.encode([7; 64])), None);
    }

    #[test]
    fn a_value_that_died_is_still_searched_and_masked() {
        let world = world();
        world.regenerate_outside("acct", KeyName::Key2);
        let leak = world.leak_in(VALUE).unwrap();
        assert!(!format!("{leak} {leak:?}").contains(&VALUE[..8]));
        let masked = world.masked(VALUE);
        assert_eq!(masked.len(), VALUE.len());
        assert_eq!(world.leak_in(masked), None);
    }
}
