//! What the Azure Developer CLI reads.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::deployment::{DEPLOYMENTS, Infra, read_json};

pub(crate) fn azd_finds_the_app_and_its_package(infra: &Infra) {
    let project = infra.read_beside("azure.yaml");
    let (_, services) = project.split_once("\nservices:\n  ").unwrap();
    let (service, _) = services.split_once(":\n").unwrap();
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let app = deployment.one("Microsoft.Web/sites").json();
        assert_eq!(app["tags"]["azd-service-name"], service, "{name}");
        let group = deployment.one("Microsoft.Resources/resourceGroups").name();
        assert_eq!(deployment.outputs["AZURE_RESOURCE_GROUP"], group, "{name}");
        assert_eq!(deployment.outputs["ROTATOR_FUNCTION_APP"], app["id"], "{name}");
        assert_eq!(deployment.outputs["ROTATOR_FUNCTION_APP_NAME"], app["name"], "{name}");
    }
    let package = "target/function-app/aml-key-rotator.zip";
    assert!(services.contains(&format!("dist: {package}\n")));
    let script = infra.read("scripts/package.sh");
    assert!(script.contains(&format!("package={package}\n")), "{script}");
    let stray = infra.folder.join("main.bicepparam");
    assert!(!stray.exists(), "azd would take it instead of main.parameters.json");
}

/// What `azd up` does by itself is all that is asked of it: the second deployment is a matter of the hook after the code.
pub(crate) fn each_hook_runs_a_script_that_is_there(infra: &Infra) {
    let project = infra.read_beside("azure.yaml");
    assert!(!project.contains("workflows:"), "a workflow may not see what was set (azure-dev issue 3973)");
    let lines: Vec<&str> = project.lines().map(str::trim).collect();
    let hooks: Vec<(&str, &str)> = lines
        .windows(3)
        .filter_map(|hook| match (hook[0].strip_suffix(':'), hook[1], hook[2].strip_prefix("run: ")) {
            (Some(name), "shell: sh", Some(script)) => Some((name, script)),
            _ => None,
        })
        .collect();
    let expected = [
        ("prepackage", "infra/scripts/package.sh"),
        ("postprovision", "infra/scripts/after-provision.sh"),
        ("postdeploy", "infra/scripts/after-deploy.sh"),
        ("postup", "infra/scripts/first-look.sh"),
        ("predown", "infra/scripts/before-down.sh"),
        ("preinfradelete", "infra/scripts/before-down.sh"),
    ];
    assert_eq!(hooks, expected);
    for (hook, script) in hooks {
        assert!(infra.read_beside(script).starts_with("#!/bin/sh\n"), "{hook}");
    }
    // What the hook asks for at the end.
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        assert_eq!(deployment.outputs["ROTATOR_EVENTS_ARE_DEPLOYED"], name != "platform", "{name}");
    }
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
    // The name of a variable is that of its parameter, but for what azd names itself.
    let file = read_json(&infra.folder.join("main.parameters.json"));
    for (parameter, given) in file["parameters"].as_object().unwrap() {
        let value = given["value"].as_str().unwrap();
        let expected = match parameter.as_str() {
            "environmentName" => "AZURE_ENV_NAME".to_owned(),
            "location" => "AZURE_LOCATION".to_owned(),
            other => format!("DEPLOY_{}", in_capitals(other)),
        };
        let variable = value.trim_start_matches("${").split(['=', '}']).next().unwrap();
        assert_eq!(variable, expected, "{parameter}");
    }
}

pub(crate) fn people_are_told_what_to_set_and_to_run(infra: &Infra) {
    let page = infra.read_beside("docs/deploy.md");
    let given = infra.read("main.parameters.json");
    for rest in given.split("${DEPLOY_").skip(1) {
        let end = rest.find(['=', '}']).unwrap();
        let variable = format!("DEPLOY_{}", &rest[..end]);
        assert!(page.contains(&variable), "{variable}");
    }
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let outputs = &deployment.outputs;
        let (group, app) =
            (as_text(&outputs["AZURE_RESOURCE_GROUP"]), as_text(&outputs["ROTATOR_FUNCTION_APP_NAME"]));
        let as_on_the_page = |command: &str| {
            command.replace(app, "FUNCTION_APP").replace(&format!(" {group} "), " rg-key-rotator ")
        };
        let commands = outputs.as_object().unwrap().iter().filter(|(output, _)| output.ends_with("_COMMAND"));
        let mut printed = 0;
        for (output, command) in commands.filter(|(output, _)| *output != "ROTATOR_SECOND_DEPLOYMENT_COMMAND")
        {
            let command = as_on_the_page(as_text(command));
            assert!(page.contains(&format!("\n{command}\n")), "{name}: {output}: {command}");
            if let Some(script) = command.split(' ').next().filter(|first| first.starts_with("infra/")) {
                assert!(infra.folder.join("..").join(script).is_file(), "{script}");
            }
            printed += 1;
        }
        assert_eq!(printed, 3, "{name}");
        // One for each vault, which takes the whole of its name.
        let find = "az eventgrid system-topic list --subscription SUBSCRIPTION_OF_VAULT --query '[].[id, source]' --output tsv | grep --ignore-case '/vaults/VAULT$'";
        assert!(page.contains(&format!("\n{find}\n")), "{find}");
        let mut vaults = 0;
        for command in outputs["ROTATOR_FIND_TOPIC_COMMANDS"].as_array().unwrap() {
            let command = as_text(command);
            let vault = command.rsplit_once("/vaults/").unwrap().1.trim_end_matches("$'");
            let subscription = command.split(' ').nth(5).unwrap();
            let of_page = command
                .replace(&format!("/{vault}$"), "/VAULT$")
                .replace(subscription, "SUBSCRIPTION_OF_VAULT");
            assert_eq!(of_page, find, "{name}");
            vaults += 1;
        }
        let made = deployment.all("Microsoft.EventGrid/systemTopics/eventSubscriptions").len();
        assert!(vaults == made || name == "platform" && vaults == 1, "{name}");
    }
    for output in ["ROTATOR_FIND_TOPIC_COMMANDS", "ROTATOR_PUSH_CODE_COMMAND", "ROTATOR_WAIT_COMMAND"] {
        assert!(page.contains(output), "{output}");
    }
}

