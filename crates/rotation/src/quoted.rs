//! Texts of others in our messages.

use std::fmt;

/// A text of somebody else's in a message. A key value is longer than what is quoted, wherever somebody pasted it.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

/// An access key has 88 characters.
const LONGEST_QUOTE: usize = 64;

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let characters = self.0.chars().count();
        if characters <= LONGEST_QUOTE || self.0.starts_with("/subscriptions/") {
            write!(formatter, "`{}`", self.0)
        } else {
            write!(formatter, "a text of {characters} characters")
        }
    }
}
