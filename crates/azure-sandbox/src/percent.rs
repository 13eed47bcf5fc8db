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
    let decoded: Vec<u8> = bytes(text).map(|(byte, _)| byte).collect();
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The bytes of the decoded text, each with the place that it takes in the encoded one.
pub(crate) fn bytes(text: &str) -> impl Iterator<Item = (u8, Range<usize>)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        let byte = *bytes.get(start)?;
        let escaped = (byte == b'%').then(|| text.get(start + 1..start + 3)).flatten();
        let decoded = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        at += if decoded.is_some() { 3 } else { 1 };
        Some((decoded.unwrap_or(byte), start..at))
    })
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
        assert_eq!(decode("a%2Fb%2bc+d%zz%2"), "a/b+c+d%zz%2");
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
