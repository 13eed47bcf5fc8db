//! Texts of others in our messages.

use std::fmt;

/// A text of somebody else's in a message. A key value is longer than what is quoted, wherever somebody pasted it.
#[derive(Debug)]
pub struct Quoted<'a>(pub &'a str);

/// An access key has 88 characters.
const LONGEST_QUOTE: usize = 64;
/// Resource ids are longer than a key, and none begins as they do.
const LONGEST_RESOURCE_ID: usize = 400;

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let characters = self.0.chars().count();
        let longest = if self.0.starts_with("/subscriptions/") { LONGEST_RESOURCE_ID } else { LONGEST_QUOTE };
        if characters <= longest {
            write!(formatter, "`{}`", self.0)
        } else {
            write!(formatter, "a text of {characters} characters")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_key_or_a_flood_is_counted_and_not_quoted() {
        let quoted = |text: &str| Quoted(text).to_string();
        assert_eq!(quoted("key3"), "`key3`");
        assert_eq!(quoted(&"a".repeat(64)).len(), 66);
        assert_eq!(quoted(&"a".repeat(65)), "a text of 65 characters");
        let id = |length: usize| format!("/subscriptions/{}", "a".repeat(length - 15));
        assert!(quoted(&id(400)).starts_with("`/subscriptions/"));
        assert_eq!(quoted(&id(401)), "a text of 401 characters");
    }
}
