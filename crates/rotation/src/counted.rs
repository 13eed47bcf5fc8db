//! How a number of things is written.

/// As in "1 holder" and "2 holders".
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
