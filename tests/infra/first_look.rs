//! The script that has the first look.

use std::fs;

use crate::deployment::Infra;
use crate::scripts::{Ended, Scripts};

const KEY: &str = "FAKE_MASTER_KEY";

const AZ: &str = r#"case "$*" in
  "functionapp show "*) echo app.example.org ;;
  "functionapp keys list "*) echo FAKE_MASTER_KEY ;;
  "functionapp config appsettings list "*) cat "${CALLS%calls}settings" ;;
  *) exit 1 ;;
esac
"#;

/// What it reads from its standard input is how it gets the key.
const CURL: &str = r#"cat >> "${CALLS%calls}configuration"
case "$*" in
  *"target=kv-ml/storage-key"*) echo '{"decision": "regenerate"}' ;;
  *"target=kv-ml/broken"*) exit 22 ;;
  *"/api/status") echo '{"targets": [{"target": "kv-ml/broken"}, {"target": "kv-ml/storage-key"}]}' ;;
  *"/admin/functions/Sweep") ;;
  *) exit 1 ;;
esac
"#;

/// The program, which says what it is told.
const PROGRAM: &str = r#"env | grep -E '^(ROTATOR|AZURE|AzureWebJobs|APPLICATIONINSIGHTS)' | sort
[ "$1" = check ] && exit "${STATUS:-0}"
"#;

const SETTINGS: &str = r#"[
  {"name": "ROTATOR_MODE", "value": "observe"},
  {"name": "ROTATOR_TARGETS", "value": "[{\"secret\": \"it's\"}]"},
  {"name": "AZURE_CLOUD", "value": "AzureCloud"},
  {"name": "AZURE_CLIENT_ID", "value": "the app's"},
  {"name": "AzureWebJobsStorage__blobServiceUri", "value": "https://st.blob.core.windows.net/"},
  {"name": "AzureWebJobsStorage__credential", "value": "managedidentity"},
  {"name": "APPLICATIONINSIGHTS_CONNECTION_STRING", "value": "InstrumentationKey=0"}
]"#;

fn scripts(infra: &Infra) -> Scripts {
    let scripts = Scripts::of(infra);
    scripts.command("az", AZ);
    scripts.command("curl", CURL);
    fs::write(scripts.place("settings"), SETTINGS).unwrap();
    scripts
}

fn first_look(scripts: &Scripts, environment: &[(&str, &str)]) -> Ended {
    let ended = scripts.run("first-look.sh", &["rg-rotation", "app"], environment);
    assert!(ended.succeeded, "{}{}", ended.said, ended.complained);
    ended
}

pub(crate) fn the_first_look_sweeps_shows_each_target_and_shows_no_key(infra: &Infra) {
    let scripts = scripts(infra);
    let Ended { said, complained, .. } = first_look(&scripts, &[]);
    assert!(said.contains("\"decision\": \"regenerate\""), "{said}");
    assert!(complained.contains("no look at kv-ml/broken"), "{complained}");
    let calls: Vec<String> = scripts.calls().into_iter().filter(|call| call.starts_with("curl ")).collect();
    let ends: Vec<&str> = calls
        .iter()
        .filter_map(|line| line.rsplit_once("https://app.example.org"))
        .map(|(_, path)| path)
        .collect();
    assert_eq!(ends, ["/admin/functions/Sweep", "/api/status", "/api/status", "/api/status"], "{calls:?}");
    assert!(calls[0].starts_with("curl --config - ") && calls[0].contains("--request POST"), "{calls:?}");
    assert!(!calls.concat().contains(KEY) && !said.contains(KEY) && !complained.contains(KEY));
    let configuration = fs::read_to_string(scripts.place("configuration")).unwrap();
    assert_eq!(configuration, format!("header = \"x-functions-key: {KEY}\"\n").repeat(4));
    assert!(said.contains("unzip aml-key-rotator.zip aml-key-rotator"), "{said}");
}

pub(crate) fn check_is_run_with_what_the_app_is_told(infra: &Infra) {
    let scripts = scripts(infra);
    // Out of the package it lies in the folder that the script runs in, which is no place for commands.
    scripts.command("aml-key-rotator", PROGRAM);
    let ended = first_look(&scripts, &[("STATUS", "4")]);
    let told = "AZURE_CLOUD=AzureCloud\nAzureWebJobsStorage__blobServiceUri=https://st.blob.core.windows.net/\nROTATOR_MODE=observe\nROTATOR_TARGETS=[{\"secret\": \"it's\"}]\n";
    assert!(ended.said.contains(told), "{}", ended.said);
    let (before, after) = ended.said.split_once(told).unwrap();
    assert!(
        before.contains("with your login: what you may do and reach, and not what the app may"),
        "{before}"
    );
    // What it finds stops nothing.
    assert!(ended.complained.contains("check found something"), "{}", ended.complained);
    assert!(after.contains("The sweep starts."), "{after}");
    assert!(scripts.calls().contains(&"aml-key-rotator check".to_owned()), "{:?}", scripts.calls());
    let az =
        |calls: Vec<String>| calls.into_iter().filter(|call| call.starts_with("az ")).collect::<Vec<_>>();
    assert!(az(scripts.calls()).iter().all(|call| !call.contains("--subscription")));
    let ended = first_look(&scripts, &[("AZURE_SUBSCRIPTION_ID", "s")]);
    assert!(az(scripts.calls())[3..].iter().all(|call| call.ends_with(" --subscription s")));
    assert!(!ended.complained.contains("check found something"), "{}", ended.complained);
    for unwanted in ["AZURE_CLIENT_ID", "credential", "InstrumentationKey"] {
        assert!(!ended.said.contains(unwanted), "{unwanted}: {}", ended.said);
    }
}
