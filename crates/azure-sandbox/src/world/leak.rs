//! No secret value of any that ever existed may come out anywhere. The world knows them all, is shown all that comes
//! out, and says where one stood: never the value.

mod credential;
mod encoding;
mod guard;
mod mask;
mod readings;
mod register;
mod search;

use std::fmt;

pub use credential::Credential;
pub use encoding::Encoding;
pub use guard::LeakGuard;
pub(crate) use register::Register;

use super::World;
use super::violation::Violation;
use crate::witness::{Place, PlaceKind, Witness};

/// A secret value was found in a text. Which one and how it was written, never the value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Leak {
    /// Whose value it is.
    pub credential: Credential,
    /// How it was written.
    pub encoding: Encoding,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.credential, self.encoding)
    }
}

impl World {
    /// The first secret value, of any that ever existed, that stands in the text whole or for the most part.
    pub fn leak_in(&self, text: impl AsRef<[u8]>) -> Option<Leak> {
        self.secrets.leak_in(text.as_ref())
    }

    /// Where secret values came out, and which.
    pub fn leaks(&self) -> Vec<(Place, Leak)> {
        let violations = self.violations().into_iter();
        let leaks = violations.filter_map(|violation| match violation {
            Violation::Leak { place, leak } => Some((place, leak)),
            _ => None,
        });
        leaks.collect()
    }

    /// Makes a test fail at its end if a secret value came out.
    pub fn must_not_leak(&self) -> LeakGuard {
        LeakGuard::new(self.clone())
    }

    /// The text with every secret value replaced by one of the same length that opens nothing. Values that are
    /// percent-encoded more than once, or have JSON escapes, stay.
    pub fn masked(&self, text: &str) -> String {
        mask::masked(text, |decoded| self.secrets.places_in(decoded))
    }

    /// There is a secret value from now on that the model knows nothing of.
    pub(crate) fn learn_secret(&self, credential: Credential, value: &str) {
        self.secrets.lesson().whole(value, || credential);
    }
}

/// The name of a place whose own name gives a secret value away.
const NOT_TO_BE_NAMED: &str = "(its name gives a secret away)";

impl Witness for World {
    fn learn(&self, name: &str, value: &str) {
        self.learn_secret(Credential::HostKey { name: name.to_owned() }, value);
    }

    fn see(&self, kind: PlaceKind, name: &str, content: &[u8]) {
        let Some(leak) = self.leak_in(content) else { return };
        let name = if self.leak_in(name).is_some() { NOT_TO_BE_NAMED } else { name };
        let place = Place { kind, name: name.to_owned() };
        self.write(|state| state.record(Violation::Leak { place, leak }));
    }
}

#[cfg(test)]
mod tests;
