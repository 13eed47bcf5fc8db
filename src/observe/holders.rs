//! Which datastores of a workspace hold a key of the account, each asked for its secret.

use futures::{StreamExt, stream};
use rotation::{Held, HolderId, HolderKind, LastWrite, WorkspaceId};
use tracing::warn;

use super::sighting::{Content, Sighting};
use super::survey::{AT_ONCE, Search};
use crate::azure::{AzureError, CredentialsType, Datastore, LastModified, StorageResource, StorageSecret};
use crate::failure::chain;

impl Search<'_> {
    /// Those of `datastores` that hold or may hold a key of the account.
    pub(super) async fn datastores(
        &self,
        workspace: &WorkspaceId,
        datastores: Vec<Datastore>,
    ) -> Vec<Sighting> {
        let ours = datastores.into_iter().filter(|datastore| self.is_on_the_account(datastore));
        let looks: Vec<_> = ours.map(|datastore| self.datastore(workspace, datastore)).collect();
        let sightings: Vec<Option<Sighting>> = stream::iter(looks).buffered(AT_ONCE).collect().await;
        sightings.into_iter().flatten().collect()
    }

    /// Names of storage accounts are unique in a cloud. A datastore that names none may be on any.
    fn is_on_the_account(&self, datastore: &Datastore) -> bool {
        datastore
            .account_name
            .as_ref()
            .is_none_or(|name| name.eq_ignore_ascii_case(self.account.name().as_str()))
    }

    async fn datastore(&self, workspace: &WorkspaceId, datastore: Datastore) -> Option<Sighting> {
        let kind = match &datastore.credentials {
            CredentialsType::AccountKey
                if datastore.account_name.is_some() && datastore.is_of_known_type() =>
            {
                HolderKind::Datastore
            }
            CredentialsType::AccountKey => HolderKind::UnknownDatastore,
            CredentialsType::Sas => HolderKind::SasDatastore,
            // These hold no key of an account.
            CredentialsType::None | CredentialsType::ServicePrincipal | CredentialsType::Certificate => {
                return None;
            }
            CredentialsType::Other(unknown) => {
                let name = &datastore.name;
                warn!(
                    step = "look",
                    "left datastore `{name}` of {workspace} alone: its credentials are `{unknown}`"
                );
                return None;
            }
        };
        let secret = self.rotator.azure.machine_learning.datastore_secret(workspace, &datastore.name).await;
        Some(Sighting {
            id: HolderId { workspace: workspace.clone(), kind, name: datastore.name },
            is_default: datastore.is_default,
            content: self.content(kind, secret, datastore.resource),
            last_write: datastore.last_modified.map(|modified| self.last_write(modified)),
        })
    }

    /// What a holder of that kind holds, by its secret.
    pub(super) fn content(
        &self,
        kind: HolderKind,
        secret: Result<StorageSecret, AzureError>,
        resource: Option<StorageResource>,
    ) -> Content {
        match secret {
            // A whole connection string, say: there may be a key in it, and a key in its place would be of no use.
            Ok(StorageSecret::AccountKey(key))
                if kind != HolderKind::Datastore && !kind.is_signed() && !key.can_sign() =>
            {
                Content::Seen(Held::EitherKey("what it holds has not the form of an access key".to_owned()))
            }
            Ok(StorageSecret::AccountKey(key)) if !kind.is_signed() => {
                Content::Seen(Held::Value(self.rotator.fingerprint_key.fingerprint(&key)))
            }
            Ok(StorageSecret::Sas(token)) if kind.is_signed() => Content::Signed { token, resource },
            Ok(StorageSecret::AccountKey(_) | StorageSecret::Sas(_) | StorageSecret::Other) => {
                Content::Seen(Held::Unreadable("it answers with another kind of secret".to_owned()))
            }
            Err(error) if error.is_passing() => Content::Seen(Held::Unseen(chain(&error))),
            // Not found may also mean that its entry in the workspace's key vault is gone, while it is still there.
            Err(error) => Content::Seen(Held::Unreadable(chain(&error))),
        }
    }

    pub(super) fn last_write(&self, modified: LastModified) -> LastWrite {
        let by = modified.by.unwrap_or_else(|| "somebody".to_owned());
        let ours = !modified.is_person && self.own_ids.contains(&by);
        LastWrite { at: modified.at, by, ours }
    }
}