/// A deployment's place is fixed by its name: the second one of the same name is refused in another region.
pub(crate) fn the_commands_have_the_name_and_the_place_of_the_parameters(infra: &Infra) {
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let group = deployment.one("Microsoft.Resources/resourceGroups").json();
        let (environment, location) = (as_text(&group["tags"]["azd-env-name"]), as_text(&group["location"]));
        let command = as_text(&deployment.outputs["ROTATOR_SECOND_DEPLOYMENT_COMMAND"]);
        let expected = format!(
            "az deployment sub create --name {environment} --location {location} --parameters infra/rotator.bicepparam codeIsDeployed=true"
        );
        assert_eq!(command, expected, "{name}");
    }
    let parameters = infra.read("rotator.bicepparam");
    let parameter = |name: &str| {
        let (_, rest) = parameters.split_once(&format!("\nparam {name} = '")).unwrap();
        rest.split('\'').next().unwrap().to_owned()
    };
    let (environment, location) = (parameter("environmentName"), parameter("location"));
    let place = format!("--name {environment} --location {location}");
    for (page, times) in [("docs/deploy.md", 3), ("README.md", 1)] {
        let text = infra.read_beside(page);
        assert_eq!(text.matches("az deployment sub create").count(), times, "{page}");
        assert_eq!(text.matches(&format!("az deployment sub create {place} ")).count(), times, "{page}");
        assert!(
            text.contains("`--name` and `--location` are `environmentName` and `location` of the"),
            "{page}"
        );
    }
    for page in ["docs/deploy.md", "docs/operations.md"] {
        let text = infra.read_beside(page);
        for rest in text.split("infra/scripts/outputs.sh ").skip(1) {
            assert!(rest.starts_with(&environment), "{page}: {rest:.40}");
        }
    }
}

pub(crate) fn every_output_that_is_read_is_one(infra: &Infra) {
    let outputs = &infra.deployments["minimal"].outputs;
    let mut read = 0;
    for file in [
        "docs/deploy.md",
        "docs/operations.md",
        "infra/scripts/after-deploy.sh",
        "infra/scripts/after-provision.sh",
        "infra/scripts/first-look.sh",
    ] {
        let text = infra.read_beside(file);
        for rest in text.split('$').skip(1) {
            let is_of_name = |character: char| character.is_ascii_uppercase() || character == '_';
            let rest = rest.trim_start_matches('{');
            let name = &rest[..rest.find(|character| !is_of_name(character)).unwrap_or(rest.len())];
            let is_of_azd = ["AZURE_ENV_NAME", "AZURE_SUBSCRIPTION_ID", "ROTATOR_PACKAGE"].contains(&name);
            if (name.starts_with("ROTATOR_") || name.starts_with("AZURE_")) && !is_of_azd {
                assert!(!outputs[name].is_null(), "{file}: {name}");
                read += 1;
            }
        }
    }
    assert!(read > 10, "{read}");
}

pub(crate) fn the_resource_providers_to_register_are_those_that_are_used(infra: &Infra) {
    let page = infra.read_beside("docs/deploy.md");
    let (_, list) = page.split_once("for provider in ").unwrap();
    let listed: BTreeSet<&str> =
        list.split(';').next().unwrap().split([' ', '\n', '\\']).filter(|word| !word.is_empty()).collect();
    // The subnet of the app is given over to it.
    let mut used = BTreeSet::from(["Microsoft.App"]);
    for (_, deployment) in infra.each(&DEPLOYMENTS) {
        used.extend(deployment.resources.iter().map(|resource| resource.kind().split('/').next().unwrap()));
    }
    // These two every subscription has.
    used.retain(|namespace| !["Microsoft.Authorization", "Microsoft.Resources"].contains(namespace));
    assert_eq!(listed, used);
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

/// `codeIsDeployed` as `CODE_IS_DEPLOYED`.
fn in_capitals(parameter: &str) -> String {
    let letters = parameter.chars().flat_map(|letter| {
        let before = letter.is_uppercase().then_some('_');
        before.into_iter().chain(letter.to_uppercase())
    });
    letters.collect()
}

#[track_caller]
fn as_text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn keys(object: &Value) -> impl Iterator<Item = &str> {
    object.as_object().unwrap().keys().map(String::as_str)
}
