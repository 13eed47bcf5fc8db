//! JSON that could not be read, in words that quote nothing of it.

/// Where and how a JSON text is not what it should be. serde's own words quote the value that it did not expect, and
/// that may be a key which somebody put where it does not belong.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}{place}")]
pub(crate) struct UnreadableJson {
    what: &'static str,
    place: String,
}

impl From<serde_json::Error> for UnreadableJson {
    fn from(error: serde_json::Error) -> Self {
        use serde_json::error::Category;
        let what = match error.classify() {
            Category::Io | Category::Eof => "the JSON text ends too early",
            Category::Syntax => "it is no JSON text",
            Category::Data => "a member is missing or has another type",
        };
        // A value that was read before has no lines.
        let place = match error.line() {
            0 => String::new(),
            line => format!(" in line {line}, column {}", error.column()),
        };
        Self { what, place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_quoted() {
        for text in ["\"FAKE_KEY\"", "{\"FAKE_KEY\": 1}", "FAKE_KEY", "[\"FAKE_KEY\""] {
            let error = serde_json::from_str::<std::collections::BTreeMap<String, bool>>(text).unwrap_err();
            assert!(!UnreadableJson::from(error).to_string().contains("FAKE"), "{text}");
        }
    }
}
