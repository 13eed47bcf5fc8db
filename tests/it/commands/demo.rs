//! The demo, as a person or a program runs it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use serde_json::Value;

use super::console::without_dates;
use super::expected::assert_expected;

fn demo(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aml-key-rotator"));
    command.arg("demo").args(["--latency", "0"]).args(arguments).output().unwrap()
}

/// The text without what differs from run to run: addresses, ids, versions, dates, how long something took and how many calls
/// that were; and with what goes on at once in one order.
fn settled(text: &str) -> String {
    let dateless = without_dates(text);
    let mut lines: Vec<String> = Vec::new();
    for line in dateless.lines().map(settled_line) {
        // Workspaces resync beside the looks and the proof that follow.
        let beside = ["look", "keys", "decide", "prove"];
        let begun = |line: &String| step(line).is_none_or(|step| !beside.contains(&step));
        // The log takes a way of its own, and its last lines may come after what the demo itself says of the rotation.
        let logged = |line: &String| step(line).is_some() || line.starts_with("rotation ");
        let before = match step(&line) {
            None => None,
            Some("resync") => lines.iter().rposition(begun),
            Some(_) => lines.iter().rposition(logged),
        };
        let at = before.map_or(lines.len(), |before| before + 1);
        lines.insert(at, line);
    }
    let at_once = |line: &String| matches!(step(line), Some("move" | "resync"));
    lines.chunk_by_mut(|line, next| at_once(line) && at_once(next)).for_each(<[String]>::sort);
    lines.join("\n") + "\n"
}

/// The step that a line of the handler's log is about.
fn step(settled: &str) -> Option<&str> {
    settled.strip_prefix("    TIME s  ")?.split(' ').next()
}

fn settled_line(line: &str) -> String {
    // The seconds since the start are put in columns.
    let (seconds, rest) = line.trim_start().split_once(" s  ").unwrap_or(("", line));
    let (before, line) = if is_fraction(seconds) { ("    TIME s  ", rest) } else { ("", line) };
    let mut words: Vec<String> = line.split(' ').map(settled_word).collect();
    for at in 1..words.len() {
        if words[at - 1] == "port" {
            "PORT".clone_into(&mut words[at]);
        } else if words[at - 1] == "\"calls\":" {
            "CALLS,".clone_into(&mut words[at]);
        } else if words[at] == "calls," {
            "CALLS".clone_into(&mut words[at - 1]);
        }
    }
    before.to_owned() + &words.join(" ")
}

fn settled_word(word: &str) -> String {
    let inner = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    let is_hexadecimal = |text: &str| text.chars().all(|letter| letter.is_ascii_hexdigit());
    let name = match inner.len() {
        32 if is_hexadecimal(inner) => "VERSION",
        36 if is_hexadecimal(&inner.replace('-', "")) => "ID",
        // Not at all is not by chance.
        _ if is_fraction(inner) && inner.chars().any(|letter| !"0.".contains(letter)) => "TIME",
        _ => return word.to_owned(),
    };
    word.replace(inner, name)
}

fn is_fraction(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit());
    text.split_once('.').is_some_and(|(whole, fraction)| digits(whole) && digits(fraction))
}

