//! What an operator reads is about what the handler logs, and the workbook shows what the queries give.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use aml_key_rotator::log_reference::STEPS;
use serde_json::Value;

use crate::queries::{analyze, queries};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_warning_and_error_says_what_to_do_and_no_other() {
    let told = STEPS.iter().flat_map(|step| step.levels.iter().map(move |level| (step.name, *level)));
    let told: BTreeSet<(&str, &str)> = told.filter(|(_, level)| *level != "INFO").collect();
    let page = read("docs/operations.md");
    let section = page.split_once("\n## Warnings and errors, by their step\n").unwrap().1;
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")).map(|row| {
        let (step, rest) = row.split_once("` | ").unwrap();
        (step, rest.split_once(" | ").unwrap().0)
    });
    assert_eq!(rows.collect::<BTreeSet<_>>(), told);
}

#[test]
fn every_alert_has_its_part_and_every_query_its_mention() {
    let page = read("docs/operations.md");
    for (name, query) in queries() {
        assert!(page.contains(&format!("[{name}](../infra/queries/{name})")), "{name}");
        if query.starts_with("// Alert:") {
            let alert = name.trim_end_matches(".kql");
            let part =
                page.split_once(&format!("\n### Alert: {alert}\n")).unwrap_or_else(|| panic!("{name}")).1;
            let part = part.split("\n### ").next().unwrap();
            for says in ["*Query:* ", "*Means:* ", "*Do:* ", "*Over when:* "] {
                assert!(part.contains(says), "{name}: no {says}");
            }
            let window = query.lines().find_map(|line| line.strip_prefix("// Window ")).unwrap();
            let hours = match &window[..1] {
                "1" => "of the last hour",
                "2" => "of the last two hours",
                "3" => "of the last three hours",
                _ => panic!("{name}: {window}"),
            };
            assert!(part.contains(hours), "{name}: not {hours}");
        }
    }
}

/// Each object of the workbook that has a query.
fn queried(part: &Value) -> Vec<&Value> {
    let below: Vec<&Value> = match part {
        Value::Object(members) => members.values().flat_map(queried).collect(),
        Value::Array(elements) => elements.iter().flat_map(queried).collect(),
        _ => Vec::new(),
    };
    part["query"].is_string().then_some(part).into_iter().chain(below).collect()
}

#[test]
fn the_workbook_names_queries_and_columns_that_are_there() {
    let workbook: Value = serde_json::from_str(&read("infra/workbook.json")).unwrap();
    let module = read("infra/modules/workbook.bicep");
    let (queries, mut named) = (queries(), BTreeSet::new());
    for part in queried(&workbook) {
        let name = part["query"].as_str().unwrap().strip_prefix('@').unwrap();
        let query = queries.get(name).unwrap_or_else(|| panic!("no query is called {name}"));
        assert!(module.contains(&format!("'{name}': loadTextContent('../queries/{name}')")), "{name}");
        assert_eq!(part["crossComponentResources"], serde_json::json!(["@workspace"]), "{name}");
        if let Some(formatters) = part["gridSettings"]["formatters"].as_array() {
            let columns = analyze(&[query]).remove(0).columns;
            for formatter in formatters {
                let column = formatter["columnMatch"].as_str().unwrap();
                assert!(columns.iter().any(|known| known.name == column), "{name}: {column}");
            }
        }
        named.insert(name);
    }
    let loaded: BTreeSet<&str> = module
        .split("loadTextContent('../queries/")
        .skip(1)
        .map(|rest| rest.split('\'').next().unwrap())
        .collect();
    assert_eq!(named, loaded, "what is loaded is shown");
    for shown in ["rotations.kql", "key-ages.kql", "failures.kql", "exposure.kql", "waiting.kql"] {
        assert!(named.contains(shown), "{shown}");
    }
    assert!(queries["target-history.kql"].contains("'{Target}'"), "the workbook puts the target there");
}
