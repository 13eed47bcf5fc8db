//! Which secrets are targets: found by their tags in the vaults on the allow-list, without reading a value.

use futures::future::join_all;
use rotation::{Failure, Name, NotWorkable, Tags};

use crate::azure::ListedSecret;
use crate::failure::failure;
use crate::rights::LIST_SECRETS;
use crate::rotator::Rotator;

/// What the list of one vault has.
pub(crate) struct VaultTargets {
    /// Which vault.
    pub(crate) vault: Name,
    /// The secrets in it that are targets, those too that a person has to mend something about first.
    pub(crate) found: Result<Vec<ListedSecret>, Failure>,
}

/// Lists the targets of every vault on the allow-list. A vault that cannot be listed stands in nobody else's way.
pub(crate) async fn list(rotator: &Rotator) -> Vec<VaultTargets> {
    let lists = rotator.vaults.iter().map(|vault| async move {
        let listed = rotator.azure.key_vaults.list(vault).await;
        let found = listed.map_err(|error| failure(&error, LIST_SECRETS, &format!("key vault `{vault}`")));
        let is_target = |secret: &ListedSecret| {
            let enrolment = Tags::read(|name| secret.tags.get(name).cloned()).enrolment(&rotator.policy);
            !matches!(enrolment, Err(NotWorkable::Ignored(_)))
        };
        let targets = |found: Vec<ListedSecret>| found.into_iter().filter(is_target).collect();
        VaultTargets { vault: vault.clone(), found: found.map(targets) }
    });
    join_all(lists).await
}
