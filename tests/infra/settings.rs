//! The application settings, and the handler that reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::deployment::{DEPLOYMENTS, Deployment, Infra};

/// What the Functions host reads by itself.
const OF_THE_HOST: [&str; 4] = [
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
];

/// What the handler reads and nobody sets here.
const NOT_SET: [(&str, &str); 14] = [
    ("ARM_CLOUD_METADATA_URL", "of clouds that Bicep does not know either"),
    ("AZURE_TENANT_ID", "outside Azure"),
    ("AZURE_CLIENT_SECRET", "outside Azure"),
    ("AzureWebJobsStorage__accountName", "the addresses are right in every cloud"),
    ("AzureWebJobsStorage__managedIdentityResourceId", "refused"),
    ("AzureWebJobsStorage", "a connection string holds a key"),
    ("FUNCTIONS_CUSTOMHANDLER_PORT", "the host sets it"),
    ("IDENTITY_ENDPOINT", "the platform sets it"),
    ("IDENTITY_HEADER", "the platform sets it"),
    ("NO_COLOR", "for people at a terminal"),
    ("ROTATOR_FUNCTION_APP", "for whoever asks the app"),
    ("ROTATOR_FUNCTION_KEY", "for whoever asks the app"),
    ("USER", "for whoever asks the app"),
    ("WEBSITE_INSTANCE_ID", "the platform sets it"),
];

pub(crate) fn every_setting_is_one_that_is_read(infra: &Infra) {
    let known = read_by_the_handler();
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        for setting in settings(deployment).keys() {
            let read = known.contains(setting) || OF_THE_HOST.contains(&setting.as_str());
            assert!(read, "{name}: nobody reads {setting}");
        }
    }
}

pub(crate) fn every_setting_that_is_read_is_set_or_known_not_to_be(infra: &Infra) {
    let known = read_by_the_handler();
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let set = settings(deployment);
        for setting in known.iter().map(String::as_str).chain(OF_THE_HOST) {
            let is_not_set = NOT_SET.iter().any(|(known, _)| *known == setting);
            assert_ne!(set.contains_key(setting), is_not_set, "{name}: {setting}");
        }
    }
}

pub(crate) fn what_is_not_said_is_as_the_handler_has_it(infra: &Infra) {
    let page = include_str!("../../docs/configuration.md");
    let set = settings(&infra.deployments["minimal"]);
    for row in page.lines().filter(|line| line.starts_with("| `ROTATOR_")) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let (setting, unless_set) = (cells[1], cells[2]);
        if !unless_set.is_empty() {
            assert_eq!(set[setting], unless_set, "{setting}");
        }
    }
    // Empty counts as not set: each account's own subscription.
    assert_eq!(set["ROTATOR_SCOPES"], "");
}

/// The real handler, with what each deployment tells it.
pub(crate) fn the_handler_starts_with_the_settings(infra: &Infra) {
    let clouds = ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"];
    let runs = infra.each(&DEPLOYMENTS).enumerate().map(|(number, (name, deployment))| {
        let targets: Vec<Value> = serde_json::from_str(&settings(deployment)["ROTATOR_TARGETS"]).unwrap();
        let cloud = clouds[number % clouds.len()];
        (name, cloud, targets.len(), start(deployment, cloud))
    });
    for (name, cloud, targets, mut handler) in runs.collect::<Vec<_>>() {
        let line = ready_line(&mut handler);
        handler.kill().unwrap();
        handler.wait().unwrap();
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{name}: {line}"));
        assert_eq!((&line["cloud"], &line["declared"]), (&cloud.into(), &targets.into()), "{name}");
        let mode = if ["full", "two-subscriptions"].contains(&name) { "Rotate" } else { "Observe" };
        assert_eq!(line["mode"], mode, "{name}");
    }
}

/// Starts the handler with the settings of a deployment, where run time fills in what only it knows.
fn start(deployment: &Deployment, cloud: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aml-key-rotator"));
    command.arg("serve").env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, value) in settings(deployment) {
        let value = match value.strip_prefix('[').filter(|rest| !rest.starts_with('{')) {
            None => value,
            Some("environment().name]") => cloud.to_owned(),
            Some(expression) if expression.contains(".outputs.clientId.value") => {
                "11111111-2222-3333-4444-555555555555".to_owned()
            }
            Some(expression) if expression.contains(".outputs.endpoints.value.") => {
                "https://sthost.blob.core.windows.net/".to_owned()
            }
            Some(expression) if expression.contains(".outputs.connectionString.value") => String::new(),
            Some(unknown) => panic!("{name}: {unknown}"),
        };
        command.env(name, value);
    }
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    // An app with an identity has these; nobody is asked there before the first invocation.
    command.env("IDENTITY_ENDPOINT", "http://127.0.0.1:1/").env("IDENTITY_HEADER", "none");
    command.env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string()).spawn().unwrap()
}

/// What the handler says once it is ready, or why it ended.
fn ready_line(handler: &mut Child) -> String {
    let mut lines = BufReader::new(handler.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.contains(r#""step":"start""#)).unwrap_or_else(|| {
        let mut why = String::new();
        handler.stderr.as_mut().unwrap().read_to_string(&mut why).unwrap();
        why
    })
}

fn settings(deployment: &Deployment) -> BTreeMap<String, String> {
    let settings = deployment.all("Microsoft.Web/sites/config");
    let [settings] = settings[..] else { panic!("{} configurations", settings.len()) };
    assert_eq!(settings.name(), "appsettings");
    let settings = settings.json()["properties"].as_object().unwrap().iter();
    settings.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

/// The names on the page that is made from `src/env_vars.rs`.
fn read_by_the_handler() -> BTreeSet<String> {
    let page = aml_key_rotator::configuration::page();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let names: BTreeSet<String> = rows.map(|row| row.split('`').next().unwrap().to_owned()).collect();
    assert!(names.len() > 20, "{names:?}");
    names
}
