//! The environment as a value, so that tests need not touch the process's own.

use std::collections::BTreeMap;
use std::fmt;

/// The environment variables that a command was started with.
#[derive(Clone, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process; those that are no Unicode are left out.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the process's environment becomes a value"
    )]
    pub(crate) fn of_process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        )
    }

    /// The value of a variable; an empty one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

#[cfg(test)]
impl<'a> FromIterator<(&'a str, &'a str)> for Environment {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

impl fmt::Debug for Environment {
    /// Names only: values may be secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_not_set() {
        let environment = Environment::from([("EMPTY", ""), ("SET", "value")]);
        assert_eq!(
            (environment.get("EMPTY"), environment.get("SET"), environment.get("NONE")),
            (None, Some("value"), None)
        );
    }

    #[test]
    fn no_value_is_printed() {
        let printed = format!("{:?}", Environment::from([("AZURE_CLIENT_SECRET", "FAKE_SECRET")]));
        assert!(printed.contains("AZURE_CLIENT_SECRET") && !printed.contains("FAKE"), "{printed}");
    }
}
