//! Completions and manual pages.

use std::process::{Command, Stdio};

use super::expected::assert_expected;
use super::help::{commands, options, printed};

#[test]
fn every_shell_is_told_every_command_and_option() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&["completions", shell]);
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command}");
        }
        for option in options("rotate") {
            assert!(script.contains(&option), "{shell}: --{option}");
        }
    }
}

#[test]
fn what_is_made_for_bash_and_for_man_is_as_it_was_agreed() {
    assert_expected("completions-bash.txt", &printed(&["completions", "bash"]));
    assert_expected("man.txt", &printed(&["man"]).replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    assert_expected("man-rotate.txt", &printed(&["man", "rotate"]));
}

/// What bash would offer at the end of these words.
fn offered(words: &[&str]) -> Vec<String> {
    let script = printed(&["completions", "bash"]);
    let words: String = words.iter().map(|word| format!("'{word}' ")).collect();
    let asked = format!(
        "{script}\nCOMP_WORDS=({words})\nCOMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))\n$(complete -p aml-key-rotator | sed 's/.*-F //; s/ .*//') aml-key-rotator \
         \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let output = Command::new("bash").args(["--norc", "-eu", "-c", &asked]).output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    assert_eq!(offered(&["aml-key-rotator", "ro"]), ["rotate"]);
    assert_eq!(offered(&["aml-key-rotator", "rotate", "--comp"]), ["--compromised"]);
    assert_eq!(offered(&["aml-key-rotator", "status", "--format", "js"]), ["json"]);
}

#[test]
fn every_command_has_a_manual_page_that_names_its_options() {
    let program = printed(&["man"]);
    for command in commands() {
        assert!(
            program.contains(&format!("{}(1)", format!("aml-key-rotator-{command}").replace('-', "\\-"))),
            "{command}: {program}"
        );
        let page = printed(&["man", &command]);
        for part in [".TH aml-key-rotator-", ".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS"] {
            assert!(page.contains(part), "{command}: {part}");
        }
        for option in options(&command) {
            let option = format!("\\-\\-{}", option.replace('-', "\\-"));
            assert!(page.contains(&option), "{command}: {option} in {page}");
        }
    }
}

#[test]
#[ignore = "needs groff"]
fn the_formatter_of_man_has_nothing_to_complain_about() {
    read_by_groff(&printed(&["man"]));
    for command in commands() {
        read_by_groff(&printed(&["man", &command]));
    }
}

fn read_by_groff(page: &str) {
    let mut groff = Command::new("groff");
    groff.args(["-man", "-Tutf8", "-ww"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut groff = groff.spawn().expect("groff, from the package of that name, has to be there");
    std::io::Write::write_all(&mut groff.stdin.take().unwrap(), page.as_bytes()).unwrap();
    let output = groff.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
