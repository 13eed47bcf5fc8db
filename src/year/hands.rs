//! What people do in a year.

use azure_sandbox::{DatastoreSetup, Dependent, HeldKey, KeyName, SecretSetup, World};
use proptest::prelude::*;
use rotation::Forced;
use time::Duration;

use super::furnished::{ACCOUNT, GROUP, SECRET, SUBSCRIPTION, VAULT};

/// The workspace that people work in.
const WORKSPACE: &str = "ws-one";

/// Something that somebody does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    /// Makes a new value of a key by hand.
    Regenerate(KeyName),
    /// Publishes a live key by hand, with all tags or none, and a validity in days.
    Publish { key: KeyName, tagged: bool, days: i64 },
    /// Moves the expiry to so many days from now.
    MoveExpiry(i64),
    /// Takes the tag `CredentialId` off, or lets it name the other key.
    Untag { lie: bool },
    /// Registers a datastore with a key.
    Add(KeyName),
    /// Registers one again with a key, every night for so many nights.
    RegisterNightly { key: KeyName, nights: i64 },
    /// Deletes a datastore.
    Delete,
    /// Wants the current version replaced.
    Force,
    /// Says that a key leaked.
    Compromise(KeyName),
}

impl Deed {
    /// Any deed.
    pub(super) fn any() -> impl Strategy<Value = Self> {
        let key = || prop_oneof![Just(KeyName::Key1), Just(KeyName::Key2)];
        prop_oneof![
            1 => key().prop_map(Self::Regenerate),
            1 => (key(), any::<bool>(), 1..400_i64)
                .prop_map(|(key, tagged, days)| Self::Publish { key, tagged, days }),
            1 => (-10..4000_i64).prop_map(Self::MoveExpiry),
            1 => any::<bool>().prop_map(|lie| Self::Untag { lie }),
            1 => key().prop_map(Self::Add),
            2 => (key(), 1..20_i64).prop_map(|(key, nights)| Self::RegisterNightly { key, nights }),
            1 => Just(Self::Delete),
            2 => Just(Self::Force),
            1 => key().prop_map(Self::Compromise),
        ]
    }

    /// What is done each time, and after which time the next is due, if there is one.
    pub(super) fn next(self) -> Option<(Duration, Self)> {
        match self {
            Self::RegisterNightly { key, nights } if 1 < nights => {
                Some((Duration::DAY, Self::RegisterNightly { key, nights: nights - 1 }))
            }
            _ => None,
        }
    }

    /// Does it.
    pub(super) fn happen(self, world: &World) {
        let workspace = workspace_id();
        match self {
            Self::Regenerate(key) => world.regenerate_outside(ACCOUNT, key),
            Self::Publish { key, tagged, days } => {
                let secret = SecretSetup::of_key(VAULT, SECRET, ACCOUNT, key);
                let secret = if tagged {
                    secret
                        .tag("CredentialId", key.as_str())
                        .tag("ProviderAddress", super::furnished::account_id())
                        .tag("ValidityPeriodDays", "90")
                        .expires_in(Duration::days(days))
                } else {
                    secret
                };
                world.put_secret_outside(secret);
            }
            Self::MoveExpiry(days) => world.move_expiry_outside(VAULT, SECRET, Duration::days(days)),
            Self::Untag { lie } => {
                let other = match published(world) {
                    HeldKey::Key1 => "key2",
                    _ => "key1",
                };
                world.tag_secret_outside(VAULT, SECRET, "CredentialId", Some(other).filter(|_| lie));
            }
            Self::Add(key) => {
                world.add_datastore(
                    DatastoreSetup::blob(&workspace, "added", ACCOUNT, "data")
                        .holding(key)
                        .written_ago(Duration::ZERO),
                );
            }
            Self::RegisterNightly { key, .. } => {
                world.set_datastore_key_outside(&workspace, "lake", ACCOUNT, key);
            }
            Self::Delete => world.delete_datastore_outside(&workspace, "workspacefilestore"),
            Self::Force | Self::Compromise(_) => {}
        }
    }

    /// What is to be replaced before its time, when it is that what somebody wants.
    pub(super) fn forced(self, world: &World) -> Option<Forced> {
        let compromised = match self {
            Self::Force => None,
            Self::Compromise(KeyName::Key1) => Some(rotation::KeyName::Key1),
            Self::Compromise(KeyName::Key2) => Some(rotation::KeyName::Key2),
            _ => return None,
        };
        Some(Forced { version: world.secret(VAULT, SECRET)?.version, compromised })
    }
}

/// The id of the workspace that people work in.
fn workspace_id() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}"
    )
}

fn published(world: &World) -> HeldKey {
    let secret = Dependent::Secret { vault: VAULT.to_owned(), name: SECRET.to_owned() };
    world.held_by(ACCOUNT, &secret)
}
