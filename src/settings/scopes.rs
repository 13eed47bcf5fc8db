//! Where holders are looked for.

use rotation::Scope;

use crate::env_vars::ROTATOR_SCOPES;
use crate::environment::Environment;

/// Reads the scopes; none means each account's own subscription.
///
/// # Errors
///
/// Every scope that is none.
pub(super) fn scopes(environment: &Environment) -> Result<Vec<Scope>, Vec<String>> {
    let Some(given) = environment.get(ROTATOR_SCOPES) else {
        return Ok(Vec::new());
    };
    let (mut scopes, mut problems): (Vec<Scope>, Vec<String>) = (Vec::new(), Vec::new());
    for scope in given.split(',').map(str::trim) {
        match scope.parse() {
            Ok(scope) if scopes.contains(&scope) => {}
            Ok(scope) => scopes.push(scope),
            Err(error) => problems.push(format!("`{ROTATOR_SCOPES}`: {error}")),
        }
    }
    if problems.is_empty() { Ok(scopes) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, Vec<String>> {
        let scopes = scopes(&Environment::from([(ROTATOR_SCOPES, text)]))?;
        Ok(scopes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn scopes_are_read_once_each() {
        assert_eq!(scopes(&Environment::default()), Ok(Vec::new()));
        let group = "/subscriptions/a/resourceGroups/g";
        assert_eq!(
            read("/subscriptions/a, /subscriptions/a/resourceGroups/g,/SUBSCRIPTIONS/A"),
            Ok(vec!["/subscriptions/a".to_owned(), group.to_owned()])
        );
        let problems = read("a,/subscriptions/b,").unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("`a` is not the resource id of a subscription"), "{problems:?}");
    }
}
