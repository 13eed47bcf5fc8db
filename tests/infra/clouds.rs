//! Clouds other than the public one. What `environment()` gives is known at run time only, so it is evaluated here.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::deployment::{DEPLOYMENTS, Infra};

/// As `az cloud show` describes each cloud, with the private zones of "Azure Private Endpoint private DNS zone values".
const CLOUDS: [(&str, &str, &str, [&str; 5]); 3] = [
    (
        "AzureCloud",
        "core.windows.net",
        ".vault.azure.net",
        [
            "privatelink.blob.core.windows.net",
            "privatelink.queue.core.windows.net",
            "privatelink.table.core.windows.net",
            "privatelink.vaultcore.azure.net",
            "privatelink.azurewebsites.net",
        ],
    ),
    (
        "AzureUSGovernment",
        "core.usgovcloudapi.net",
        ".vault.usgovcloudapi.net",
        [
            "privatelink.blob.core.usgovcloudapi.net",
            "privatelink.queue.core.usgovcloudapi.net",
            "privatelink.table.core.usgovcloudapi.net",
            "privatelink.vaultcore.usgovcloudapi.net",
            "privatelink.azurewebsites.us",
        ],
    ),
    (
        "AzureChinaCloud",
        "core.chinacloudapi.cn",
        ".vault.azure.cn",
        [
            "privatelink.blob.core.chinacloudapi.cn",
            "privatelink.queue.core.chinacloudapi.cn",
            "privatelink.table.core.chinacloudapi.cn",
            "privatelink.vaultcore.azure.cn",
            "privatelink.chinacloudsites.cn",
        ],
    ),
];

pub(crate) fn the_private_zones_are_those_of_each_cloud(infra: &Infra) {
    let zones = infra.deployments["virtual-network"].all("Microsoft.Network/privateDnsZones");
    for (cloud, storage, vaults, expected) in CLOUDS {
        let environment = json!({"name": cloud, "suffixes": {"storage": storage, "keyvaultDns": vaults}});
        let names = zones.iter().map(|zone| {
            let expression = zone.json()["name"].as_str().unwrap();
            let expression = expression.strip_prefix('[').unwrap().strip_suffix(']').unwrap();
            evaluate(expression, &environment)
        });
        assert_eq!(names.collect::<Vec<_>>(), expected, "{cloud}");
    }
}

/// No address of a cloud stands anywhere, and nothing of a cloud is asked for but what is evaluated above.
pub(crate) fn nothing_is_of_one_cloud_alone(infra: &Infra) {
    let suffixes =
        ["windows.net", "azure.net", "azure.com", "usgovcloudapi.net", "chinacloudapi.cn", "azure.cn"];
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        for resource in &deployment.resources {
            let text = resource.json().to_string();
            let found = suffixes.iter().find(|suffix| text.contains(**suffix));
            assert_eq!(found, None, "{name}: {}", resource.id());
        }
        let asked: BTreeSet<String> =
            deployment.resources.iter().flat_map(|one| asked_of_the_cloud(&one.json().to_string())).collect();
        let known =
            ["environment().name", "environment().suffixes.keyvaultDns", "environment().suffixes.storage"];
        assert!(asked.iter().all(|one| known.contains(&one.as_str())), "{name}: {asked:?}");
    }
    for module in fs::read_dir(infra.folder.join("modules")).unwrap() {
        let source = fs::read_to_string(module.unwrap().path()).unwrap();
        assert!(suffixes.iter().all(|suffix| !source.contains(suffix)), "{source}");
    }
}

fn asked_of_the_cloud(text: &str) -> Vec<String> {
    let paths = text.split("environment()").skip(1).map(|rest| {
        let end = rest.find(|character: char| !character.is_alphanumeric() && character != '.');
        format!("environment(){}", &rest[..end.unwrap_or(rest.len())])
    });
    paths.collect()
}

/// Evaluates the few functions of template expressions that names of zones are made with.
fn evaluate(expression: &str, environment: &Value) -> String {
    let mut reader = Reader { rest: expression, environment };
    let value = reader.value();
    assert_eq!(reader.rest, "", "{expression}");
    value.as_str().unwrap_or_else(|| panic!("{expression} is {value}")).to_owned()
}

struct Reader<'a> {
    rest: &'a str,
    environment: &'a Value,
}

impl Reader<'_> {
    fn value(&mut self) -> Value {
        self.rest = self.rest.trim_start();
        let mut value = if let Some(text) = self.rest.strip_prefix('\'') {
            let (text, rest) = text.split_once('\'').unwrap();
            self.rest = rest;
            json!(text)
        } else {
            let name = self.word();
            let arguments = self.arguments();
            self.call(&name, &arguments)
        };
        loop {
            if let Some(rest) = self.rest.strip_prefix('.') {
                self.rest = rest;
                value = value[self.word()].take();
            } else if let Some(rest) = self.rest.strip_prefix('[') {
                self.rest = rest;
                let key = self.value();
                self.rest = self.rest.strip_prefix(']').unwrap();
                value = value[key.as_str().unwrap()].take();
            } else {
                return value;
            }
        }
    }

    fn word(&mut self) -> String {
        let end = self.rest.find(|character: char| !character.is_alphanumeric()).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }

    fn arguments(&mut self) -> Vec<Value> {
        let mut arguments = Vec::new();
        self.rest = self.rest.strip_prefix('(').unwrap();
        loop {
            if let Some(rest) = self.rest.strip_prefix(')') {
                self.rest = rest;
                return arguments;
            }
            arguments.push(self.value());
            self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
        }
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Value {
        let texts: Vec<&str> = arguments.iter().map(|argument| argument.as_str().unwrap()).collect();
        match (function, &texts[..]) {
            ("environment", []) => self.environment.clone(),
            ("replace", [text, from, to]) => json!(text.replace(from, to)),
            ("format", [pattern, parts @ ..]) => {
                let filled = parts.iter().enumerate().fold((*pattern).to_owned(), |text, (number, part)| {
                    text.replace(&format!("{{{number}}}"), part)
                });
                json!(filled)
            }
            ("createObject", pairs) => {
                pairs.chunks(2).map(|pair| (pair[0].to_owned(), json!(pair[1]))).collect()
            }
            _ => panic!("{function} is not evaluated here"),
        }
    }
}
