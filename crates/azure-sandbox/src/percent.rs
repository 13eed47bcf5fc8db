//! Percent-encoding, decoded without any opinion about `+`.

/// Decodes what is well-formed and leaves the rest as it is.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(value) => {
                decoded.push(value);
                at += 3;
            }
            None => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
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
    fn decodes_what_is_well_formed_and_keeps_the_rest() {
        assert_eq!(decode("a%2Fb%2bc+d%zz%2"), "a/b+c+d%zz%2");
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
