//! Texts of others in our messages.

use std::fmt;

/// A text of somebody else's in a message. What has the shape of a secret is counted and not quoted, wherever somebody
/// pasted it.
#[derive(Debug)]
pub struct Quoted<'a>(pub &'a str);

/// An access key has 88 characters.
const LONGEST_QUOTE: usize = 64;
/// A client secret has 40 characters, a signature 44, a function key 54 or more. No word is that long.
const SHORTEST_SECRET: usize = 40;
/// Resource ids are longer than a key, and none begins as they do.
const LONGEST_RESOURCE_ID: usize = 400;

impl Quoted<'_> {
    /// Whether it is short, and has not the shape of a secret, so that it is quoted.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        let is_resource_id = self.0.starts_with("/subscriptions/");
        let longest = if is_resource_id { LONGEST_RESOURCE_ID } else { LONGEST_QUOTE };
        let may_be_secret = if is_resource_id { has_secret_step(self.0) } else { has_secret(self.0) };
        self.0.chars().count() <= longest && !may_be_secret
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_shown() {
            write!(formatter, "`{}`", self.0)
        } else {
            write!(formatter, "a text of {} characters", self.0.chars().count())
        }
    }
}

/// Whether a step of a resource id can be none: no name has these characters, or is that long and all letters and digits.
fn has_secret_step(id: &str) -> bool {
    let is_in_names = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    id.contains(['+', '=', '~', '%'])
        || id.as_bytes().split(|byte| !is_in_names(*byte)).any(|run| LONGEST_QUOTE <= run.len())
}

/// Whether there is a run of what secrets are written with: base64, base64url, percent-encoding, and `~`.
fn has_secret(text: &str) -> bool {
    let is_in_secrets = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_~%".contains(&byte);
    text.as_bytes().split(|byte| !is_in_secrets(*byte)).any(|run| SHORTEST_SECRET <= run.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_key_or_a_flood_is_counted_and_not_quoted() {
        let quoted = |text: &str| Quoted(text).to_string();
        assert_eq!(quoted("key3"), "`key3`");
        assert_eq!(quoted(&"a ".repeat(32)).len(), 66);
        assert_eq!(quoted(&"a ".repeat(33)), "a text of 66 characters");
        assert_eq!(quoted(&"a".repeat(39)).len(), 41);
        // Function keys, signatures and client secrets are shorter than access keys.
        assert_eq!(quoted("Microsoft.KeyVault.CertificateNewVersionCreated").len(), 49);
        for secret in [
            "XLwnV9ldLCmvXr1WIzT0n02KKCorc5qH/Q+0mYFnJgk=",
            "sig=XLwnV9ldLCmvXr1WIzT0n02KKCorc5qH%2FQ%2B0mYFnJgk%3D",
            "FAKEFAKEFAKEFAKEFAKEFAKE_-FAKEFAKEFAKEFAKEFAKEFAKEFA==",
            "FAK8Q~FAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKE-_",
        ] {
            assert_eq!(quoted(secret), format!("a text of {} characters", secret.len()));
        }
    }

    #[test]
    fn a_resource_id_is_quoted_unless_somebody_pasted_a_key_into_it() {
        let quoted = |text: &str| Quoted(text).to_string();
        let id = |length: usize| format!("/subscriptions/{}", "a/".repeat(200))[..length].to_owned();
        assert!(quoted(&id(400)).starts_with("`/subscriptions/"));
        assert_eq!(quoted(&id(401)), "a text of 401 characters");
        let id = |name: &str| format!("/subscriptions/s/resourceGroups/{name}");
        assert!(quoted(&id(&"a-1".repeat(21))).starts_with('`'));
        let key = format!("{}==", "a1".repeat(43));
        for secret in [key.as_str(), key.trim_end_matches('='), "a+b", "sig%3Da"] {
            assert!(quoted(&id(secret)).starts_with("a text of"), "{secret}");
        }
    }
}
