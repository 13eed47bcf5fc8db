//! `SECURITY.md` claims nothing without a test that there is.

use crate::named_tests::{quoted, rows, tests};

const PAGE: &str = include_str!("../../SECURITY.md");

#[test]
fn every_claim_of_the_page_names_tests_that_there_are() {
    let tests = tests();
    for cells in rows(PAGE) {
        let named: Vec<&str> = quoted(cells.last().unwrap()).collect();
        assert!(!named.is_empty(), "{} names no test", cells[0]);
        for name in named {
            assert!(tests.contains(name), "{} names `{name}`, which is no test", cells[0]);
        }
    }
    // In the text, whatever has the form of the name of a test.
    let in_the_text = PAGE.lines().filter(|line| !line.starts_with('|')).flat_map(quoted);
    for name in in_the_text.filter(|name| name.matches('_').count() > 3) {
        assert!(tests.contains(name), "`{name}` is no test");
    }
}

#[test]
fn the_bounds_of_the_page_are_the_numbers_of_the_code() {
    let code = [
        include_str!("../../src/handler/admission.rs"),
        include_str!("../../src/azure/bounded.rs"),
        include_str!("../../src/handler/parked.rs"),
    ]
    .concat();
    for (said, written) in [
        ("16 MiB for events", "at_once: 8, largest_body: 16 << 20"),
        ("2 MiB for all others", "LARGEST_BODY: usize = 2 << 20"),
        ("rotations 32", "at_once: 32"),
        ("226 MiB", "226 MiB"),
        ("8 MiB, decompressed", "LARGEST_ANSWER: usize = 8 << 20"),
        ("64 MiB, 10,000 pages, 10 minutes", "LARGEST_LIST: usize = 64 << 20"),
        ("64 MiB, 10,000 pages, 10 minutes", "MOST_PAGES: usize = 10_000"),
        ("64 MiB, 10,000 pages, 10 minutes", "LIST_LIMIT: Duration = Duration::from_secs(600)"),
        ("waits for 20 s", "LONGEST_WAIT: Duration = Duration::from_secs(20)"),
        ("33 KiB", "MOST_BYTES: usize = 32 << 10"),
    ] {
        assert!(PAGE.contains(said) && code.contains(written), "{said}: {written}");
    }
}
