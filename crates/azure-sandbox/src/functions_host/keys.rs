//! The keys of a host, and which of them a caller has shown.
//!
//! Source: the host's `SecretManager.cs`, `SecretGenerator.cs` and `AuthenticationLevelHandler.cs`, and what the real
//! host let in.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

const KEY_BYTES: usize = 40;
/// `AzFu` once encoded, in every key of Azure Functions.
const SIGNATURE: [u8; 3] = [0x03, 0x31, 0x6e];
/// After it comes a checksum, which is random here.
const SIGNATURE_AT: usize = 33;

/// Every key of a host. `Debug` says only that there are some.
#[derive(Clone)]
pub struct HostKeys {
    master: String,
    host_function: String,
    event_grid: String,
    functions: BTreeMap<String, String>,
}

impl HostKeys {
    /// New keys for a host with these HTTP functions.
    pub(super) fn new(http_functions: impl IntoIterator<Item = String>) -> Self {
        Self {
            master: random_key(),
            host_function: random_key(),
            event_grid: random_key(),
            functions: http_functions.into_iter().map(|name| (name, random_key())).collect(),
        }
    }

    /// `_master`: opens everything, the admin endpoints too.
    #[must_use]
    pub fn master(&self) -> &str {
        &self.master
    }

    /// The host's function key `default`: opens every HTTP function.
    #[must_use]
    pub fn host_function(&self) -> &str {
        &self.host_function
    }

    /// The system key `eventgrid_extension`: opens the Event Grid webhook, and says its name to an anonymous function.
    /// The real host makes it where `WEBSITE_HOSTNAME` is set, which Azure always does.
    #[must_use]
    pub fn event_grid(&self) -> &str {
        &self.event_grid
    }

    /// The key `default` of an HTTP function: opens that function. `None` if there is no such function.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&str> {
        self.functions.get(name).map(String::as_str)
    }

    /// Every key that exists, with a name that says what it opens: for a search for leaks.
    pub fn named(&self) -> impl Iterator<Item = (String, &str)> {
        let hosts = [
            ("_master", &self.master),
            ("default", &self.host_function),
            ("eventgrid_extension", &self.event_grid),
        ];
        let hosts = hosts.map(|(name, key)| (name.to_owned(), key.as_str()));
        let functions = self.functions.iter().map(|(name, key)| (format!("default of {name}"), key.as_str()));
        hosts.into_iter().chain(functions)
    }

    /// What the key that a caller shows stands for, at the door of `function` or at none.
    pub(super) fn access(&self, shown: Option<&str>, function: Option<&str>) -> Access {
        let Some(shown) = shown.filter(|key| !key.is_empty()) else { return Access::Anonymous };
        if shown == self.master {
            Access::Admin
        } else if shown == self.event_grid {
            Access::System
        } else if shown == self.host_function || function.and_then(|name| self.function(name)) == Some(shown)
        {
            Access::Function
        } else {
            Access::Anonymous
        }
    }
}

impl fmt::Debug for HostKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HostKeys").finish_non_exhaustive()
    }
}

/// Whom the host takes a caller for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Without a key that is known here.
    Anonymous,
    /// With a key called `default`, of the host or of the function.
    Function,
    /// With the system key `eventgrid_extension`.
    System,
    /// With the key `master`.
    Admin,
}

fn random_key() -> String {
    let mut bytes: [u8; KEY_BYTES] = rand::random();
    bytes[SIGNATURE_AT..SIGNATURE_AT + SIGNATURE.len()].copy_from_slice(&SIGNATURE);
    URL_SAFE.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> HostKeys {
        HostKeys::new(["Now".to_owned(), "Page".to_owned()])
    }

    #[test]
    fn keys_have_the_shape_of_azure_s() {
        let keys = keys();
        let named: Vec<_> = keys.named().collect();
        let names: Vec<_> = named.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["_master", "default", "eventgrid_extension", "default of Now", "default of Page"]);
        for (_, key) in named {
            assert_eq!((key.len(), &key[44..48], &key[54..]), (56, "AzFu", "=="), "{key}");
        }
        assert_eq!(format!("{keys:?}"), "HostKeys { .. }");
    }

    #[test]
    fn each_key_stands_for_what_it_opens() {
        let keys = keys();
        let now = keys.function("Now").unwrap();
        assert_eq!(keys.access(Some(keys.master()), None), Access::Admin);
        assert_eq!(keys.access(Some(keys.event_grid()), Some("Now")), Access::System);
        assert_eq!(keys.access(Some(keys.host_function()), Some("Now")), Access::Function);
        assert_eq!(keys.access(Some(keys.host_function()), None), Access::Function);
        assert_eq!(keys.access(Some(now), Some("Now")), Access::Function);
        assert_eq!(keys.access(Some(now), Some("Page")), Access::Anonymous, "it is another function's");
        assert_eq!(
            keys.access(Some(now), None),
            Access::Anonymous,
            "it is known at its function's door only"
        );
        for nothing in [None, Some(""), Some("other")] {
            assert_eq!(keys.access(nothing, Some("Now")), Access::Anonymous);
        }
    }
}
