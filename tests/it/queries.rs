//! The queries of `infra/queries/`: Microsoft's own parser takes them, and they read what the handler logs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use aml_key_rotator::log_reference::{COMMON_FIELDS, STEPS};
use kusto::Analysis;

/// Columns of the table that has the log in a workspace-based Application Insights.
/// Source: Azure Monitor table reference, `AppTraces`.
const APP_TRACES: [&str; 4] =
    ["TimeGenerated: datetime", "Message: string", "SeverityLevel: int", "Properties: dynamic"];
/// How every query reads the lines of the handler, whatever the host writes around them.
const READS_LINES: &str = r"AppTraces
| extend Line = parse_json(extract(@'(?s)\{.*\}', 0, Message))
| extend Step = tostring(Line.step), Target = coalesce(tostring(Line.target), tostring(Line.span.target))";
/// Azure tells by the time of a row which period it counts in.
const ALERTS: [&str; 5] = ["blocked.kql", "failed.kql", "overdue.kql", "parked.kql", "silence.kql"];
/// The rows of these are told apart by their target.
const ALERTS_BY_TARGET: [&str; 3] = ["blocked.kql", "failed.kql", "overdue.kql"];

pub(crate) fn queries() -> BTreeMap<String, String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/queries");
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    files
        .map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(file).unwrap())
        })
        .collect()
}

pub(crate) fn analyze(queries: &[&str]) -> Vec<Analysis> {
    kusto::analyze("AppTraces", &APP_TRACES, queries).unwrap()
}

#[test]
fn microsoft_s_own_parser_takes_every_query() {
    let queries = queries();
    let texts: Vec<&str> = queries.values().map(String::as_str).collect();
    assert!(12 <= queries.len());
    for (name, analysis) in queries.keys().zip(analyze(&texts)) {
        assert_eq!(analysis.problems, Vec::<String>::new(), "{name}");
        let columns: Vec<&str> = analysis.columns.iter().map(|column| column.name.as_str()).collect();
        assert!(!columns.is_empty(), "{name}");
        let has = |column: &str, of: &[&str]| !of.contains(&name.as_str()) || columns.contains(&column);
        assert!(has("TimeGenerated", &ALERTS) && has("Target", &ALERTS_BY_TARGET), "{name}: {columns:?}");
    }
}

#[test]
fn the_parser_finds_what_is_wrong() {
    let wrong = [
        "AppTraces | project Massage",
        "AppTraces | where SeverityLevel has 'x'",
        "AppTraces | extend Line = tojson(Message)",
        "traces | count",
        "AppTraces | project tostring(Line.step",
    ];
    for (query, analysis) in wrong.iter().zip(analyze(&wrong)) {
        assert!(!analysis.problems.is_empty(), "{query}");
    }
}

#[test]
fn every_query_reads_the_lines_in_the_same_way_and_says_what_it_is_for() {
    for (name, query) in queries() {
        assert!(query.contains(READS_LINES), "{name}");
        assert!(query.starts_with("// ") && query.ends_with('\n') && !query.contains('\r'), "{name}");
    }
}

/// What follows each `start`, up to `end`.
fn between<'a>(text: &'a str, start: &'a str, end: &'a [char]) -> impl Iterator<Item = &'a str> {
    text.match_indices(start).map(move |(at, _)| text[at + start.len()..].split(end).next().unwrap())
}

/// The steps that a query names.
fn steps(query: &str) -> BTreeSet<&str> {
    let lists = between(query, "Step in (", &[')']).flat_map(|list| list.split(", "));
    between(query, "Step == ", &[' ', ')', ',', '\n'])
        .chain(lists)
        .map(|step| step.trim_matches('\''))
        .collect()
}

/// The fields that a query reads, those of the span by their path.
fn fields(query: &str) -> BTreeSet<&str> {
    let named = between(query, "(Line.", &[')', ' ', ',', '\n']);
    named.chain(between(query, "(Line['", &['\''])).collect()
}

#[test]
fn every_step_and_field_that_a_query_reads_is_logged() {
    for (name, query) in queries() {
        let steps = steps(&query);
        for step in &steps {
            assert!(STEPS.iter().any(|known| known.name == *step), "{name}: no line has step `{step}`");
        }
        let read = STEPS.iter().filter(|step| steps.is_empty() || steps.contains(step.name));
        let mut logged: BTreeSet<&str> = read.flat_map(|step| step.fields).copied().collect();
        logged.extend(COMMON_FIELDS.iter().map(|field| field.name));
        // Every query asks for it, whether the lines have one of their own or not.
        logged.insert("target");
        let unknown: Vec<&str> = fields(&query).into_iter().filter(|field| !logged.contains(field)).collect();
        assert_eq!(unknown, Vec::<&str>::new(), "{name}: no line of {steps:?} has these fields");
    }
}

#[test]
fn what_a_query_reads_is_found() {
    let query = "| where Step == 'done' or Step in ('a', 'b')\n| extend From = case(Step == 'c', 'x')\n| project tostring(Line.span.x), todouble(Line['to']), LastLine";
    assert_eq!(steps(query), BTreeSet::from(["a", "b", "c", "done"]));
    assert_eq!(fields(query), BTreeSet::from(["span.x", "to"]));
}
