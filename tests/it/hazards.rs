//! `docs/hazards.md` names every hazard, and only tests that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../docs/hazards.md");

/// The cells of the rows that begin with the number of a hazard.
fn rows() -> Vec<Vec<&'static str>> {
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    let rows = PAGE.lines().filter(|line| line.starts_with('|')).map(cells);
    rows.filter(|cells| cells[0].chars().nth(1).is_some_and(|digit| digit.is_ascii_digit())).collect()
}

/// The names of all tests: functions, and the years that a macro makes tests of.
fn tests() -> BTreeSet<String> {
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

#[test]
fn every_hazard_is_on_the_page_once() {
    let named: Vec<&str> =
        rows().iter().map(|cells| cells[0]).filter(|name| !name.starts_with('O')).collect();
    let known =
        (1..=20).map(|number| format!("H{number}")).chain((1..=22).map(|number| format!("Z{number}")));
    assert_eq!(named, known.collect::<Vec<_>>());
}

#[test]
fn every_hazard_names_tests_that_there_are() {
    let tests = tests();
    for cells in rows() {
        assert_eq!(cells.len(), 5, "{cells:?}");
        let named: Vec<&str> = cells[3].split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{} names no test", cells[0]);
        let remains = cells[4].split('`').skip(1).step_by(2).filter(|name| name.starts_with("a_"));
        for name in named.into_iter().chain(remains) {
            assert!(tests.contains(name), "{} names `{name}`, which is no test", cells[0]);
        }
    }
}
