//! What the years are about: a world each, what its operator wants, and what happens in it.

use std::ops::RangeInclusive;

use azure_sandbox::{Dependent, KeyName, SecretSetup, World};
use rotation::{Forced, Mode, Policy};
use time::Duration;

use super::app::Wanted;
use super::furnished::{ACCOUNT, Furniture, SECRET, VAULT, declaration, world};

/// Something that happens in a year.
#[derive(Clone, Copy)]
pub(super) enum Event {
    /// Somebody changes the world.
    Hand(fn(&World)),
    /// Somebody wants the current version replaced, and says which key leaked if one did.
    Forced(Option<rotation::KeyName>),
}

/// One year.
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) world: World,
    pub(super) wanted: Wanted,
    pub(super) length: Duration,
    /// What happens when, from the beginning.
    pub(super) events: Vec<(Duration, Event)>,
    /// By how much the app's clock is ahead, of the process that dies and of the next one.
    pub(super) clocks: [Duration; 2],
    /// Whether resyncs write the system datastores.
    pub(super) follows: bool,
    /// Whether somebody regenerates a key by hand: tokens that it signed cannot be traced to it any more.
    pub(super) tokens_may_be_lost: bool,
    /// Whether a key is made useless that readers of the vault may still use, because it leaked.
    pub(super) breaks_readers: bool,
    /// How often keys may have been regenerated when the secret has so many versions and nothing is left to do.
    pub(super) regenerations: fn(usize) -> RangeInclusive<usize>,
}

/// The farthest that the app's clock may be from Azure's; at a quarter of an hour no signature is let in any more.
pub(super) const APART: Duration = Duration::seconds(15 * 60 - 2);

/// Long enough for two rotations, which are due on the fifth day and two months after it.
const TWO_ROTATIONS: Duration = Duration::days(72);

/// An operator who sets nothing but that keys are to be rotated.
pub(super) fn rotating() -> Wanted {
    Wanted { policy: Policy::new(Mode::Rotate), declared: Vec::new() }
}

impl Scene {
    fn new(name: &'static str, furniture: &Furniture) -> Self {
        Self {
            name,
            world: world(furniture, std::time::Duration::from_secs(20)),
            wanted: rotating(),
            length: TWO_ROTATIONS,
            events: Vec::new(),
            clocks: [Duration::ZERO; 2],
            follows: false,
            tokens_may_be_lost: false,
            breaks_readers: false,
            // Each version but the first holds a key that was made for it.
            regenerations: |versions| versions - 1..=versions - 1,
        }
    }

    fn one_workspace(slot: KeyName) -> Furniture {
        Furniture { workspaces: vec![("ws-one", slot)], ..Furniture::default() }
    }

    fn declared(self) -> Self {
        Self { wanted: Wanted { declared: vec![declaration()], ..self.wanted }, ..self }
    }

    fn at(mut self, days: i64, event: Event) -> Self {
        self.events.push((Duration::days(days), event));
        self
    }

    pub(super) fn a_plain_year() -> Self {
        Self { length: Duration::days(365), ..Self::new("plain", &Furniture::default()) }
    }

    pub(super) fn a_year_with_retirement() -> Self {
        let mut scene = Self::new("with retirement", &Self::one_workspace(KeyName::Key1));
        scene.wanted.policy.retire_after = Some(Duration::days(7));
        // The alternate of the beginning, and after each rotation the one before.
        Self { regenerations: |versions| versions - 1..=2 * versions - 1, ..scene }
    }

    pub(super) fn a_year_with_a_forced_rotation() -> Self {
        Self::new("forced", &Self::one_workspace(KeyName::Key2)).at(10, Event::Forced(None))
    }

    pub(super) fn a_year_with_leaked_keys() -> Self {
        let key2 = Some(rotation::KeyName::Key2);
        let scene = Self::new("compromised", &Self::one_workspace(KeyName::Key2))
            .at(20, Event::Forced(key2))
            .at(40, Event::Forced(key2));
        // One that is published dies with the next rotation, an alternate one by itself.
        Self { breaks_readers: true, regenerations: |versions| versions - 1..=versions + 2, ..scene }
    }

    pub(super) fn a_year_that_begins_with_the_enrolment() -> Self {
        let furniture = Furniture { has_secret: false, ..Self::one_workspace(KeyName::Key1) };
        Self::new("enrolled", &furniture).declared()
    }

    pub(super) fn a_year_that_begins_with_an_untagged_secret() -> Self {
        let furniture = Furniture { has_secret: false, ..Self::one_workspace(KeyName::Key2) };
        let scene = Self::new("untagged", &furniture).declared();
        let secret = SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key1);
        scene.world.put_secret(secret.made_ago(Duration::days(20)));
        // The first version has no tags, and the second one holds the same value.
        Self { regenerations: |versions| versions - 2..=versions - 2, ..scene }
    }

    pub(super) fn a_year_in_which_resyncs_write_system_datastores() -> Self {
        let scene = Self::new("system datastores written by resyncs", &Self::one_workspace(KeyName::Key1));
        scene.world.adjust(|behaviour| behaviour.resync_rewrites_system_datastores = true);
        Self { follows: true, ..scene }
    }

    pub(super) fn a_year_without_ages_of_keys() -> Self {
        let furniture = Furniture { records_key_ages: false, ..Self::one_workspace(KeyName::Key2) };
        let scene = Self::new("without ages", &furniture);
        // Nothing tells that a key was made for this rotation but the run that made it.
        Self { regenerations: |versions| versions - 1..=versions, ..scene }
    }

    pub(super) fn a_year_with_clocks_apart() -> Self {
        let clocks = [APART, -APART];
        Self { clocks, ..Self::new("clocks apart", &Self::one_workspace(KeyName::Key2)) }
    }

    pub(super) fn a_year_with_holders_on_the_alternate_key() -> Self {
        let furniture = Furniture { last_holder: KeyName::Key2, ..Self::one_workspace(KeyName::Key1) };
        Self::new("on the alternate key", &furniture)
    }

    pub(super) fn a_year_with_a_key_that_somebody_regenerates() -> Self {
        let scene = Self::new("healed", &Self::one_workspace(KeyName::Key1)).declared();
        let scene = scene.at(2, Event::Hand(|world| world.regenerate_outside(ACCOUNT, KeyName::Key1)));
        // The version that heals holds the key that somebody made by hand.
        Self { tokens_may_be_lost: true, ..scene }
    }
}

impl Scene {
    /// Whether it may hold neither key.
    pub(super) fn may_hold_neither(&self, dependent: &Dependent) -> bool {
        let (Dependent::Datastore { name, .. } | Dependent::Connection { name, .. }) = dependent else {
            return false;
        };
        self.tokens_may_be_lost && name.starts_with("signed")
    }

    /// Whether a datastore may hold what the workspace's resync took instead of what is published.
    pub(super) fn may_follow(&self, dependent: &Dependent) -> bool {
        self.follows
            && matches!(dependent, Dependent::Datastore { name, .. } if name.starts_with("workspace"))
    }
}

impl Event {
    /// What is to be replaced, when it is a message for the app.
    pub(super) fn forced(self, world: &World) -> Option<Forced> {
        match self {
            Self::Hand(_) => None,
            Self::Forced(compromised) => {
                let version = world.secret(VAULT, SECRET).unwrap().version;
                Some(Forced { version, compromised })
            }
        }
    }
}
