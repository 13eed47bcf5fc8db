//! `docs/configuration.md`: the settings, for operators, made from where they are declared.

use std::fmt::Write as _;

use crate::env_vars::{ALL, Variable};

const INTRODUCTION: &str = "\
# Configuration

Everything is set by application settings, which the handler gets as environment variables. It reads them once, at its
start; when any of them cannot be worked with it says so for all of them at once, and ends.

Made from `src/env_vars.rs` by `cargo xtask generate`: change it there.
";

/// The page, in Markdown.
#[must_use]
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for group in ALL {
        // Writing to a `String` does not fail.
        let _ =
            write!(page, "\n## {}\n\n| setting | unless set | meaning |\n| --- | --- | --- |\n", group.title);
        for variable in group.variables {
            let unless_set = variable.unless_set.map_or_else(String::new, |value| format!("`{value}`"));
            let _ = writeln!(page, "| `{}` | {unless_set} | {} |", variable.name, meaning_of(variable));
        }
    }
    page
}

/// The doc comment, with the names of settings where rustdoc has links to constants.
fn meaning_of(variable: &Variable) -> String {
    let all = ALL.iter().flat_map(|group| group.variables);
    all.fold(variable.meaning.trim().to_owned(), |meaning, other| {
        meaning.replace(&format!("[`{}`]", other.constant), &format!("`{}`", other.name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_the_repository_is_what_the_code_declares() {
        let written =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md")).unwrap();
        assert_eq!(written, page(), "run `cargo xtask generate`");
    }

    #[test]
    fn no_link_of_rustdoc_is_left() {
        assert!(!page().contains("[`"), "{}", page());
    }
}
