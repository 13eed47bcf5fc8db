//! `SECURITY.md` claims nothing without a test that there is, and names no bound that the code does not have.

mod constants;

use crate::named_tests::{quoted, rows, tests};

use self::constants::{grouped, share, size, span, value};

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

/// The rows of "What is bounded", and what each says in numbers, with the numbers of the code. A new row has its pair here.
fn bounds() -> Vec<(&'static str, Vec<String>)> {
    let bounded = |name| value("src/azure/bounded.rs", name);
    let admission = |name| value("src/handler/admission.rs", name);
    let parked = |name| value("src/handler/parked.rs", name);
    let discovery = |name| value("src/azure/cloud/discovery.rs", name);
    let retry = |name| value("src/azure/retry.rs", name);
    let events = share("SECRET_NEAR_EXPIRY");
    let others = ["ROTATE", "ROTATE_NOW", "STATUS", "SWEEP"].map(share);
    assert!(others.iter().all(|share| share.largest_body == admission("LARGEST_BODY")));
    let [rotations, rotate, status, sweeps] = others.map(|share| share.at_once);
    vec![
        (
            "the body of an invocation",
            vec![
                format!("{} for events", size(events.largest_body)),
                // That is Event Grid's own.
                "an event of 1 MB".to_owned(),
                format!("{} for all others", size(admission("LARGEST_BODY"))),
            ],
        ),
        (
            "invocations at the same time",
            vec![
                format!("events {}, rotations {rotations}, `rotate` {rotate}", events.at_once),
                format!("`status` {status}, sweeps {sweeps};"),
                format!("waits for {}", span(admission("LONGEST_WAIT"))),
            ],
        ),
        ("memory for bodies", vec![size(admission("ALL_BODIES"))]),
        ("one answer of Azure", vec![size(bounded("LARGEST_ANSWER"))]),
        ("all answers that are being read", vec![size(bounded("LARGEST_TOGETHER"))]),
        ("a link in an answer", vec![size(bounded("LONGEST_ADDRESS"))]),
        (
            "a list",
            vec![
                size(bounded("LARGEST_LIST")),
                format!("{} pages", grouped(bounded("MOST_PAGES"))),
                span(bounded("LIST_LIMIT")),
            ],
        ),
        (
            "the description of a cloud",
            vec![size(discovery("LARGEST_DESCRIPTION")), span(discovery("DISCOVERY_LIMIT"))],
        ),
        ("an operation that is watched", vec![span(value("src/azure/arm/operation.rs", "WATCH_LIMIT"))]),
        (
            "tries, and waits between them",
            vec![format!("{}, and {}", 1 + retry("MOST_RETRIES"), span(retry("LONGEST_WAIT")))],
        ),
        (
            "a message on a queue",
            vec![format!("{}, of {} that", size(parked("LARGEST_MESSAGE")), parked("QUEUE_TAKES") >> 10)],
        ),
        (
            "a text in the log",
            vec![format!("{} characters", grouped(value("src/telemetry.rs", "LONGEST_TEXT")))],
        ),
    ]
}

#[test]
fn the_bounds_of_the_page_are_the_numbers_of_the_code() {
    let (_, section) = PAGE.split_once("\n## What is bounded\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let (rows, bounds) = (rows(section), bounds());
    let names = |cells: &Vec<&'static str>| cells[0];
    let known: Vec<&str> = bounds.iter().map(|(name, _)| *name).collect();
    assert_eq!(rows.iter().map(names).collect::<Vec<_>>(), known, "each row is held against the code");
    for (cells, (name, said)) in rows.iter().zip(bounds) {
        let mut left = cells[1].to_owned();
        for part in said {
            assert!(left.contains(&part), "{name}: the code says `{part}`, and the page `{}`", cells[1]);
            left = left.replacen(&part, "", 1);
        }
        assert!(!left.contains(|letter: char| letter.is_ascii_digit()), "{name}: nothing holds `{left}`");
    }
}
