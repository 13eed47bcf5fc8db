//! Takes out of a text by others whatever has the shape of a key or of a signature.

/// Longest text of a service that is kept, in characters.
const LONGEST_TEXT: usize = 600;
/// What stands in place of what was taken out.
const MASK: &str = "[redacted]";
/// Base64 of 32 bytes is 43 characters and `=`; of 64 bytes, 86 and `==`. Shorter runs are words and paths.
const SHORTEST_SECRET: usize = 43;

/// The text without what has the shape of a key or of a signature.
pub(crate) fn without_secrets(text: &str) -> String {
    without_signatures(&without_keys(text))
}

/// The text without secrets, in one line, cut to a length that a log line can bear.
pub(super) fn redacted(text: &str) -> String {
    let text = without_secrets(text);
    let mut line = String::with_capacity(text.len().min(LONGEST_TEXT));
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST_TEXT {
            line.push('…');
            break;
        }
        line.push(if character.is_control() { ' ' } else { character });
    }
    line
}

/// A message of a JSON parser without what it quotes, which may be the very value that could not be read.
pub(super) fn without_quotations(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}{MASK}{}", &message[..first], &message[last + 1..])
        }
        _ => message.to_owned(),
    }
}

/// Masks every long run of base64 that ends in padding, and every run of the length of a key that is no path.
fn without_keys(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let digits = Run::of(rest, base64_digit);
        let padding = Run::of(&rest[digits.bytes..], base64_padding);
        let end = digits.bytes + padding.bytes;
        if digits.symbols == 0 {
            kept.push(character);
            rest = &rest[character.len_utf8()..];
            continue;
        }
        let is_path = rest[..digits.bytes].contains('/');
        let is_secret = digits.symbols >= SHORTEST_SECRET && (padding.symbols > 0 || !is_path);
        kept.push_str(if is_secret { MASK } else { &rest[..end] });
        rest = &rest[end..];
    }
    kept
}

/// How much of a text is of one kind.
struct Run {
    symbols: usize,
    bytes: usize,
}

impl Run {
    /// Counts what `symbol` takes from the beginning of the text, in bytes, until it takes nothing.
    fn of(text: &str, symbol: impl Fn(&str) -> usize) -> Self {
        let (mut symbols, mut bytes) = (0, 0);
        loop {
            match symbol(&text[bytes..]) {
                0 => return Self { symbols, bytes },
                length => (symbols, bytes) = (symbols + 1, bytes + length),
            }
        }
    }
}

/// A digit of base64 or base64url, also in percent-encoding or with an escape of JSON, as .NET writes `+`.
fn base64_digit(text: &str) -> usize {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    if text.bytes().next().is_some_and(plain) {
        1
    } else {
        encoded(text, &["%2b", "%2f", "\\/", "\\u002b", "\\u002f"])
    }
}

fn base64_padding(text: &str) -> usize {
    encoded(text, &["=", "%3d", "\\u003d"])
}

/// The length of the first of `forms` with which the text begins, in either case.
fn encoded(text: &str, forms: &[&str]) -> usize {
    let begins = |form: &&&str| text.get(..form.len()).is_some_and(|start| start.eq_ignore_ascii_case(form));
    forms.iter().find(begins).map_or(0, |form| form.len())
}

/// Masks the signature of every shared access signature, percent-encoded or not.
fn without_signatures(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("sig=") {
        let (before, signature) = rest.split_at(start + "sig=".len());
        kept.push_str(before);
        kept.push_str(MASK);
        let ends = |character: char| character.is_whitespace() || "&\"'<>".contains(character);
        rest = &signature[signature.find(ends).unwrap_or(signature.len())..];
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::in_process::KEY1;

    #[test]
    fn keys_are_masked_wherever_they_stand() {
        let text = format!("invalid value \"{KEY1}\", expected ({KEY1}) or key={KEY1}");
        assert_eq!(redacted(&text), "invalid value \"[redacted]\", expected ([redacted]) or key=[redacted]");
    }

    #[test]
    fn a_key_that_was_cut_is_masked_as_well() {
        assert_eq!(redacted(&format!("value {}", KEY1.replace(['/', '=', '+'], "a"))), "value [redacted]");
        assert_eq!(redacted(&KEY1[..60]), "[redacted]");
    }

    #[test]
    fn a_signature_without_its_padding_is_masked_and_a_word_is_not() {
        assert_eq!(redacted(&"a".repeat(43)), "[redacted]");
        assert_eq!(redacted(&"a".repeat(42)), "a".repeat(42));
    }

    #[test]
    fn a_key_in_another_alphabet_is_masked_as_well() {
        let key = KEY1.replace('w', "+").replace('g', "/");
        for form in [
            key.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D"),
            key.replace('/', "\\/"),
            key.replace('+', "\\u002B").replace('/', "\\u002f").replace('=', "\\u003D"),
            key.replace('+', "-").replace('/', "_"),
            key.trim_end_matches('=').replace('+', "-").replace('/', "_"),
        ] {
            assert_eq!(redacted(&format!("é{form} end")), "é[redacted] end", "{form}");
        }
    }

    #[test]
    fn signatures_are_masked() {
        assert_eq!(
            redacted("?sv=2026-10-06&sig=XLwnV9ldLCmv%2Bq%3D&se=2027 and sig=abc"),
            "?sv=2026-10-06&sig=[redacted]&se=2027 and sig=[redacted]"
        );
    }

    #[test]
    fn a_parser_does_not_quote() {
        let error = serde_json::from_str::<Vec<u8>>(r#""a \"secret\" word""#).unwrap_err().to_string();
        assert_eq!(
            without_quotations(&error),
            "invalid type: string [redacted], expected a sequence at line 1 column 19"
        );
        assert_eq!(without_quotations("missing field `name`"), "missing field `name`");
    }

    #[test]
    fn words_and_paths_are_kept() {
        let text = "'x' does not have Microsoft.Storage/storageAccounts/regenerateKey/action over scope \
                    '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/y'.";
        assert_eq!(redacted(text), text);
    }

    #[test]
    fn long_texts_are_cut_and_put_on_one_line() {
        assert_eq!(redacted("a\nb"), "a b");
        assert_eq!(redacted(&"é ".repeat(1000)).chars().count(), LONGEST_TEXT + 1);
    }
}
