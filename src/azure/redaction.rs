//! Takes out of a text by others whatever has the shape of a key or of a signature.

/// Longest text of a service that is kept, in characters.
const LONGEST_TEXT: usize = 600;
/// What stands in place of what was taken out.
const MASK: &str = "[redacted]";
/// Base64 of 32 bytes is 43 characters and `=`; of 64 bytes, 86 and `==`. Shorter runs are words and paths.
const SHORTEST_SECRET: usize = 43;

/// The text without secrets, in one line, cut to a length that a log line can bear.
pub(super) fn redacted(text: &str) -> String {
    let text = without_signatures(&without_keys(text));
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

/// Masks every long run of base64 that ends in padding, and every run of the length of a key.
fn without_keys(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_base64) {
        kept.push_str(&rest[..start]);
        let run = &rest[start..];
        let digits = run.find(|character| !is_base64(character)).unwrap_or(run.len());
        let padding = run[digits..].chars().take_while(|character| *character == '=').count();
        let is_secret = digits >= SHORTEST_SECRET && (padding > 0 || !run[..digits].contains('/'));
        kept.push_str(if is_secret { MASK } else { &run[..digits + padding] });
        rest = &run[digits + padding..];
    }
    kept.push_str(rest);
    kept
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

fn is_base64(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '+' || character == '/'
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
