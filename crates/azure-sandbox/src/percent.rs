//! Percent-encoding, decoded without any opinion about `+`.

use std::fmt::Write as _;
use std::ops::Range;

/// Encodes everything but letters, digits and `-._~`.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// Decodes what is well-formed and leaves the rest as it is.
pub(crate) fn decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, escape) = rest.split_at(at);
        let (byte, length) = first_byte(escape);
        decoded.extend_from_slice(before.as_bytes());
        decoded.push(byte);
        rest = &escape[length..];
    }
    decoded.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The bytes of the decoded text, each with the place that it takes in the encoded one.
pub(crate) fn bytes(text: &str) -> impl Iterator<Item = (u8, Range<usize>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        let plain = *text.as_bytes().get(start)?;
        let (byte, length) = if plain == b'%' { first_byte(&text[start..]) } else { (plain, 1) };
        at += length;
        Some((byte, start..at))
    })
}

/// What a text that begins with `%` stands for there, and how much of it does.
fn first_byte(text: &str) -> (u8, usize) {
    let hex = text.get(1..3).filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let decoded = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
    decoded.map_or((b'%', 1), |byte| (byte, 3))
}

/// The pairs of a query string, in order, decoded.
pub(crate) fn query_pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_to_the_same() {
        assert_eq!(encode("a/b+c d=é~"), "a%2Fb%2Bc%20d%3D%C3%A9~");
        assert_eq!(decode(&encode("a/b+c d=é~")), "a/b+c d=é~");
    }

    #[test]
    fn decodes_what_is_well_formed_and_keeps_the_rest() {
        assert_eq!(decode("a%2Fb%2bc+d%zz%+1%2"), "a/b+c+d%zz%+1%2");
        assert_eq!(bytes("a%2Fé").map(|(_, place)| place).collect::<Vec<_>>(), [0..1, 1..4, 4..5, 5..6]);
        assert_eq!(
            query_pairs("$skip=a%3D&count=30&flag"),
            [
                ("$skip".to_owned(), "a=".to_owned()),
                ("count".to_owned(), "30".to_owned()),
                ("flag".to_owned(), String::new())
            ]
        );
    }
}
