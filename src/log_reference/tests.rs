//! The reference holds what the code logs, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let (directories, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below = directories.iter().flat_map(|directory| sources(directory));
    files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "rs")).chain(below).collect()
}

/// Each `step`, with the level of the macro that logs it.
fn logged() -> BTreeSet<(String, &'static str)> {
    let mut logged = BTreeSet::new();
    for file in sources(&Path::new(ROOT).join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        for (level, start) in [("INFO", "info!("), ("WARN", "warn!("), ("ERROR", "error!(")] {
            for (_, macro_call) in
                text.match_indices(start).map(|(at, start)| text.split_at(at + start.len()))
            {
                // A mention of a macro, as in this file, has no arguments.
                let Some(step) = macro_call.trim_start().strip_prefix("step = \"") else {
                    assert!(
                        macro_call.starts_with(['"', '/']),
                        "{}: no step: {macro_call:.80}",
                        file.display()
                    );
                    continue;
                };
                logged.insert((step.split('"').next().unwrap().to_owned(), level));
            }
        }
    }
    logged
}

#[test]
fn the_page_in_the_repository_is_what_the_code_declares() {
    assert_eq!(read("docs/log.md"), page(), "run `cargo xtask generate`");
}

#[test]
fn every_step_that_the_code_logs_is_there_with_its_levels_and_no_other() {
    let declared =
        STEPS.iter().flat_map(|step| step.levels.iter().map(|level| (step.name.to_owned(), *level)));
    assert_eq!(logged(), declared.collect());
}

#[test]
fn every_field_is_explained_once_and_belongs_to_a_step() {
    let used: BTreeSet<&str> = STEPS.iter().flat_map(|step| step.fields).copied().collect();
    let explained: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(explained, used.into_iter().collect::<Vec<_>>());
}
