//! Who may do what, and where.
//!
//! `tests/it/least_privilege.rs` runs the handler with what `minimal`, `full` and `two-subscriptions` give, each role at its
//! scope, and without each assignment and each action; the other deployments give what `minimal` gives.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::deployment::{DEPLOYMENTS, Deployment, Infra, Resource, SUBSCRIPTION, read_json};

const OTHER: &str = "/subscriptions/22222222-2222-2222-2222-222222222222";
const STORAGE: &str = "Microsoft.Storage/storageAccounts";
const VAULTS: &str = "Microsoft.KeyVault/vaults";

/// Built-in roles, by name. Source: Azure built-in roles.
const BUILT_IN: [(&str, &str); 6] = [
    ("Monitoring Metrics Publisher", "3913510d-42f4-4e42-8a64-420c390055eb"),
    ("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    ("Storage Blob Data Owner", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"),
    ("Storage Queue Data Contributor", "974c5e8b-45b9-4653-ba55-5f855dd0fb88"),
    ("Storage Queue Data Message Sender", "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a"),
    ("Storage Table Data Contributor", "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"),
];

/// What the identity may do beyond its own storage and log.
fn expected(deployment: &str) -> Vec<(&'static str, String)> {
    let account = |group: &str, name: &str| {
        ("account", format!("{SUBSCRIPTION}/resourceGroups/{group}/providers/{STORAGE}/{name}"))
    };
    let vault = |role: &'static str, group: &str, rest: &str| {
        (role, format!("{SUBSCRIPTION}/resourceGroups/{group}/providers/{VAULTS}/{rest}"))
    };
    let mut rights = vec![
        account("rg-ml", "stml"),
        vault("vault", "rg-ml", "kv-ml"),
        ("scope", SUBSCRIPTION.to_owned()),
        ("subscription", SUBSCRIPTION.to_owned()),
    ];
    if deployment == "full" {
        let workspaces = "Microsoft.MachineLearningServices/workspaces";
        rights.extend([
            account("rg-data", "stdata"),
            account("rg-data", "starchive"),
            vault("vault", "rg-data", "kv-data"),
            vault("secret", "rg-ml", "kv-ml/secrets/storage-key"),
            vault("secret", "rg-ml", "kv-ml/secrets/stdata-key"),
            vault("secret", "rg-data", "kv-data/secrets/starchive-key"),
            ("scope", format!("{OTHER}/resourceGroups/rg-research")),
            ("scope", format!("{OTHER}/resourceGroups/rg-labs/providers/{workspaces}/ws-labs")),
            ("subscription", OTHER.to_owned()),
        ]);
    } else {
        rights.push(vault("secret", "rg-ml", "kv-ml"));
    }
    if deployment == "two-subscriptions" {
        let (research, secrets) = ("rg-research/providers", "rg-secrets/providers");
        rights.extend([
            ("account", format!("{OTHER}/resourceGroups/{research}/{STORAGE}/stresearch")),
            ("vault", format!("{OTHER}/resourceGroups/{secrets}/{VAULTS}/kv-research")),
            ("secret", format!("{OTHER}/resourceGroups/{secrets}/{VAULTS}/kv-research")),
            ("scope", OTHER.to_owned()),
            ("subscription", OTHER.to_owned()),
        ]);
    }
    rights
}

pub(crate) fn the_identity_has_the_least_rights(infra: &Infra) {
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let storage = deployment.one(STORAGE).id();
        let log = deployment.one("Microsoft.Insights/components").id();
        let mut expected: BTreeSet<(String, String)> =
            expected(name).into_iter().map(|(role, scope)| (role.to_owned(), scope)).collect();
        for role in ["Blob Data Owner", "Queue Data Contributor", "Table Data Contributor"] {
            expected.insert((format!("Storage {role}"), storage.to_owned()));
        }
        expected.insert(("Monitoring Metrics Publisher".to_owned(), log.to_owned()));
        assert_eq!(given(deployment, "identity"), expected, "{name}");
    }
}

