//! Which keys leaked, as the tag `Compromised` says.

use std::fmt;
use std::str::FromStr;

use crate::{KeyName, UnknownKeyName};

/// The keys that leaked and are not dead yet: none, one or both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeakedKeys {
    key1: bool,
    key2: bool,
}

impl LeakedKeys {
    /// No key.
    pub const NONE: Self = Self { key1: false, key2: false };

    /// Whether this key is among them.
    #[must_use]
    pub const fn contains(self, key: KeyName) -> bool {
        match key {
            KeyName::Key1 => self.key1,
            KeyName::Key2 => self.key2,
        }
    }

    /// These and one more.
    #[must_use]
    pub const fn with(self, key: KeyName) -> Self {
        self.set(key, true)
    }

    /// These but for one.
    #[must_use]
    pub const fn without(self, key: KeyName) -> Self {
        self.set(key, false)
    }

    const fn set(self, key: KeyName, leaked: bool) -> Self {
        match key {
            KeyName::Key1 => Self { key1: leaked, ..self },
            KeyName::Key2 => Self { key2: leaked, ..self },
        }
    }

    /// What the tag has to say; `None` when it has to go.
    #[must_use]
    pub fn to_tag(self) -> Option<String> {
        (self != Self::NONE).then(|| self.to_string())
    }
}

impl fmt::Display for LeakedKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = KeyName::BOTH.into_iter().filter(|key| self.contains(*key)).map(KeyName::as_str);
        formatter.write_str(&names.collect::<Vec<_>>().join(","))
    }
}

impl FromStr for LeakedKeys {
    type Err = UnknownKeyName;

    /// Reads the tag: the names, separated by commas.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',').try_fold(Self::NONE, |keys, name| Ok(keys.with(name.trim().parse()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_survives_its_text() {
        for (text, key1, key2) in [("key1", true, false), ("key2", false, true), ("key1,key2", true, true)] {
            let keys: LeakedKeys = text.parse().unwrap();
            assert_eq!((keys.contains(KeyName::Key1), keys.contains(KeyName::Key2)), (key1, key2));
            assert_eq!(keys.to_tag().as_deref(), Some(text));
        }
        assert_eq!("key2, key1".parse(), "key1,key2".parse::<LeakedKeys>());
        assert_eq!(LeakedKeys::NONE.to_tag(), None);
        for text in ["", "key3", "yes", "key1;key2", "key1,"] {
            assert!(text.parse::<LeakedKeys>().is_err(), "{text}");
        }
    }

    #[test]
    fn keys_come_and_go_one_by_one() {
        let both = LeakedKeys::NONE.with(KeyName::Key1).with(KeyName::Key2);
        for key in KeyName::BOTH {
            assert!(!both.without(key).contains(key) && both.without(key).contains(key.alternate()));
            assert_eq!(both.without(key).without(key.alternate()), LeakedKeys::NONE);
        }
    }
}
