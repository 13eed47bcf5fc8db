//! The storage account of the Functions host.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::deployment::{DEPLOYMENTS, Infra, REPOSITORY, read_json};

pub(crate) fn the_hosts_storage_has_no_use_for_keys(infra: &Infra) {
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let account = deployment.one("Microsoft.Storage/storageAccounts");
        assert_eq!(account.json()["kind"], "StorageV2", "{name}");
        assert_eq!(account.json()["sku"], json!({"name": "Standard_LRS"}), "{name}");
        let default_action = if name == "virtual-network" { "Deny" } else { "Allow" };
        let expected = json!({
            "accessTier": "Hot",
            "allowBlobPublicAccess": false,
            "allowCrossTenantReplication": false,
            "allowSharedKeyAccess": false,
            "defaultToOAuthAuthentication": true,
            "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": true,
            "publicNetworkAccess": "Enabled",
            "networkAcls": {"bypass": "AzureServices", "defaultAction": default_action},
        });
        assert_eq!(account.json()["properties"], expected, "{name}");
        for container in deployment.all("Microsoft.Storage/storageAccounts/blobServices/containers") {
            assert_eq!(*container.property("publicAccess"), "None", "{name}: {}", container.name());
        }
    }
}

pub(crate) fn queues_and_containers_are_those_of_the_functions(infra: &Infra) {
    let bound = queues_of_functions();
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let queues = deployment.all("Microsoft.Storage/storageAccounts/queueServices/queues");
        let queues: BTreeSet<String> = queues.iter().map(|queue| queue.name().to_owned()).collect();
        assert_eq!(queues, bound, "{name}");
        let containers = deployment.all("Microsoft.Storage/storageAccounts/blobServices/containers");
        let containers: Vec<&str> = containers.iter().map(|container| container.name()).collect();
        assert_eq!(containers, ["packages", "dead-letters"], "{name}");
    }
}

fn queues_of_functions() -> BTreeSet<String> {
    let functions = fs::read_dir(Path::new(REPOSITORY).join("functions")).unwrap();
    let bindings = functions.flat_map(|folder| {
        let function = read_json(&folder.unwrap().path().join("function.json"));
        function["bindings"].as_array().unwrap().clone()
    });
    let queue = |binding: Value| {
        let name = binding["queueName"].as_str()?.to_owned();
        assert_eq!(binding["connection"], "AzureWebJobsStorage");
        Some(name)
    };
    bindings.filter_map(queue).collect()
}
