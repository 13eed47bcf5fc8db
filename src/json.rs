//! JSON that could not be read, in words that quote nothing of it.

/// Where and how a JSON text is not what it should be. serde's own words quote the value that it did not expect, and
/// that may be a key which somebody put where it does not belong.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} in line {line}, column {column}")]
pub(crate) struct UnreadableJson {
    what: &'static str,
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for UnreadableJson {
    fn from(error: serde_json::Error) -> Self {
        use serde_json::error::Category;
        let what = match error.classify() {
            Category::Io | Category::Eof => "the JSON text ends too early",
            Category::Syntax => "it is no JSON text",
            Category::Data => "the JSON text has another form",
        };
        Self { what, line: error.line(), column: error.column() }
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
