//! What must be true, in true time, whatever the clocks say.

use time::Duration;

use super::World;
use super::world::TrueHolder;
use crate::{
    AmendmentReason, KeyName, LeakedKeys, Publication, PublicationReason, RegenerationReason,
    fixtures::FORMLESS,
};

/// A key may be regenerated.
pub(super) fn assert_may_die(world: &World, name: KeyName, reason: RegenerationReason) {
    let World { policy, version, now, .. } = world;
    let key = world.key(name);
    let leaked = version.compromised != LeakedKeys::NONE;
    assert_ne!(key.value, version.value, "the published key: {world:?}");
    let retire_after = policy.retire_after.filter(|_| reason == RegenerationReason::Retirement);
    let at_least = |rest: Duration| retire_after.map_or(rest, |retire_after| rest.max(retire_after));
    let since_the_publish = *now - version.published;
    assert!(
        leaked || at_least(policy.overlap) <= since_the_publish,
        "readers of the vault may still have it: {world:?}"
    );
    for holder in &world.holders {
        assert_ne!(holder.holds, key.value, "a holder holds it: {world:?}");
        // Nobody can tell when somebody else wrote a holder without a date.
        if (holder.dated || holder.by_us) && !follows(world, holder) && !leaked {
            assert!(at_least(policy.drain) <= *now - holder.written, "a holder was just written: {world:?}");
        }
    }
    match reason {
        RegenerationReason::Due => {
            let made_already = key.dated && version.made_for_the_next.contains(&key.value);
            assert!(!made_already || leaked, "it was made for this very rotation: {world:?}");
            let rested_a_week = Duration::days(7) <= since_the_publish;
            assert!(rested_a_week || version.expiry_was_moved, "within a week of the publish: {world:?}");
        }
        RegenerationReason::Retirement => {
            assert!(key.made < world.key(name.alternate()).made, "it is the younger one: {world:?}");
        }
        RegenerationReason::Compromise => {
            assert!(version.compromised.contains(name), "it did not leak: {world:?}");
        }
    }
}

/// Whether a resync takes it back whoever writes it.
fn follows(world: &World, holder: &TrueHolder) -> bool {
    world.resyncs_write && holder.is_system
}

/// A key may be published.
pub(super) fn assert_may_be_published(world: &World, publication: &Publication) {
    let World { version, .. } = world;
    let Publication { reason, key, compromised, .. } = publication;
    let value = world.key(*key).value;
    let has_leaked = world.leaked.contains(&value);
    match reason {
        PublicationReason::Rotation => {
            assert_ne!(Some(*key), world.held(), "it is published already: {world:?}");
            assert!(version.published < world.key(*key).made, "it is older than the version: {world:?}");
            assert!(!has_leaked, "it leaked: {world:?}");
        }
        PublicationReason::Enrolment => {
            assert!(world.declared && !world.has_secret, "there is a secret: {world:?}");
        }
        PublicationReason::Untagged => {
            assert!(world.declared && value == version.value, "it is another one: {world:?}");
        }
        PublicationReason::Healing => {
            assert_eq!(world.held(), None, "a live key is published: {world:?}");
            assert!(world.may_be_healed(), "it is not ours to heal: {world:?}");
            assert!(!has_leaked, "it leaked: {world:?}");
        }
    }
    let forgotten = version.compromised.contains(*key) && !compromised.contains(*key);
    assert!(!(forgotten && has_leaked), "what leaked is not dead: {world:?}");
}

/// The current version may be changed in place.
pub(super) fn assert_may_be_amended(world: &World, reason: AmendmentReason) {
    match reason {
        AmendmentReason::Forced | AmendmentReason::Compromised(_) => {
            let asked = world.asked.as_ref().map(|asked| asked.version.clone());
            assert_eq!(asked, Some(world.version.name()), "nobody asked for it: {world:?}");
        }
        AmendmentReason::PutRight => assert!(world.held().is_some(), "it holds neither key: {world:?}"),
        AmendmentReason::Dead(key) => {
            assert!(!world.leaked.contains(&world.key(key).value), "it is not dead: {world:?}");
        }
    }
}

impl World {
    /// Whether a value that is no live key may be replaced by one that is.
    pub(super) fn may_be_healed(&self) -> bool {
        let is_live = |value| KeyName::BOTH.into_iter().any(|name| self.key(name).value == value);
        self.version.value != FORMLESS && (self.declared || self.earlier.iter().any(|value| is_live(*value)))
    }
}
