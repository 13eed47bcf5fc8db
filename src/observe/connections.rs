//! Which connections of a workspace hold a key of the account, each asked for its secret.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use rotation::{HolderId, HolderKind, WorkspaceId};
use tracing::warn;

use super::sighting::{Content, Sighting};
use super::survey::{AT_ONCE, Search};
use crate::azure::{Connection, SignedTarget, StorageCredentials};

/// The workspace that made a connection, and its name there.
pub(super) type ConnectionId = (WorkspaceId, String);

impl Search<'_> {
    /// What is held by `connections`, each named by the workspace that made it.
    pub(super) async fn connections(&self, connections: BTreeMap<ConnectionId, Connection>) -> Vec<Sighting> {
        let looks = connections.into_iter().map(|((workspace, _), one)| self.connection(workspace, one));
        let looks: Vec<_> = looks.collect();
        let sightings: Vec<Vec<Sighting>> = stream::iter(looks).buffered(AT_ONCE).collect().await;
        sightings.into_iter().flatten().collect()
    }

    /// Those of `connections`, which `workspace` lists, that hold or may hold a key of the account.
    ///
    /// A project also lists those that its hub shares with it. They are to be read and written where they were made, and
    /// once.
    pub(super) fn named(
        &self,
        workspace: &WorkspaceId,
        connections: Vec<Connection>,
    ) -> impl Iterator<Item = (ConnectionId, Connection)> {
        let account = self.account.name();
        connections.into_iter().filter(|connection| connection.may_lead_to(account)).map(|connection| {
            let made_in = connection.made_in.as_ref().unwrap_or(workspace).clone();
            ((made_in, connection.name.clone()), connection)
        })
    }

    /// What is held by a connection: by its credentials, and by its target.
    async fn connection(&self, workspace: WorkspaceId, connection: Connection) -> Vec<Sighting> {
        let is_clear = connection.is_clear(self.account.name());
        let kind = connection.storage_credentials().map(|credentials| match (credentials, is_clear) {
            (StorageCredentials::AccountKey, true) => HolderKind::Connection,
            (StorageCredentials::AccountKey, false) => HolderKind::UnknownConnection,
            (StorageCredentials::Sas, true) => HolderKind::SasConnection,
            (StorageCredentials::Sas, false) => HolderKind::UnknownSasConnection,
        });
        let Connection { name, category, auth_type, .. } = &connection;
        if connection.may_hide_a_key() {
            warn!(
                step = "look",
                "left connection `{name}` of {workspace} alone: its credentials are `{auth_type}`, its category \
                 `{category}`"
            );
        }
        let mut contents = Vec::new();
        if let Some(kind) = kind {
            let secret = self.rotator.azure.machine_learning.connection_secret(&workspace, name).await;
            let resource = connection.resource.clone();
            contents.push((kind, self.content(kind, secret, resource)));
        }
        if let Some(SignedTarget { token, resource }) = connection.signed_target {
            contents.push((HolderKind::ConnectionTarget, Content::Signed { token, resource }));
        }
        let sighting = |(kind, content)| Sighting {
            id: HolderId { workspace: workspace.clone(), kind, name: connection.name.clone() },
            is_default: false,
            content,
            last_write: connection.last_modified.clone().map(|modified| self.last_write(modified)),
        };
        contents.into_iter().map(sighting).collect()
    }
}
