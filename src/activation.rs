//! What a message asks for: which target to look at, and nothing else.

use rotation::{InvalidName, SecretId};
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
}

impl Activation {
    /// Asks for a look at `target`.
    pub(crate) fn new(target: SecretId, asked_by: &str) -> Self {
        let asked_by = without_secrets(asked_by);
        let printable = asked_by.chars().filter(|character| !character.is_control());
        Self { target, asked_by: printable.take(LONGEST_ASKED_BY).collect(), whole: false }
    }

    /// The same for a whole look, if `whole`.
    pub(crate) fn whole(self, whole: bool) -> Self {
        Self { whole, ..self }
    }

    /// Reads a message of the queue.
    ///
    /// # Errors
    ///
    /// When it is not what [`Activation::to_message`] wrote.
    pub(crate) fn from_message(text: &str) -> Result<Self, UnreadableActivation> {
        let message: Message = serde_json::from_str(text).map_err(UnreadableJson::from)?;
        let target = SecretId::new(&message.vault, &message.secret)?;
        Ok(Self::new(target, &message.asked_by).whole(message.whole))
    }

    /// The message for the queue: an object, which the Functions host passes on as it is, unlike a string.
    pub(crate) fn to_message(&self) -> serde_json::Value {
        serde_json::json!(Message {
            vault: self.target.vault().to_string(),
            secret: self.target.secret().to_string(),
            asked_by: self.asked_by.clone(),
            whole: self.whole,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activation_survives_the_queue() {
        let activation = Activation::new(SecretId::new("kv-ml", "storage-key").unwrap(), "a test");
        for activation in [activation.clone(), activation.whole(true)] {
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
        assert_eq!(Activation::new(activation.target, &format!("event {key}")).asked_by, "event [redacted]");
    }
}
