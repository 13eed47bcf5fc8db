//! Looks at the result from outside, through the same doors as any client, and believes nothing that the handler says.

use azure_sandbox::{HeldKey, InspectionError, Inspector, KeyName, KeyValue, StorageService, World};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value};
use time::Duration;

use super::report::key_name;
use crate::commands::scenario::{
    ACCOUNT, HolderKind, Place, SECRET, Scenario, VALIDITY, VAULT, WorkspacePlace,
};
use crate::failure::chain;

/// Questions that are asked at the same time.
const AT_ONCE: usize = 16;

/// What everything looked like before a rotation.
pub(super) struct Before {
    /// The properties of each holder on the account, without secrets.
    holders: Vec<Value>,
    /// Those that have to be left alone, with all that Azure tells of them, secrets too.
    left_alone: Vec<Value>,
    /// The account's keys.
    keys: [KeyValue; 2],
    /// The secret's value before.
    value: KeyValue,
    /// The secret's bundle, without its value.
    bundle: Value,
}

/// Looks at everything before a rotation.
pub(super) async fn look_before(
    inspector: &Inspector,
    world: &World,
    scenario: &Scenario,
) -> Result<Before, InspectionError> {
    let (value, bundle) = inspector.secret(VAULT, SECRET).await?;
    let places = scenario.places.iter().map(|place| properties(inspector, place));
    let holders = stream::iter(places.collect::<Vec<_>>()).buffered(AT_ONCE).try_collect().await?;
    let others =
        scenario.left_alone.iter().map(|(workspace_id, name)| inspector.whole_datastore(workspace_id, name));
    let left_alone = stream::iter(others.collect::<Vec<_>>()).buffered(AT_ONCE).try_collect().await?;
    let keys = KeyName::BOTH.map(|name| world.key_value(ACCOUNT, name));
    Ok(Before { holders, left_alone, keys, value, bundle })
}

/// Everything that is not as it should be after a rotation to `to`; nothing when the rotation is verified.
pub(super) async fn verify(
    inspector: &Inspector,
    world: &World,
    scenario: &Scenario,
    before: &Before,
    to: KeyName,
) -> Vec<String> {
    let verification = Verification { inspector, world, scenario, before, to };
    let mut problems = verification.account();
    problems.extend(verification.vault().await);
    let places = scenario.places.iter().zip(&before.holders);
    let places = places.map(|(place, properties)| verification.holder(place, properties)).collect::<Vec<_>>();
    let others = scenario.left_alone.iter().zip(&before.left_alone);
    let others = others
        .map(|((workspace_id, name), properties)| verification.left_alone(workspace_id, name, properties));
    let others = others.collect::<Vec<_>>();
    let caches =
        scenario.workspaces.iter().map(|workspace| verification.cache(workspace)).collect::<Vec<_>>();
    for found in stream::iter(places).buffered(AT_ONCE).collect::<Vec<_>>().await {
        problems.extend(found);
    }
    for found in stream::iter(others).buffered(AT_ONCE).collect::<Vec<_>>().await {
        problems.extend(found);
    }
    for found in stream::iter(caches).buffered(AT_ONCE).collect::<Vec<_>>().await {
        problems.extend(found);
    }
    problems.extend(world.violations().iter().map(ToString::to_string));
    problems
}

struct Verification<'a> {
    inspector: &'a Inspector,
    world: &'a World,
    scenario: &'a Scenario,
    before: &'a Before,
    to: KeyName,
}

