//! `docs/hazards.md` names every hazard, and only tests that there are.

use crate::named_tests::{quoted, rows, tests};

const PAGE: &str = include_str!("../../docs/hazards.md");

#[test]
fn every_hazard_is_on_the_page_once() {
    let named: Vec<&str> =
        rows(PAGE).iter().map(|cells| cells[0]).filter(|name| !name.starts_with('O')).collect();
    let known =
        (1..=20).map(|number| format!("H{number}")).chain((1..=22).map(|number| format!("Z{number}")));
    assert_eq!(named, known.collect::<Vec<_>>());
}

#[test]
fn every_hazard_names_tests_that_there_are() {
    let tests = tests();
    for cells in rows(PAGE) {
        assert_eq!(cells.len(), 5, "{cells:?}");
        let named: Vec<&str> = quoted(cells[3]).collect();
        assert!(!named.is_empty(), "{} names no test", cells[0]);
        let remains = quoted(cells[4]).filter(|name| name.starts_with("a_"));
        for name in named.into_iter().chain(remains) {
            assert!(tests.contains(name), "{} names `{name}`, which is no test", cells[0]);
        }
    }
}