#[test]
fn two_rotations_come_back_to_the_first_key_and_are_verified() {
    let output = demo(&["--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_expected("demo.json", &settled(str::from_utf8(&output.stdout).unwrap()));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rotations = report["rotations"].as_array().unwrap();
    let keys: Vec<(&str, &str)> =
        rotations.iter().map(|each| (each["from"].as_str().unwrap(), each["to"].as_str().unwrap())).collect();
    assert_eq!(keys, [("key1", "key2"), ("key2", "key1")]);
    assert_ne!(rotations[0]["secretVersion"], rotations[1]["secretVersion"]);
    for rotation in rotations {
        assert_eq!(rotation["verified"], true, "{rotation}");
        assert!(rotation["calls"].as_u64().unwrap() > 0 && rotation["wallSeconds"].as_f64().unwrap() > 0.0);
        let dependents = rotation["dependents"].as_array().unwrap();
        let kinds = |kind: &str| dependents.iter().filter(|each| each["kind"] == kind).count();
        assert_eq!((kinds("datastore"), kinds("connection")), (10, 1));
        assert_eq!((kinds("workspace cache"), kinds("secret")), (2, 1));
        for dependent in dependents {
            if dependent["kind"] == "workspace cache" {
                assert_eq!(dependent["before"], dependent["after"]);
            } else {
                assert_eq!((&dependent["before"], &dependent["after"]), (&rotation["from"], &rotation["to"]));
                assert_eq!(dependent["exposureSeconds"], 0.0);
            }
        }
    }
}

#[test]
fn the_text_tells_what_was_seen_decided_and_done() {
    let output = demo(&["--rotations", "1", "--workspaces", "3", "--datastores", "12"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_expected("demo.txt", &settled(&text));
}

#[test]
fn too_few_datastores_are_refused_with_the_mend() {
    let output = demo(&["--workspaces", "5", "--datastores", "9"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("raise --datastores"));
}

#[test]
fn a_datastore_that_only_says_that_it_was_written_is_found_out() {
    let output = demo(&["--break", "ws-scoring/notebooks_0008", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rotations = report["rotations"].as_array().unwrap();
    assert_eq!((rotations.len(), &rotations[0]["verified"]), (1, &Value::Bool(false)));
    assert_eq!(
        rotations[0]["problems"],
        serde_json::json!(["datastore ws-scoring/notebooks_0008 holds key1 and not key2"])
    );
    for dependent in rotations[0]["dependents"].as_array().unwrap() {
        let is_broken = dependent["name"] == "ws-scoring/notebooks_0008";
        if dependent["kind"] == "datastore" {
            assert_eq!(dependent["after"], if is_broken { "key1" } else { "key2" }, "{dependent}");
            assert_eq!(dependent["exposureSeconds"], 0.0);
        }
    }
}

#[test]
fn the_text_says_which_datastore_holds_what() {
    let output = demo(&["--break", "images_0005"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_expected("demo-not-verified.txt", &settled(&text));
}

#[test]
fn a_name_that_workspaces_share_means_the_datastores_of_all_and_no_name_is_refused() {
    let output = demo(&["--break", "workspaceblobstore", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["rotations"][0]["problems"].as_array().unwrap().len(), 2, "{report}");
    let output = demo(&["--break", "archive"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("`archive`: give --break one of ws-training/workspaceblobstore, "), "{said}");
}

/// The variables that a file for a shell exports.
fn exported(file: &PathBuf) -> BTreeMap<String, String> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect()
}

fn run(environment: &BTreeMap<String, String>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aml-key-rotator"));
    command.args(arguments).env_clear().envs(environment).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn a_local_azure_that_is_kept_is_there_for_the_other_commands_until_ctrl_c() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aml-key-rotator"));
    command.args(["demo", "--latency", "0", "--rotations", "0", "--keep"]);
    let mut demo: Child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(demo.stderr.take().unwrap()).lines();
    let file = said.find_map(|line| line.unwrap().trim().strip_prefix(". ").map(PathBuf::from)).unwrap();
    let environment = exported(&file);
    let status = run(&environment, &["status"]);
    assert!(String::from_utf8_lossy(&status.stdout).starts_with("due "), "{status:?}");
    let rotated = run(&environment, &["rotate", "kv-ml-prod/stmlprod-key", "--yes"]);
    assert!(String::from_utf8_lossy(&rotated.stdout).starts_with("done "), "{rotated:?}");
    let status = run(&environment, &["status"]);
    assert!(String::from_utf8_lossy(&status.stdout).starts_with("up to date "), "{status:?}");
    kill_process(Pid::from_child(&demo), Signal::INT).unwrap();
    assert!(demo.wait().unwrap().success());
    assert!(!file.exists());
}
