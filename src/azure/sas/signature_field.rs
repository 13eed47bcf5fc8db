//! The signature in a token (`sig`), and another one in its place.

use secrecy::zeroize::Zeroizing;

/// The field.
const SIGNATURE: &str = "sig";

/// The token with another signature in place of its own, spelt as that was; `None` when it has none.
pub(super) fn replaced(token: &str, signature: &str) -> Option<String> {
    // What is around a token is no part of it.
    let pairs = token.trim().trim_start_matches('?');
    let mut at = token.trim_end().len() - pairs.len();
    for pair in pairs.split('&') {
        match pair.split_once('=') {
            Some((name, old)) if name.eq_ignore_ascii_case(SIGNATURE) => {
                let start = at + name.len() + 1;
                let spelt = Zeroizing::new(spelt_as(old, signature));
                return Some([&token[..start], &spelt, &token[start + old.len()..]].concat());
            }
            _ => at += pair.len() + 1,
        }
    }
    None
}

/// A signature with those characters in percent-encoding that are so in `old`; one that `old` does not have is encoded,
/// which every reader understands.
fn spelt_as(old: &str, signature: &str) -> String {
    let is_lower_case = ["%2b", "%2f", "%3d"].iter().any(|code| old.contains(code));
    let mut spelt = String::with_capacity(old.len() + 16);
    for character in signature.chars() {
        if character.is_ascii_alphanumeric() || old.contains(character) {
            spelt.push(character);
        } else {
            let code = format!("%{:02X}", u32::from(character));
            spelt.push_str(&if is_lower_case { code.to_ascii_lowercase() } else { code });
        }
    }
    spelt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_signature_changes_and_is_spelt_as_before() {
        for (token, expected) in [
            ("?sv=1&sig=a%2Bb%2Fc%3D&se=2", "?sv=1&sig=x%2By%2Fz%3D&se=2"),
            ("sig=a%2bb%2fc%3d&sr=c", "sig=x%2by%2fz%3d&sr=c"),
            ("?SIG=a/b%3D", "?SIG=x%2By/z%3D"),
            ("sv=1&sig=a+b/c=", "sv=1&sig=x+y/z="),
            ("sv=1&sig=abc=&x=sig=1", "sv=1&sig=x%2By%2Fz=&x=sig=1"),
            (" ?sig=a%3D&&flag \r\n", " ?sig=x%2By%2Fz%3D&&flag \r\n"),
            ("sv=1&sig=a%3D \r\n", "sv=1&sig=x%2By%2Fz%3D \r\n"),
        ] {
            assert_eq!(replaced(token, "x+y/z=").as_deref(), Some(expected), "{token}");
        }
    }

    #[test]
    fn what_has_no_signature_gets_none() {
        for token in ["", "?", "sv=1", "sv=1&sig", "asig=1&sigs=2", "sv=1& sig=2"] {
            assert_eq!(replaced(token, "x"), None, "{token}");
        }
    }
}
