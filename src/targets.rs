//! Which secrets are targets: found by their tags in the vaults on the allow-list, without reading a value, or declared.

use futures::future::join_all;
use rotation::{Declaration, Enrolment, Failure, Name, NotWorkable, Policy, SecretId, Tags};

use crate::azure::ListedSecret;
use crate::failure::failure;
use crate::rights::LIST_SECRETS;
use crate::rotator::Rotator;

/// The targets of one vault.
pub(crate) struct VaultTargets {
    /// Which vault.
    pub(crate) vault: Name,
    /// The targets in it, those too that a person has to mend something about first. Where it cannot be listed, those
    /// that are declared.
    pub(crate) targets: Vec<Target>,
    /// Why it cannot be listed.
    pub(crate) unlisted: Option<Failure>,
}

/// One target, as far as it is known without a look at it.
pub(crate) struct Target {
    /// Which secret.
    pub(crate) id: SecretId,
    /// What the operator declares of it.
    pub(crate) declared: Option<Declaration>,
    /// What the list of its vault says of it; nothing where there is no such secret, or no list.
    pub(crate) listed: Option<ListedSecret>,
}

impl Target {
    /// What it stands for.
    ///
    /// # Errors
    ///
    /// When the secret is no target after all, or none that can be worked with.
    pub(crate) fn enrolment(&self, policy: &Policy) -> Result<Enrolment, NotWorkable> {
        let tag = |name: &str| self.listed.as_ref()?.tags.get(name).cloned();
        Enrolment::of(&Tags::read(tag), self.declared.as_ref(), policy)
    }
}

/// Lists the targets of every vault on the allow-list. A vault that cannot be listed stands in nobody else's way.
pub(crate) async fn list(rotator: &Rotator) -> Vec<VaultTargets> {
    join_all(rotator.vaults.iter().map(|vault| list_vault(rotator, vault))).await
}

async fn list_vault(rotator: &Rotator, vault: &Name) -> VaultTargets {
    let (found, unlisted) = match rotator.azure.key_vaults.list(vault).await {
        Ok(found) => (found, None),
        Err(error) => (Vec::new(), Some(failure(&error, LIST_SECRETS, &format!("key vault {vault}")))),
    };
    let listed = found.into_iter().map(|secret| Target {
        id: secret.id.clone(),
        declared: rotator.declaration_of(&secret.id).cloned(),
        listed: Some(secret),
    });
    let is_target =
        |target: &Target| !matches!(target.enrolment(&rotator.policy), Err(NotWorkable::Ignored(_)));
    let mut targets: Vec<Target> = listed.filter(is_target).collect();
    let declared = rotator.declared.iter().filter(|declared| declared.target.vault() == vault);
    for declared in declared {
        if !targets.iter().any(|target| target.id == declared.target) {
            targets.push(Target {
                id: declared.target.clone(),
                declared: Some(declared.clone()),
                listed: None,
            });
        }
    }
    VaultTargets { vault: vault.clone(), targets, unlisted }
}
