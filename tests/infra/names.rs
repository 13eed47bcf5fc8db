//! Names: each once, and the same every time.

use std::collections::BTreeSet;
use std::fs;

use crate::deployment::{DEPLOYMENTS, Infra};

pub(crate) fn no_two_resources_are_one(infra: &Infra) {
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let mut ids = BTreeSet::new();
        for resource in &deployment.resources {
            assert!(ids.insert(resource.id().to_lowercase()), "{name}: {} is made twice", resource.id());
        }
    }
}

pub(crate) fn display_names_of_roles_are_unique_in_the_tenant(infra: &Infra) {
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let mut names = BTreeSet::new();
        let token = deployment.one("Microsoft.Web/sites").name().rsplit('-').next().unwrap();
        for definition in deployment.all("Microsoft.Authorization/roleDefinitions") {
            let role = definition.property("roleName").as_str().unwrap();
            assert!(names.insert(role), "{name}: {role} is defined twice");
            // The deployment's own token, which tells it from other deployments in the tenant.
            assert!(role.contains(token), "{name}: {role}");
        }
    }
}

/// Limits of "Naming rules and restrictions for Azure resources", with the longest name that a vault may have.
pub(crate) fn names_are_short_enough(infra: &Infra) {
    let limits = [
        ("Microsoft.Web/sites", 60, ""),
        ("Microsoft.Storage/storageAccounts", 24, ""),
        ("Microsoft.EventGrid/systemTopics", 50, "kv-ml"),
        ("Microsoft.EventGrid/systemTopics/eventSubscriptions", 64, "kv-ml"),
        ("Microsoft.Network/privateEndpoints", 64, "kv-ml"),
        ("Microsoft.Insights/metricAlerts", 260, "kv-ml"),
    ];
    let deployment = &infra.deployments["virtual-network"];
    for (kind, longest, vault) in limits {
        for resource in deployment.all(kind) {
            let room = if vault.is_empty() { 0 } else { 24 - vault.len() };
            assert!(resource.name().len() + room <= longest, "{kind}: {}", resource.name());
        }
    }
}

/// A second deployment with the same parameters is to find everything as it is.
pub(crate) fn nothing_changes_by_itself(infra: &Infra) {
    let mut folders = vec![infra.folder.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "bicep") {
                let source = fs::read_to_string(&path).unwrap();
                for changing in ["newGuid(", "utcNow("] {
                    assert!(!source.contains(changing), "{}: {changing}", path.display());
                }
            }
        }
    }
}
