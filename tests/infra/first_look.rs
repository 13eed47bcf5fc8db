//! The script that has the first look, with an Azure CLI and a function app that only write down what they are asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::deployment::REPOSITORY;

const KEY: &str = "FAKE_MASTER_KEY";

const AZ: &str = r#"#!/bin/sh
case "$*" in
  "functionapp show "*) echo app.example.org ;;
  "functionapp keys list "*) echo FAKE_MASTER_KEY ;;
  *) exit 1 ;;
esac
"#;

/// What it reads from its standard input is how it gets the key.
const CURL: &str = r#"#!/bin/sh
echo "$*" >> "$CALLS"
cat >> "$CONFIGURATION"
case "$*" in
  *"target=kv-ml/storage-key"*) echo '{"decision": "regenerate"}' ;;
  *"target=kv-ml/broken"*) exit 22 ;;
  *"/api/status") echo '{"targets": [{"target": "kv-ml/broken"}, {"target": "kv-ml/storage-key"}]}' ;;
  *"/admin/functions/Sweep") ;;
  *) exit 1 ;;
esac
"#;

#[test]
#[ignore = "needs jq"]
fn the_first_look_sweeps_shows_each_target_and_shows_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    for (name, script) in [("az", AZ), ("curl", CURL)] {
        fs::write(place(name), script).unwrap();
        fs::set_permissions(place(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output = Command::new(Path::new(REPOSITORY).join("infra/scripts/first-look.sh"))
        .args(["rg-rotation", "app"])
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", folder.path().display()))
        .env("CALLS", place("calls"))
        .env("CONFIGURATION", place("configuration"))
        .output()
        .unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    assert!(said.contains("\"decision\": \"regenerate\""), "{said}");
    assert!(complained.contains("no look at kv-ml/broken"), "{complained}");
    let calls = fs::read_to_string(place("calls")).unwrap();
    let ends: Vec<&str> = calls
        .lines()
        .filter_map(|line| line.rsplit_once("https://app.example.org"))
        .map(|(_, path)| path)
        .collect();
    assert_eq!(ends, ["/admin/functions/Sweep", "/api/status", "/api/status", "/api/status"], "{calls}");
    assert!(calls.starts_with("--config - ") && calls.contains("--request POST"), "{calls}");
    assert!(!calls.contains(KEY) && !said.contains(KEY) && !complained.contains(KEY));
    let configuration = fs::read_to_string(place("configuration")).unwrap();
    assert_eq!(configuration, format!("header = \"x-functions-key: {KEY}\"\n").repeat(4));
}
