//! A second deployment makes nothing anew, also when somebody wrote an id in other letter case.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::compiler::Bicep;
use crate::current::copy;
use crate::deployment::{DEPLOYMENTS, REPOSITORY};

#[test]
#[ignore = "needs the Bicep compiler"]
fn letter_case_makes_no_other_resource() {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(REPOSITORY).join("infra"), folder.path());
    let mut bicep = Bicep::start();
    for name in DEPLOYMENTS {
        let file = folder.path().join(format!("tests/{name}.bicepparam"));
        let written = bicep.snapshot(&file).unwrap();
        assert_eq!(bicep.snapshot(&file).unwrap(), written, "{name}");
        let source = fs::read_to_string(&file).unwrap();
        // The ids of targets, scopes and topics; not the words that are parameters' own.
        let shouted: Vec<String> = source
            .lines()
            .map(|line| {
                let is_id = line.contains("'/subscriptions/") && !line.contains("actionGroups");
                if is_id { shout_from(line, "'/") } else { line.to_owned() }
            })
            .collect();
        let shouted = shouted.join("\n") + "\n";
        assert_ne!(shouted, source, "{name}");
        fs::write(&file, shouted).unwrap();
        assert_eq!(ids(&bicep.snapshot(&file).unwrap()), ids(&written), "{name}");
    }
}

/// Two deployments in one subscription do not get into each other's way.
#[test]
#[ignore = "needs the Bicep compiler"]
fn another_environment_shares_no_resource() {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(REPOSITORY).join("infra"), folder.path());
    let mut bicep = Bicep::start();
    let file = folder.path().join("tests/minimal.bicepparam");
    let one = ids(&bicep.snapshot(&file).unwrap());
    let source = fs::read_to_string(&file).unwrap();
    for (text, other) in
        [("environmentName = 'test'", "'tests'"), ("location = 'westeurope'", "'northeurope'")]
    {
        let (parameter, _) = text.split_once(" = ").unwrap();
        fs::write(&file, source.replace(text, &format!("{parameter} = {other}"))).unwrap();
        let others = ids(&bicep.snapshot(&file).unwrap());
        let shared: Vec<_> = others.iter().filter(|id| one.contains(id)).collect();
        // The group is called after the environment alone.
        assert!(shared.iter().all(|id| id.ends_with("/rg-test")), "{parameter}: {shared:?}");
    }
}

/// The same line with its ids in upper case.
fn shout_from(line: &str, start: &str) -> String {
    let (before, id) = line.split_at(line.find(start).unwrap());
    format!("{before}{}", id.to_uppercase())
}

/// The ids of all resources, compared as Azure compares them.
fn ids(snapshot: &str) -> Vec<String> {
    let snapshot: Value = serde_json::from_str(snapshot).unwrap();
    let resources = snapshot["predictedResources"].as_array().unwrap();
    resources.iter().map(|resource| resource["id"].as_str().unwrap().to_lowercase()).collect()
}
