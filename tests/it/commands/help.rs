//! `--help` of the program and of every command.

use std::process::Command;

use super::expected::assert_expected;

/// What the program prints, which has to end well.
pub(super) fn printed(arguments: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_aml-key-rotator");
    let output = Command::new(program).args(arguments).env_clear().output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The commands, as the program's own help lists them.
pub(super) fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<String> =
        listed.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    assert!(commands.len() > 8, "{help}");
    commands.into_iter().filter(|command| command != "help").collect()
}

/// The long options of a command, as its help lists them.
pub(super) fn options(command: &str) -> Vec<String> {
    let help = printed(&[command, "--help"]);
    let options = help.lines().filter_map(|line| line.trim_start().split_once("--"));
    let listed = options.filter(|(before, _)| before.is_empty() || before.starts_with('-'));
    let name = |text: &str| {
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '-').next().map(str::to_owned)
    };
    listed.filter_map(|(_, option)| name(option)).filter(|option| option != "help").collect()
}

#[test]
fn the_help_of_the_program_and_of_every_command_is_as_it_was_agreed() {
    assert_expected("help.txt", &printed(&["--help"]));
    for command in commands() {
        assert_expected(&format!("help-{command}.txt"), &printed(&[&command, "--help"]));
    }
}

#[test]
fn what_is_no_command_is_refused_with_status_2() {
    for arguments in [&["rotates"][..], &[], &["plan", "--day", "3"], &["man", "rotates"]] {
        let program = env!("CARGO_BIN_EXE_aml-key-rotator");
        let output = Command::new(program).args(arguments).env_clear().output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{output:?}");
    }
}
