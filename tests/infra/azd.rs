//! What the Azure Developer CLI reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::deployment::{DEPLOYMENTS, Infra, REPOSITORY, read_json};

pub(crate) fn azd_finds_the_app_and_its_package(infra: &Infra) {
    let project = fs::read_to_string(Path::new(REPOSITORY).join("azure.yaml")).unwrap();
    let (_, services) = project.split_once("\nservices:\n  ").unwrap();
    let (service, _) = services.split_once(":\n").unwrap();
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let app = deployment.one("Microsoft.Web/sites").json();
        assert_eq!(app["tags"]["azd-service-name"], service, "{name}");
        let group = deployment.one("Microsoft.Resources/resourceGroups").name();
        assert_eq!(deployment.outputs["AZURE_RESOURCE_GROUP"], group, "{name}");
        assert_eq!(deployment.outputs["ROTATOR_FUNCTION_APP"], app["name"], "{name}");
    }
    let package = "target/function-app/aml-key-rotator.zip";
    assert!(services.contains(&format!("dist: {package}\n")));
    let script = infra.read("scripts/package.sh");
    assert!(script.contains(&format!("package={package}\n")), "{script}");
    // With the code in between, and each deployment told which one it is.
    let steps: Vec<&str> = project.lines().filter_map(|line| line.trim().strip_prefix("- azd: ")).collect();
    let expected = [
        "env set DEPLOY_CODE_IS_DEPLOYED false",
        "provision",
        "package --all",
        "deploy --all",
        "env set DEPLOY_CODE_IS_DEPLOYED true",
        "provision",
    ];
    assert_eq!(steps, expected);
    let stray = infra.folder.join("main.bicepparam");
    assert!(!stray.exists(), "azd would take it instead of main.parameters.json");
}

pub(crate) fn azd_gives_every_parameter_a_value(infra: &Infra) {
    let given = read_json(&infra.folder.join("main.parameters.json"));
    let given: BTreeSet<&str> = keys(&given["parameters"]).collect();
    let parameters: BTreeSet<&str> = keys(&infra.template["parameters"]).collect();
    // What azd has its own ways for, and what need not be said.
    let left_out = BTreeSet::from(["logRetentionDays", "resourceGroupName", "tags"]);
    let unknown: Vec<_> = given.difference(&parameters).collect();
    assert!(unknown.is_empty(), "the template has no {unknown:?}");
    assert_eq!(parameters.difference(&given).copied().collect::<BTreeSet<_>>(), left_out);
}

pub(crate) fn people_are_told_what_to_set_and_to_run(infra: &Infra) {
    let page = fs::read_to_string(Path::new(REPOSITORY).join("docs/deploy.md")).unwrap();
    let given = infra.read("main.parameters.json");
    for rest in given.split("${DEPLOY_").skip(1) {
        let end = rest.find(['=', '}']).unwrap();
        let variable = format!("DEPLOY_{}", &rest[..end]);
        let is_of_the_workflow = variable == "DEPLOY_CODE_IS_DEPLOYED";
        assert_ne!(page.contains(&variable), is_of_the_workflow, "{variable}");
    }
    let outputs = &infra.deployments["minimal"].outputs;
    let second = outputs["ROTATOR_SECOND_DEPLOYMENT_COMMAND"].as_str().unwrap();
    assert!(page.contains(&format!("\n{second}\n")), "{second}");
    for output in ["ROTATOR_FIND_TOPIC_COMMANDS", "ROTATOR_PUSH_CODE_COMMAND"] {
        assert!(page.contains(output) && !outputs[output].is_null(), "{output}");
    }
    let first_look = outputs["ROTATOR_FIRST_LOOK_COMMAND"].as_str().unwrap();
    let script = first_look.split(' ').next().unwrap();
    assert!(page.contains(script) && Path::new(REPOSITORY).join(script).is_file(), "{first_look}");
}

/// Nobody is to get `rotate` without saying so, nor `observe` without knowing.
pub(crate) fn the_mode_is_always_asked_for(infra: &Infra) {
    let mode = &infra.template["parameters"]["mode"];
    assert_eq!(mode["defaultValue"], Value::Null);
    assert_eq!(mode["nullable"], Value::Null);
    let given = read_json(&infra.folder.join("main.parameters.json"));
    assert_eq!(given["parameters"]["mode"]["value"], "${DEPLOY_MODE}");
    let allowed = &infra.template["definitions"]["modeType"]["allowedValues"];
    assert_eq!(*allowed, serde_json::json!(["observe", "rotate"]));
}

fn keys(object: &Value) -> impl Iterator<Item = &str> {
    object.as_object().unwrap().keys().map(String::as_str)
}
