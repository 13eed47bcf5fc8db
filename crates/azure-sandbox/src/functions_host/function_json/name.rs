//! Which names a function, a binding and a queue may have.

/// Refuses what the host's `Utility.cs` does not take for the name of a function.
pub(super) fn check_function(name: &str) -> Result<(), String> {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.eq_ignore_ascii_case("host") || !matches(name, rest) {
        return Err(
            "a function's name must match ^[a-z][a-z0-9_-]{0,127}$ (any case), and not be `host`".to_owned()
        );
    }
    Ok(())
}

/// Refuses what the host's `Utility.cs` does not take for the name of a binding.
pub(super) fn check_binding(name: &str, is_output: bool) -> Result<(), String> {
    if matches(name, |byte| byte.is_ascii_alphanumeric()) || (is_output && name == "$return") {
        return Ok(());
    }
    Err(format!("`{name}` is no binding name: ^[a-zA-Z][a-zA-Z0-9]{{0,127}}$ or $return"))
}

/// Refuses what "Naming queues and metadata" of the storage documentation forbids.
pub(super) fn check_queue(name: &str) -> Result<(), String> {
    let letters = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !letters
        || !(3..=63).contains(&name.len())
        || name.starts_with('-')
        || name.ends_with('-')
        || name.contains("--")
    {
        return Err(format!(
            "`{name}` is no queue name (names in app settings, `%…%`, are not known to this host)"
        ));
    }
    Ok(())
}

fn matches(name: &str, rest: impl Fn(u8) -> bool) -> bool {
    name.len() <= 128
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && name.bytes().all(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_with_letters_digits_dashes_and_underscores() {
        assert!(check_function("a-b_c1").is_ok());
        for name in ["1a", "host", "Host", "a.b", "", &"a".repeat(129)] {
            assert!(check_function(name).unwrap_err().contains("name must match"), "{name}");
        }
    }

    #[test]
    fn bindings_are_named_with_letters_and_digits() {
        assert!(check_binding("event1", false).is_ok());
        assert!(check_binding("$return", true).is_ok());
        assert!(check_binding("$return", false).is_err(), "nothing comes in by it");
        assert!(check_binding("an_event", false).unwrap_err().contains("`an_event` is no binding name"));
    }

    #[test]
    fn queues_are_named_in_lower_case() {
        assert!(check_queue("work-1").is_ok());
        for name in ["Work", "ab", "-work", "work-", "wo--rk", "%QUEUE%"] {
            assert!(check_queue(name).unwrap_err().contains("is no queue name"), "{name}");
        }
    }
}
