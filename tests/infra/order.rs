//! What waits for what, which snapshots do not show.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::deployment::Infra;

pub(crate) fn settings_come_after_the_rights(infra: &Infra) {
    let before = before(&infra.template, "functionApp");
    for module in ["identity", "hostStorage", "storageRights", "rights", "monitoring", "privateAccess"] {
        assert!(before.contains(module), "the app does not wait for {module}: {before:?}");
    }
    let storage_rights = self::before(&infra.template, "storageRights");
    assert!(storage_rights.contains("hostStorage"), "{storage_rights:?}");
}

pub(crate) fn subscriptions_come_after_their_topic_and_its_rights(infra: &Infra) {
    let events = before(&infra.template, "vaultEvents");
    assert!(events.contains("functionApp") && events.contains("hostStorage"), "{events:?}");
    let template = module(&infra.template, "vaultEvents");
    let subscription = before(template, "eventSubscription");
    assert!(subscription.contains("rights"), "{subscription:?}");
    let rights = before(template, "rights");
    assert!(rights.contains("newTopic") && rights.contains("existingTopic"), "{rights:?}");
    let alert = before(template, "deadLetterAlert");
    assert!(alert.contains("eventSubscription"), "{alert:?}");
}

pub(crate) fn roles_are_given_after_they_are_defined(infra: &Infra) {
    let template = module(&infra.template, "rights");
    for (assignment, definition) in [
        ("accountRole", "accountRoleDefinition"),
        ("vaultRole", "vaultRoleDefinition"),
        ("secretsRole", "secretRoleDefinition"),
        ("secretRole", "secretRoleDefinition"),
        ("scopeSubscriptionRole", "scopeRoleDefinition"),
        ("scopeGroupRole", "scopeRoleDefinition"),
        ("scopeWorkspaceRole", "scopeRoleDefinition"),
        ("operationRole", "operationRoleDefinition"),
    ] {
        let before = before(template, assignment);
        assert!(before.contains(definition), "{assignment} does not wait for {definition}: {before:?}");
    }
}

/// The template of a module.
fn module<'a>(template: &'a Value, name: &str) -> &'a Value {
    &template["resources"][name]["properties"]["template"]
}

/// What a resource waits for, by itself and by what that waits for.
#[track_caller]
fn before(template: &Value, name: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![name.to_owned()];
    while let Some(next) = open.pop() {
        let resource = &template["resources"][&next];
        assert!(resource.is_object(), "no {next}");
        for one in resource["dependsOn"].as_array().into_iter().flatten() {
            let one = one.as_str().unwrap().to_owned();
            if found.insert(one.clone()) {
                open.push(one);
            }
        }
    }
    found
}
