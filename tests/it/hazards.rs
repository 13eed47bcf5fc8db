//! `docs/hazards.md` names every hazard, and only tests that there are.

use crate::named_tests::{quoted, rows, tests};

const PAGE: &str = include_str!("../../docs/hazards.md");

/// The page up to the search for rivals: a table of hazards has other columns.
fn hazards() -> &'static str {
    PAGE.split_once("\n## Rivals\n").unwrap().0
}

/// The mutants of the search for rivals, and what is missing in it, each with the tests that it names.
fn mutants() -> Vec<(&'static str, Vec<&'static str>)> {
    let (_, rivals) = PAGE.split_once("\n## Rivals\n").unwrap();
    let rows = rivals.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix("` |"));
    rows.map(|row| (row.split(" |").next().unwrap(), quoted(row).collect())).collect()
}

#[test]
fn every_mutant_names_a_test_that_there_is() {
    let tests = tests();
    let named: Vec<&str> = mutants().iter().map(|(mutant, _)| *mutant).collect();
    for mutant in [
        "no overlap",
        "no drain",
        "no safety check",
        "no lease",
        "no proof of reach",
        "keys read before the secret",
        "no resync before the publish",
        "forced by the clock instead of the version",
    ] {
        assert!(named.contains(&mutant), "{mutant} is not among {named:?}");
    }
    for (mutant, named) in mutants() {
        assert!(!named.is_empty() && named.iter().all(|name| tests.contains(*name)), "{mutant}: {named:?}");
    }
}

#[test]
fn every_hazard_is_on_the_page_once() {
    let named: Vec<&str> =
        rows(hazards()).iter().map(|cells| cells[0]).filter(|name| !name.starts_with('O')).collect();
    let known =
        (1..=20).map(|number| format!("H{number}")).chain((1..=22).map(|number| format!("Z{number}")));
    assert_eq!(named, known.collect::<Vec<_>>());
}

#[test]
fn every_hazard_names_tests_that_there_are() {
    let tests = tests();
    for cells in rows(hazards()) {
        assert_eq!(cells.len(), 5, "{cells:?}");
        let named: Vec<&str> = quoted(cells[3]).collect();
        assert!(!named.is_empty(), "{} names no test", cells[0]);
        let remains = quoted(cells[4]).filter(|name| name.starts_with("a_"));
        for name in named.into_iter().chain(remains) {
            assert!(tests.contains(name), "{} names `{name}`, which is no test", cells[0]);
        }
    }
}
