//! Everything that a run works with.

use std::fmt;

use rotation::{Declaration, Name, Policy, Scope, SecretId, StorageAccountId};

use crate::azure::{Azure, FingerprintKey};
use crate::clock::Clock;
use crate::settings::Settings;

/// Everything that a run works with; one for the life of the process.
pub(crate) struct Rotator {
    pub(crate) azure: Azure,
    pub(crate) policy: Policy,
    pub(crate) vaults: Vec<Name>,
    /// The targets that the operator declares.
    pub(crate) declared: Vec<Declaration>,
    scopes: Vec<Scope>,
    pub(crate) own_storage_account: Option<Name>,
    pub(crate) clock: Clock,
    pub(crate) fingerprint_key: FingerprintKey,
}

impl Rotator {
    /// Puts a rotator together.
    pub(crate) fn new(azure: Azure, settings: &Settings, clock: Clock) -> Self {
        Self {
            azure,
            policy: settings.policy.clone(),
            vaults: settings.vaults.clone(),
            declared: settings.declared.clone(),
            scopes: settings.scopes.clone(),
            own_storage_account: settings.own_storage_account().cloned(),
            clock,
            fingerprint_key: FingerprintKey::random(),
        }
    }

    /// A rotator for tests, which acts on secrets of the vault `kv-ml`.
    #[cfg(test)]
    pub(crate) fn over(azure: Azure) -> Self {
        use crate::azure::{HostStorage, StorageIdentity};

        let settings = Settings {
            cloud: crate::azure::CloudSettings::Known(crate::azure::Cloud::public()),
            policy: Policy::new(rotation::Mode::Rotate),
            vaults: vec![Name::new("kv-ml")],
            declared: Vec::new(),
            scopes: Vec::new(),
            host_storage: HostStorage::of_account("sthost", StorageIdentity::SameAsApp).unwrap(),
        };
        Self::new(azure, &settings, Clock::system())
    }

    /// Where holders of a key of `account` are looked for.
    pub(crate) fn scopes_of(&self, account: &StorageAccountId) -> Vec<Scope> {
        if self.scopes.is_empty() {
            vec![Scope::Subscription(account.subscription().clone())]
        } else {
            self.scopes.clone()
        }
    }

    /// What the operator declares of a target, if anything.
    pub(crate) fn declaration_of(&self, target: &SecretId) -> Option<&Declaration> {
        self.declared.iter().find(|declared| declared.target == *target)
    }

    /// What is wanted of a target: of the deployment's mode, its own may differ.
    pub(crate) fn policy_of(&self, target: &SecretId) -> Policy {
        let mode = self.declaration_of(target).and_then(|declared| declared.mode);
        Policy { mode: mode.unwrap_or(self.policy.mode), ..self.policy.clone() }
    }

    /// Whether secrets of this vault may be targets.
    pub(crate) fn allows(&self, vault: &Name) -> bool {
        self.vaults.contains(vault)
    }
}

impl fmt::Debug for Rotator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Rotator").field("policy", &self.policy).finish_non_exhaustive()
    }
}
