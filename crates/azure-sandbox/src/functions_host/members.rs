//! Reads a JSON object to its end: a member that nobody asked for is an error.

use serde_json::{Map, Value};

/// The members of an object that were not read so far.
pub(super) struct Members {
    place: String,
    left: Map<String, Value>,
}

impl Members {
    /// `place` is how errors name the object.
    pub(super) fn of(place: impl Into<String>, value: Value) -> Result<Self, String> {
        let place = place.into();
        match value {
            Value::Object(left) => Ok(Self { place, left }),
            other => Err(format!("{place} must be an object, not `{other}`")),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.left.shift_remove(name)
    }

    pub(super) fn object(&mut self, name: &str) -> Result<Option<Self>, String> {
        let place = self.path(name);
        self.take(name).map(|value| Self::of(place, value)).transpose()
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(format!("{} must be text, not `{other}`", self.path(name))),
        }
    }

    pub(super) fn required_text(&mut self, name: &str) -> Result<String, String> {
        match self.text(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(format!("{} is missing", self.path(name))),
        }
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<u32>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => value
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .map(Some)
                .ok_or_else(|| format!("{} must be a whole number, not `{value}`", self.path(name))),
        }
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<Option<bool>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(other) => Err(format!("{} must be true or false, not `{other}`", self.path(name))),
        }
    }

    pub(super) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, String> {
        let wrong = |this: &Self, value: &Value| format!("{} must be texts, not `{value}`", this.path(name));
        let items = match self.take(name) {
            None => return Ok(None),
            Some(Value::Array(items)) => items,
            Some(other) => return Err(wrong(self, &other)),
        };
        let texts = items.into_iter().map(|item| match item {
            Value::String(text) => Ok(text),
            other => Err(wrong(self, &other)),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// A member that is legitimate, and that this host does not act on.
    pub(super) fn ignore(&mut self, name: &str) {
        self.take(name);
    }

    /// Refuses what is left.
    pub(super) fn finish(self) -> Result<(), String> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => Err(format!("this host does not know {}", self.path(name))),
        }
    }

    fn path(&self, name: &str) -> String {
        if self.place.is_empty() { format!("`{name}`") } else { format!("`{name}` of {}", self.place) }
    }
}
