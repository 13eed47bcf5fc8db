//! `docs/commands.md`, held against the program.

use std::fs;
use std::path::Path;

use super::help::{commands, options};

#[test]
fn the_page_has_a_part_for_each_command_that_names_its_options_and_no_other_part() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    let page = fs::read_to_string(page).unwrap();
    let parts: Vec<(&str, &str)> =
        page.split("\n## `").skip(1).map(|part| part.split_once('`').unwrap()).collect();
    let named: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, commands());
    for (command, part) in parts {
        let part = part.split("\n## ").next().unwrap();
        for option in options(command) {
            assert!(part.contains(&format!("`--{option}")), "{command}: --{option}");
        }
        let mentioned = part.split("`--").skip(1);
        for option in mentioned.filter_map(|text| text.split(['`', ' ', '=', '[']).next()) {
            assert!(options(command).iter().any(|known| known == option), "{command} has no --{option}");
        }
    }
}