impl Verification<'_> {
    /// The key that is published now has a new value, and the other one the value that it had.
    fn account(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, before) in KeyName::BOTH.into_iter().zip(&self.before.keys) {
            let is_new = self.world.key_value(ACCOUNT, name).expose() != before.expose();
            if is_new != (name == self.to) {
                let how = if is_new { "was" } else { "was not" };
                problems.push(format!("{} of the account {how} regenerated", name.as_str()));
            }
        }
        problems
    }

    /// The vault holds the new key and it works; the one before still works; tags and content type are as they were.
    async fn vault(&self) -> Vec<String> {
        let (value, bundle) = match self.inspector.secret(VAULT, SECRET).await {
            Ok(secret) => secret,
            Err(error) => return vec![said("the secret", &error)],
        };
        let mut problems = Vec::new();
        if value.expose() == self.before.value.expose() {
            problems.push("the vault still holds the key before".to_owned());
        }
        problems.extend(self.opens_the_account("the vault's value", &value).await);
        problems.extend(self.opens_the_account("the key before", &self.before.value).await);
        let mut tags = self.before.bundle.get("tags").cloned().unwrap_or_default();
        if let Some(tags) = tags.as_object_mut() {
            tags.insert("CredentialId".to_owned(), self.to.as_str().into());
        }
        if bundle.get("tags") != Some(&tags) {
            problems.push(format!("the secret's tags are {:?} and not {tags}", bundle.get("tags")));
        }
        problems.extend(self.expiry(&bundle));
        if bundle.get("contentType") != self.before.bundle.get("contentType") {
            problems.push("the secret's content type changed".to_owned());
        }
        problems
    }

    /// The version ends when its key has had its time, which begins with the version, give or take a minute.
    fn expiry(&self, bundle: &Value) -> Option<String> {
        let seconds = |name: &str| bundle.pointer(&format!("/attributes/{name}")).and_then(Value::as_i64);
        let lifetime =
            seconds("exp").zip(seconds("created")).map(|(end, start)| Duration::seconds(end - start));
        let as_wanted = lifetime.is_some_and(|lifetime| (lifetime - VALIDITY).abs() < Duration::MINUTE);
        (!as_wanted)
            .then(|| format!("the secret's new version lives for {lifetime:?} and not for {VALIDITY:?}"))
    }

    /// The holder gives the new key, or a token by it, which opens its container, and nothing else of it changed.
    async fn holder(&self, place: &Place, properties: &Value) -> Vec<String> {
        let name = format!("{} {place}", place.holder);
        let opening = format!("{name}, opening `{}` with what it gives", place.container);
        let mut problems = Vec::new();
        problems.extend(self.opened(place).await.err().map(|error| said(&opening, &error)));
        problems.extend(self.other_key(&name, self.world.held_by(ACCOUNT, &place.dependent())));
        problems.extend(self.unchanged(name, place, properties).await);
        problems
    }

    /// Opens what a holder leads to with what it gives.
    async fn opened(
        &self,
        Place { workspace_id, holder, name, service, container, .. }: &Place,
    ) -> Result<(), InspectionError> {
        let inspector = self.inspector;
        match holder {
            HolderKind::Datastore => {
                let key = inspector.datastore_key(workspace_id, name).await?;
                inspector.open(ACCOUNT, *service, container, &key).await
            }
            HolderKind::SasDatastore => {
                let token = inspector.datastore_sas(workspace_id, name).await?;
                inspector.open_by_sas(ACCOUNT, *service, container, &token).await
            }
            HolderKind::Connection => {
                let key = inspector.connection_key(workspace_id, name).await?;
                inspector.open(ACCOUNT, *service, container, &key).await
            }
        }
    }

    /// Which other key than the new one it is, if it is.
    fn other_key(&self, subject: &str, held: HeldKey) -> Option<String> {
        let to = self.to.as_str();
        match held {
            held if held == self.to.into() => None,
            HeldKey::Key1 | HeldKey::Key2 => Some(format!("{subject} holds {} and not {to}", key_name(held))),
            HeldKey::Neither => Some(format!("{subject} holds a key that is dead, and not {to}")),
            HeldKey::None => Some(format!("{subject} holds no key, and not {to}")),
        }
    }

    /// What the workspace keeps for itself opens the account, whichever key it is.
    async fn cache(&self, workspace: &WorkspacePlace) -> Option<String> {
        match self.inspector.cached_key(&workspace.id).await {
            Ok(key) => {
                self.opens_the_account(&format!("the key that workspace {} keeps", workspace.name), &key)
                    .await
            }
            Err(error) => Some(said(&format!("workspace {}", workspace.name), &error)),
        }
    }

    async fn opens_the_account(&self, subject: &str, key: &KeyValue) -> Option<String> {
        let place = self.scenario.places.iter().find(|place| place.service == StorageService::Blob);
        let Some(place) = place else {
            return Some(format!("there is no container to try {subject} on"));
        };
        let opened = self.inspector.open(ACCOUNT, place.service, &place.container, key).await;
        opened.err().map(|error| said(&format!("opening the account with {subject}"), &error))
    }

    /// Nothing at all of it changed, nor was it written.
    async fn left_alone(&self, workspace_id: &str, name: &str, before: &Value) -> Vec<String> {
        match self.inspector.whole_datastore(workspace_id, name).await {
            Ok(after) if after == *before => Vec::new(),
            Ok(_) => vec![format!("datastore {name} was not left alone")],
            Err(error) => vec![said(&format!("datastore {name}"), &error)],
        }
    }

    async fn unchanged(&self, subject: String, place: &Place, before: &Value) -> Vec<String> {
        match properties(self.inspector, place).await {
            Ok(after) => {
                let fields = changed_fields(before, &after);
                fields.into_iter().map(|field| format!("`{field}` of {subject} changed")).collect()
            }
            Err(error) => vec![said(&subject, &error)],
        }
    }
}

/// What a holder is, without its secret.
async fn properties(inspector: &Inspector, place: &Place) -> Result<Value, InspectionError> {
    match place.holder {
        HolderKind::Datastore | HolderKind::SasDatastore => {
            inspector.datastore(&place.workspace_id, &place.name).await
        }
        HolderKind::Connection => inspector.connection(&place.workspace_id, &place.name).await,
    }
}

fn said(subject: &str, error: &InspectionError) -> String {
    format!("{subject}: {}", chain(error))
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
