//! Which events Key Vault publishes, by the clock: one for each version of a secret that comes near its expiry, and one
//! when it expires.
//!
//! Source: "Azure Key Vault as Event Grid source": near expiry is 30 days before.

use std::collections::BTreeSet;

use time::Duration;
use uuid::Uuid;

use crate::clock;
use crate::event_grid::{SecretEvent, SecretEventKind};
use crate::world::{SecretState, World};

/// How long before its expiry a version is near it.
const NEAR: Duration = Duration::days(30);

/// Remembers what was published, so that each event is published once.
#[derive(Debug, Default)]
pub struct VaultEvents {
    published: BTreeSet<(String, &'static str)>,
}

impl VaultEvents {
    /// The events that have become due since the last call.
    pub fn due(&mut self, world: &World) -> Vec<SecretEvent> {
        let now = clock::now();
        let mut events = Vec::new();
        for secret in world.secrets().into_iter().filter(|secret| secret.enabled && !secret.deleted) {
            let Some(expires) = secret.expires else { continue };
            for (kind, from) in
                [(SecretEventKind::NearExpiry, expires - NEAR), (SecretEventKind::Expired, expires)]
            {
                if from <= now && self.published.insert((secret.version.clone(), kind.event_type())) {
                    events.push(secret.event(kind));
                }
            }
        }
        events
    }
}

impl SecretState {
    /// The event about this version.
    #[must_use]
    pub fn event(&self, kind: SecretEventKind) -> SecretEvent {
        SecretEvent {
            kind,
            id: Uuid::new_v4().to_string(),
            time: clock::now(),
            vault_id: self.vault_id.clone(),
            vault_name: self.vault.clone(),
            secret_name: self.name.clone(),
            version: self.version.clone(),
            version_url: format!("https://{}/secrets/{}/{}", self.vault_host, self.name, self.version),
            not_before: self.not_before,
            expires: self.expires,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{SecretSetup, VaultSetup};

    #[test]
    fn a_version_is_announced_once_near_its_expiry_and_once_when_it_expires() {
        let world = World::new();
        world.add_vault(VaultSetup::new("s", "g", "kv-one"));
        world.put_secret(SecretSetup::of_value("kv-one", "secret", "value").expires_in(Duration::days(31)));
        let mut events = VaultEvents::default();
        assert_eq!(events.due(&world), []);
        world.age(Duration::days(1) + Duration::SECOND);
        let near = events.due(&world);
        assert_eq!(near.iter().map(|event| event.kind).collect::<Vec<_>>(), [SecretEventKind::NearExpiry]);
        assert_eq!(near[0].secret_name, "secret");
        assert_eq!(events.due(&world), []);
        world.age(Duration::days(30));
        assert_eq!(events.due(&world)[0].kind, SecretEventKind::Expired);
    }
}
