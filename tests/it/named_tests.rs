//! Which tests there are, by their names: pages that name them must not name others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of all functions that are tests, of those that a macro makes tests of, and of the cases that a test plays at
/// once.
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
            names.extend(tests_of(&text).into_iter().map(str::to_owned));
        }
    }
}

/// The tests of one file.
fn tests_of(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let mut tests = Vec::new();
    for (at, _) in lines.iter().enumerate().filter(|(_, line)| is_test_attribute(line)) {
        let (begins, name) = (at..).find_map(|at| Some((at, function(lines[at])?))).unwrap();
        if name.starts_with('$') {
            // Whatever the macro that this is in is given; a macro here is used in its own file alone.
            let makes = lines[..at].iter().rev().find_map(|line| line.strip_prefix("macro_rules! "));
            tests.extend(given_to(makes.unwrap().trim_end_matches(" {"), text));
        } else {
            tests.push(name);
            tests.extend(played_at_once(&lines[begins + 1..]));
        }
    }
    tests
}

fn is_test_attribute(line: &str) -> bool {
    line == "#[test]" || line == "#[tokio::test]" || line.starts_with("#[tokio::test(")
}

/// The name of the function that begins on this line.
fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")?.split_once('(').map(|(name, _)| name)
}

/// The cases, one a line, of a test that does nothing but play them at once.
fn played_at_once<'a>(body: &[&'a str]) -> impl Iterator<Item = &'a str> {
    let cases = if body[0] == "join!(" { &body[1..] } else { &[] };
    cases.iter().map_while(|line| line.strip_suffix("(),"))
}

/// The names, one a line, that a macro is given.
fn given_to<'a>(name: &str, text: &'a str) -> Vec<&'a str> {
    let (_, given) = text.split_once(&format!("\n{name}! {{\n")).unwrap();
    let (given, _) = given.split_once("\n}").unwrap();
    let is_name = |line: &&str| line.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric());
    given.lines().map(str::trim).filter(is_name).collect()
}

#[test]
fn a_function_is_a_test_by_its_attribute_or_by_the_list_that_it_is_on() {
    let text = r#"
fn an_ordinary_one() {}
// #[test]
fn one_that_was_put_by() {}
    #[test]
    #[ignore = "needs something"]
    fn a_test(world in any_world()) {}
#[tokio::test(start_paused = true)]
async fn a_test_that_waits() {}
fn another_ordinary_one() {}
#[tokio::test]
async fn all_at_once() {
    join!(
        a_case(),
    );
    another_ordinary_one();
}
macro_rules! checks {
    ($($module:ident { $($(#[$attribute:meta])* $name:ident)+ })+) => {
        $($(
            #[test]
            fn $name() {}
        )+)+
    };
}
checks! {
    module {
        #[ignore = "needs something"]
        made_of_a_list
    }
}
fn not_on_the_list() {}
"#;
    assert_eq!(tests_of(text), ["a_test", "a_test_that_waits", "all_at_once", "a_case", "made_of_a_list"]);
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
