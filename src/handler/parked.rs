//! What nobody could read is parked: to fail it would only bring it back until the host or Event Grid gives it up.

use serde_json::{Value, json};
use tracing::error;

use crate::azure::without_secrets;

/// The output binding of both functions.
pub(super) const PARKED: &str = "parked";
/// A queue message has at most 64 KiB of base64, so 48 KiB, and the host puts the text into JSON and indents it.
const MOST_BYTES: usize = 32 << 10;

/// The output that parks `text`, which was given to `function`: a copy without what has the shape of a key, and cut to
/// what a queue takes. It is an error line as well, because somebody has to look.
pub(super) fn park(function: &'static str, reason: &str, text: &str) -> (&'static str, Value) {
    let text = without_secrets(text);
    let kept = cut(&text);
    error!(
        step = "park",
        reason,
        "parked what `{function}` was given: {reason}; a copy lies in the queue `{PARKED}`: find out who sent it, then \
         delete it"
    );
    let message = json!({
        "function": function,
        "reason": reason,
        "content": kept,
        "complete": kept.len() == text.len(),
    });
    (PARKED, message)
}

/// The longest beginning of `text` that takes no more than [`MOST_BYTES`] as a JSON text, whatever the writer escapes.
fn cut(text: &str) -> &str {
    let mut bytes = 0;
    for (at, character) in text.char_indices() {
        bytes += match character {
            '"' | '\\' => 2,
            ' '..='~' => 1,
            // `\u0000`, twice for what takes a pair of surrogates.
            _ => 6 * character.len_utf16(),
        };
        if bytes > MOST_BYTES {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::in_process::KEY1;

    /// The longest message, in bytes: a copy, and the little that is around it.
    const LARGEST_MESSAGE: usize = MOST_BYTES + 1024;
    /// 64 KiB of base64.
    const QUEUE_TAKES: usize = 48 << 10;

    #[test]
    fn a_copy_is_parked_with_the_reason() {
        let (binding, message) = park("Rotate", "it is empty", "{\"é\": 1}");
        assert_eq!(binding, "parked");
        let expected =
            json!({"function": "Rotate", "reason": "it is empty", "content": "{\"é\": 1}", "complete": true});
        assert_eq!(message, expected);
    }

    #[test]
    fn no_copy_is_larger_than_a_queue_takes() {
        const { assert!(LARGEST_MESSAGE < QUEUE_TAKES) };
        for text in ["a ", "\"", "\\", "\u{0}", "\u{7f}", "\n", "é", "\u{2028}", "😀"] {
            let (_, message) = park("Rotate", "", &text.repeat(1 << 16));
            let size = serde_json::to_string_pretty(&message).unwrap().len();
            assert!(size < LARGEST_MESSAGE, "{text:?}: {size}");
            assert_eq!(message["complete"], false);
        }
        let (_, message) = park("Rotate", "", &"a b".repeat(1 << 16));
        assert_eq!(message["content"].as_str().unwrap().len(), MOST_BYTES);
    }

    #[test]
    fn a_key_is_not_copied() {
        let (_, message) =
            park("Rotate", "", &format!("{{\"key\":\"{KEY1}\",\"sas\":\"sv=1&sig=abc&sp=r\"}}"));
        assert_eq!(message["content"], r#"{"key":"[redacted]","sas":"sv=1&sig=[redacted]&sp=r"}"#);
    }
}
