//! Looks at the result from outside, through the same doors as any client, and believes nothing that the handler says.

use azure_sandbox::{HeldKey, InspectionError, Inspector, KeyName, KeyValue, StorageService, World};
use serde_json::{Map, Value};

use super::scenario::{ACCOUNT, SECRET, Scenario, VAULT};

/// What everything looked like before a rotation.
pub(super) struct Before {
    /// The properties of each datastore on the account, without secrets.
    datastores: Vec<Value>,
    /// Those that have to be left alone, as they are.
    left_alone: Vec<Value>,
    /// The secret's value before.
    value: KeyValue,
    /// The secret's bundle, without its value.
    bundle: Value,
}

/// Looks at everything before a rotation.
pub(super) async fn look_before(
    inspector: &Inspector,
    scenario: &Scenario,
) -> Result<Before, InspectionError> {
    let (value, bundle) = inspector.secret(VAULT, SECRET).await?;
    let mut datastores = Vec::new();
    for place in &scenario.places {
        datastores.push(inspector.datastore(&place.workspace_id, &place.datastore).await?);
    }
    let mut left_alone = Vec::new();
    for (workspace_id, name) in &scenario.left_alone {
        left_alone.push(inspector.datastore(workspace_id, name).await?);
    }
    Ok(Before { datastores, left_alone, value, bundle })
}

/// Everything that is not as it should be after a rotation to `to`; nothing when the rotation is verified.
pub(super) async fn verify(
    inspector: &Inspector,
    world: &World,
    scenario: &Scenario,
    before: &Before,
    to: KeyName,
) -> Vec<String> {
    let mut verification = Verification { inspector, problems: Vec::new() };
    verification.vault(before, to, scenario).await;
    for (place, properties) in scenario.places.iter().zip(&before.datastores) {
        let name = format!("datastore {}/{}", place.workspace, place.datastore);
        let key = inspector.datastore_key(&place.workspace_id, &place.datastore).await;
        if let Some(key) = verification.ok(&name, key) {
            let opened = inspector.open(ACCOUNT, place.service, &place.container, &key).await;
            verification.ok(&format!("{name}, opening `{}` with its key", place.container), opened);
        }
        if world.held_by(ACCOUNT, &place.dependent()) != HeldKey::from(to) {
            verification.problem(format!("{name} does not hold {}", to.as_str()));
        }
        verification.unchanged(&name, &place.workspace_id, &place.datastore, properties).await;
    }
    for ((workspace_id, name), properties) in scenario.left_alone.iter().zip(&before.left_alone) {
        verification.unchanged(&format!("datastore {name}"), workspace_id, name, properties).await;
    }
    for workspace in &scenario.workspaces {
        let key = inspector.cached_key(&workspace.id).await;
        if let Some(key) = verification.ok(&format!("cache of workspace {}", workspace.name), key) {
            verification
                .opens_the_account(
                    &format!("the key that workspace {} keeps", workspace.name),
                    scenario,
                    &key,
                )
                .await;
        }
    }
    verification.problems.extend(world.violations().iter().map(ToString::to_string));
    verification.problems
}

struct Verification<'a> {
    inspector: &'a Inspector,
    problems: Vec<String>,
}

impl Verification<'_> {
    fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    fn ok<T>(&mut self, subject: &str, result: Result<T, InspectionError>) -> Option<T> {
        result.map_err(|error| self.problem(format!("{subject}: {}", crate::failure::chain(&error)))).ok()
    }

    /// The vault holds the new key and it works; the one before still works; tags and content type are as they were.
    async fn vault(&mut self, before: &Before, to: KeyName, scenario: &Scenario) {
        let secret = self.inspector.secret(VAULT, SECRET).await;
        let Some((value, bundle)) = self.ok("the secret", secret) else {
            return;
        };
        if value.expose() == before.value.expose() {
            self.problem("the vault still holds the key before".to_owned());
        }
        self.opens_the_account("the vault's value", scenario, &value).await;
        self.opens_the_account("the key before", scenario, &before.value).await;
        let mut tags = before.bundle.get("tags").cloned().unwrap_or_default();
        if let Some(tags) = tags.as_object_mut() {
            tags.insert("CredentialId".to_owned(), to.as_str().into());
        }
        if bundle.get("tags") != Some(&tags) {
            self.problem(format!("the secret's tags are {:?} and not {tags}", bundle.get("tags")));
        }
        if bundle.get("contentType") != before.bundle.get("contentType") {
            self.problem("the secret's content type changed".to_owned());
        }
    }

    async fn opens_the_account(&mut self, subject: &str, scenario: &Scenario, key: &KeyValue) {
        if let Some(place) = scenario.places.iter().find(|place| place.service == StorageService::Blob) {
            let opened = self.inspector.open(ACCOUNT, place.service, &place.container, key).await;
            self.ok(&format!("opening the account with {subject}"), opened);
        }
    }

    async fn unchanged(&mut self, subject: &str, workspace_id: &str, name: &str, before: &Value) {
        let after = self.inspector.datastore(workspace_id, name).await;
        if let Some(after) = self.ok(subject, after) {
            for field in changed_fields(before, &after) {
                self.problem(format!("`{field}` of {subject} changed"));
            }
        }
    }
}

/// The names of the fields that differ, or are in one only.
fn changed_fields(before: &Value, after: &Value) -> Vec<String> {
    let none = Map::new();
    let (before, after) = (before.as_object().unwrap_or(&none), after.as_object().unwrap_or(&none));
    let changed =
        before.iter().filter(|(name, value)| after.get(*name) != Some(value)).map(|(name, _)| name.clone());
    changed.chain(after.keys().filter(|name| !before.contains_key(*name)).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_difference_is_named() {
        let before = json!({"a": 1, "b": {"c": 2}, "d": null});
        assert!(changed_fields(&before, &before).is_empty());
        assert_eq!(changed_fields(&before, &json!({"a": 1, "b": {"c": 3}, "e": 0})), ["b", "d", "e"]);
    }
}