pub(crate) fn a_topic_may_leave_dead_letters_and_fill_the_queue(infra: &Infra) {
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let storage = deployment.one(STORAGE).id();
        let container = format!("{storage}/blobServices/default/containers/dead-letters");
        let mut expected = BTreeSet::new();
        if name != "platform" {
            expected.insert(("Storage Blob Data Contributor".to_owned(), container));
        }
        if ["queue", "virtual-network"].contains(&name) {
            let queue = format!("{storage}/queueServices/default/queues/rotations");
            expected.insert(("Storage Queue Data Message Sender".to_owned(), queue));
        }
        let topic = if name == "existing-topic" { "existingTopic" } else { "newTopic" };
        assert_eq!(given(deployment, topic), expected, "{name}");
        let all = deployment.all("Microsoft.Authorization/roleAssignments").len();
        let topics = all - given(deployment, "identity").len();
        let vaults = if ["full", "two-subscriptions"].contains(&name) { 2 } else { 1 };
        assert_eq!(topics, vaults * expected.len(), "{name}: each topic has the same rights");
    }
}

pub(crate) fn custom_roles_are_those_that_were_tried(infra: &Infra) {
    let roles = read_json(&infra.folder.join("roles.json"));
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        for definition in deployment.all("Microsoft.Authorization/roleDefinitions") {
            let role = &roles[role_of(definition)];
            let permissions = json!([{
                "actions": role["actions"],
                "notActions": [],
                "dataActions": role["dataActions"],
                "notDataActions": [],
            }]);
            assert_eq!(*definition.property("permissions"), permissions, "{name}");
            assert_eq!(*definition.property("type"), "CustomRole", "{name}");
            assert_eq!(*definition.property("assignableScopes"), json!([definition.scope()]), "{name}");
        }
    }
    let actions = |role: &str, kind: &str| roles[role][kind].as_array().unwrap().clone();
    let all = ["account", "vault", "secret", "scope", "subscription"];
    let all = all.iter().flat_map(|role| [actions(role, "actions"), actions(role, "dataActions")]).flatten();
    for action in all {
        assert!(!action.as_str().unwrap().contains('*'), "{action} is more than one");
    }
}

/// What the handler asks for by name, and nothing else.
pub(crate) fn custom_roles_hold_what_the_handler_uses(infra: &Infra) {
    let roles = read_json(&infra.folder.join("roles.json"));
    let lists = roles.as_object().unwrap().values().flat_map(|role| [&role["actions"], &role["dataActions"]]);
    let granted: BTreeSet<String> = lists
        .flat_map(|list| list.as_array().unwrap())
        .map(|action| action.as_str().unwrap().to_lowercase())
        .collect();
    let source = include_str!("../../src/rights.rs");
    let quoted = source.split('"').filter(|text| text.starts_with("Microsoft.") && text.contains('/'));
    // What concerns the app's own storage, a built-in role has; what concerns the app itself, whoever asks it needs.
    let others = ["/blobServices/", "Microsoft.Web/"];
    let used =
        quoted.filter(|action| !others.iter().any(|other| action.contains(other))).map(str::to_lowercase);
    assert_eq!(granted, used.collect());
}

/// The roles that are given to what a module makes, each with its scope.
fn given(deployment: &Deployment, module: &str) -> BTreeSet<(String, String)> {
    let assignments = deployment.all("Microsoft.Authorization/roleAssignments").into_iter();
    let of_module = assignments.filter(|assignment| {
        assert_eq!(*assignment.property("principalType"), "ServicePrincipal");
        let principal = assignment.property("principalId").as_str().unwrap();
        assert!(principal.contains(".outputs.principalId.value"), "{principal}");
        principal.contains(&format!("format('{module}-{{0}}'"))
    });
    of_module.map(|assignment| (role_given(deployment, assignment), assignment.scope().to_owned())).collect()
}

fn role_given(deployment: &Deployment, assignment: &Resource) -> String {
    let definition = assignment.property("roleDefinitionId").as_str().unwrap();
    let (subscription, role) =
        definition.split_once("/providers/Microsoft.Authorization/roleDefinitions/").unwrap();
    assert!(assignment.id().starts_with(subscription), "{definition} is of another subscription");
    if let Some((name, _)) = BUILT_IN.iter().find(|(_, id)| *id == role) {
        return (*name).to_owned();
    }
    let definitions = deployment.all("Microsoft.Authorization/roleDefinitions");
    let defined = definitions.into_iter().find(|one| one.id() == definition);
    role_of(defined.unwrap_or_else(|| panic!("{definition} is nowhere defined"))).to_owned()
}

fn role_of(definition: &Resource) -> &str {
    let Value::String(name) = definition.property("roleName") else { panic!("{}", definition.id()) };
    name.rsplit_once(": ").unwrap().1
}
