//! Which tests there are, by their names: pages that name them must not name others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of all functions, the tests among them, and of the years that a macro makes tests of.
pub(crate) fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["src", "tests", "crates"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut names);
    }
    names
}

fn collect(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let functions = text.split("fn ").skip(1).filter_map(|rest| rest.split_once('('));
            names.extend(functions.map(|(name, _)| name.to_owned()));
        }
    }
}

/// The cells of each row of the tables in a page of Markdown, headings and rulers left out.
pub(crate) fn rows(page: &'static str) -> Vec<Vec<&'static str>> {
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    let is_row = |line: &&str| line.starts_with('|');
    let is_ruler = |line: &str| line.starts_with("| ---");
    let lines: Vec<&str> = page.lines().collect();
    let follows_a_ruler = |at: usize| lines.get(at + 1).is_some_and(|next| is_ruler(next));
    let rows = lines.iter().enumerate().filter(|(at, line)| !is_ruler(line) && !follows_a_ruler(*at));
    rows.map(|(_, line)| *line).filter(is_row).map(cells).collect()
}

/// What stands between back quotes.
pub(crate) fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}
