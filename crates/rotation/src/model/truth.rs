//! What must be true, in true time, whatever the clocks say.

use time::Duration;

use super::World;
use crate::KeyName;

/// A key may be regenerated.
pub(super) fn assert_may_die(world: &World, name: KeyName) {
    let World { policy, version, now, .. } = world;
    let key = world.key(name);
    assert_ne!(name, version.key, "the published key: {world:?}");
    assert!(policy.overlap <= *now - version.published, "readers of the vault may still have it: {world:?}");
    for holder in &world.holders {
        assert_ne!(holder.holds, key.value, "a holder holds it: {world:?}");
        // Nobody can tell when somebody else wrote a holder without a date.
        if holder.dated || holder.by_us {
            assert!(policy.drain <= *now - holder.written, "a holder was just written: {world:?}");
        }
    }
    let made_already = key.dated && version.made_for_the_next.contains(&key.value);
    assert!(!made_already, "it was made for this very rotation: {world:?}");
    let rested_a_week = Duration::days(7) <= *now - version.published;
    assert!(rested_a_week || version.expiry_was_moved, "within a week of the publish: {world:?}");
}

/// A key may be published as the fresh one.
pub(super) fn assert_made_for_this_rotation(world: &World, name: KeyName) {
    let World { version, .. } = world;
    assert_ne!(name, version.key, "it is published already: {world:?}");
    assert!(version.published < world.key(name).made, "it is older than the published version: {world:?}");
}
