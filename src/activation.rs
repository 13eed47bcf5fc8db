//! What a message asks for: which target to look at, and nothing else.

use rotation::{Forced, InvalidName, SecretId, UnknownKeyName};
use serde::{Deserialize, Serialize};

use crate::azure::without_secrets;
use crate::json::UnreadableJson;

/// A request to look at one target. It says who asked, for the audit; it decides nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Activation {
    /// Which secret.
    pub(crate) target: SecretId,
    /// Who asked, in words.
    pub(crate) asked_by: String,
    /// Whether everything is to be looked at, due or not.
    pub(crate) whole: bool,
    /// What is to be replaced before its time.
    pub(crate) forced: Option<Forced>,
}

/// A message that is no activation.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnreadableActivation {
    /// It is not of the form that the doors write.
    #[error("the message is no activation: {0}")]
    Malformed(#[from] UnreadableJson),
    /// It names no possible secret.
    #[error(transparent)]
    InvalidName(#[from] InvalidName),
    /// It asks for a rotation before its time that makes no sense.
    #[error(transparent)]
    InvalidForced(#[from] InvalidForced),
}

/// A rotation before its time that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidForced {
    /// The version is no name of one.
    #[error("the version to be replaced is not the name of a version: it has letters and digits only")]
    Version,
    /// The key is neither.
    #[error("the compromised key is neither `key1` nor `key2`")]
    Key,
    /// A key leaked, and it is not said which version goes.
    #[error("a key is compromised, and the version to be replaced is not named")]
    NoVersion,
}

/// The longest `askedBy` that is kept; a log line need not be longer.
const LONGEST_ASKED_BY: usize = 120;

/// The form of an activation on the queue.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Message {
    vault: String,
    secret: String,
    asked_by: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    whole: bool,
    /// The version to be replaced before its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replace: Option<String>,
    /// The key that leaked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compromised: Option<String>,
}

impl Activation {
    /// Asks for a look at `target`.
    pub(crate) fn new(target: SecretId, asked_by: &str) -> Self {
        // First in one line: a key is not to be put together again out of two parts that had no shape.
        let line: String = asked_by.chars().filter(|character| !character.is_control()).collect();
        let asked_by = without_secrets(&line).chars().take(LONGEST_ASKED_BY).collect();
        Self { target, asked_by, whole: false, forced: None }
    }

    /// The same for a whole look, if `whole`.
    pub(crate) fn whole(self, whole: bool) -> Self {
        Self { whole, ..self }
    }

    /// The same for a rotation before its time.
    pub(crate) fn forced(self, forced: Option<Forced>) -> Self {
        Self { forced, ..self }
    }

    /// Reads a message of the queue.
    ///
    /// # Errors
    ///
    /// When it is not what [`Activation::to_message`] wrote.
    pub(crate) fn from_message(text: &str) -> Result<Self, UnreadableActivation> {
        let message: Message = serde_json::from_str(text).map_err(UnreadableJson::from)?;
        let target = SecretId::new(&message.vault, &message.secret)?;
        let forced = forced(message.replace, message.compromised.as_deref())?;
        Ok(Self::new(target, &message.asked_by).whole(message.whole).forced(forced))
    }

    /// The message for the queue: an object, which the Functions host passes on as it is, unlike a string.
    pub(crate) fn to_message(&self) -> serde_json::Value {
        serde_json::json!(Message {
            vault: self.target.vault().to_string(),
            secret: self.target.secret().to_string(),
            asked_by: self.asked_by.clone(),
            whole: self.whole,
            replace: self.forced.as_ref().map(|forced| forced.version.clone()),
            compromised: self
                .forced
                .as_ref()
                .and_then(|forced| forced.compromised)
                .map(|key| key.to_string()),
        })
    }
}

/// Reads what is to be replaced before its time, if anything is.
///
/// # Errors
///
/// When the version is no possible name of one, the key is none, or a key leaked and no version is named.
pub(crate) fn forced(
    version: Option<String>,
    compromised: Option<&str>,
) -> Result<Option<Forced>, InvalidForced> {
    let compromised = match compromised {
        None => None,
        Some(key) => Some(key.parse().map_err(|_: UnknownKeyName| InvalidForced::Key)?),
    };
    match version {
        Some(version) if !is_version(&version) => Err(InvalidForced::Version),
        Some(version) => Ok(Some(Forced { version, compromised })),
        None if compromised.is_some() => Err(InvalidForced::NoVersion),
        None => Ok(None),
    }
}

/// Key Vault names versions by 32 hexadecimal digits; it does not promise to.
fn is_version(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activation_survives_the_queue() {
        let activation = Activation::new(SecretId::new("kv-ml", "storage-key").unwrap(), "a test");
        let forced = |compromised| Some(Forced { version: "0123".to_owned(), compromised });
        for activation in [
            activation.clone(),
            activation.clone().whole(true),
            activation.clone().forced(forced(None)),
            activation.forced(forced(Some(rotation::KeyName::Key2))),
        ] {
            let indented = serde_json::to_string_pretty(&activation.to_message()).unwrap();
            assert_eq!(Activation::from_message(&indented).unwrap(), activation);
        }
    }

    #[test]
    fn anything_else_is_unreadable() {
        for text in [
            "",
            "null",
            "\"kv-ml\"",
            "[]",
            "{}",
            r#"{"vault":"kv-ml","secret":"../other","askedBy":"x"}"#,
            r#"{"vault":"kv-ml","secret":"s","askedBy":"x","force":true}"#,
            r#"{"vault":"kv-ml","secret":"s","askedBy":"x","replace":"a/b"}"#,
            r#"{"vault":"kv-ml","secret":"s","askedBy":"x","replace":"0123","compromised":"key3"}"#,
            r#"{"vault":"kv-ml","secret":"s","askedBy":"x","compromised":"key1"}"#,
        ] {
            assert!(Activation::from_message(text).is_err(), "{text}");
        }
    }

    #[test]
    fn whoever_asked_cannot_flood_or_forge_the_log() {
        let target = SecretId::new("kv-ml", "storage-key").unwrap();
        let activation = Activation::new(target, &format!("a\nb{}", " c".repeat(1000)));
        assert_eq!(activation.asked_by.len(), LONGEST_ASKED_BY);
        assert!(activation.asked_by.starts_with("ab c"));
        let key = crate::azure::in_process::KEY1;
        for key in [key.to_owned(), format!("{}\u{0}{}\r\n", &key[..40], &key[40..])] {
            let activation = Activation::new(activation.target.clone(), &format!("event {key}"));
            assert_eq!(activation.asked_by, "event [redacted]");
        }
    }
}
